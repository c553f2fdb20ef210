"""Which providers there are, what each needs to be told, and how one is made of it.

The names of settings are Auth0's where Auth0 has the provider (`branding/phone/providers`, `emails/provider`).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from yett.adapters.deliver import reading
from yett.adapters.deliver.aws import Ses, Sns
from yett.adapters.deliver.mail import Mail
from yett.adapters.deliver.mail_apis import SHAPES
from yett.adapters.deliver.microsoft import AzureMail, Graph, connection
from yett.adapters.deliver.outbound import Means
from yett.adapters.deliver.sip import Sip
from yett.adapters.deliver.smpp import Smpp
from yett.adapters.deliver.smtp import Smtp
from yett.adapters.deliver.twilio import Twilio
from yett.adapters.deliver.vonage import VonageSms, VonageVoice, rsa_key
from yett.adapters.deliver.webhook import Webhook, secret_of
from yett.ports import Provider


class Setting(NamedTuple):
    """One thing that a provider is told. `secret`: it belongs among the credentials. `read` raises ValueError for what cannot be."""

    name: str
    says: str
    secret: bool = False
    needed: bool = True
    read: Callable[[str], object] = str
    field: str = ""


class Known(NamedTuple):
    """One provider: what makes it of its settings (by field, or name), and of which of them one is enough."""

    build: Callable[..., Provider]
    settings: Sequence[Setting]
    either: Sequence[str] = ()


def needs(channel: str, name: str) -> Sequence[Setting]:
    """What this provider is told. Raises ValueError where there is none of that name."""
    return _known(channel, name).settings


def make(channel: str, name: str, settings: Mapping[str, str], credentials: Mapping[str, str], means: Means) -> Provider:
    """A provider, ready to send. Raises ValueError that says everything that is missing or wrong, and quotes no value."""
    known = _known(channel, name)
    given = {key: value for key, value in {**settings, **credentials}.items() if value}
    faults = [f"{key}: there is no such setting" for key in given if key not in {one.name for one in known.settings}]
    faults += [f"{one.name} is missing: {one.says}" for one in known.settings if one.needed and one.name not in given]
    if known.either and not any(key in given for key in known.either):
        faults.append(f"one of {' and '.join(known.either)} is missing")
    said: dict[str, object] = {}
    for one in known.settings:
        if one.name in given:
            try:
                said[one.field or one.name] = one.read(given[one.name])
            except ValueError:
                faults.append(f"{one.name} is not right: {one.says}")
    if faults:
        raise ValueError("; ".join(faults))
    return known.build(means=means, **said)


def names(channel: str) -> Sequence[str]:
    """The providers of a channel."""
    return [name for of, name in TABLE if of == channel]


def _known(channel: str, name: str) -> Known:
    if known := TABLE.get((channel, name)):
        return known
    raise ValueError(f"there is no provider of that name for {channel}: there are {', '.join(names(channel)) or 'none'}")


def _smtp(means: Means, **said: str | int) -> Provider:
    return Smtp(**said, outbound=means.outbound)  # type: ignore[arg-type]


ENDPOINT = Setting("endpoint", "https://host[:port] to speak to in place of the provider's own", needed=False, read=reading.endpoint)
FROM = Setting("default_from_address", "the sender: an address, or a name and an address in angle brackets", read=reading.mailbox)
SENDER = Setting("default_from", "the sender: a number, or a name of up to 11 letters", read=reading.sender)
CALLER = Setting("default_from", "the caller's number, from + on", read=reading.number)
API_KEY = Setting("api_key", "the API key", secret=True, read=reading.line)
SIGNATURE = Setting("signature_secret", "the account's signature secret: without it no receipt is believed", secret=True, needed=False, read=reading.line)
AWS = (
    Setting("accessKeyId", "the id of the access key", read=reading.matching(r"\w{4,128}"), field="access_key_id"),
    Setting("secretAccessKey", "the access key's secret", secret=True, read=reading.line, field="secret_access_key"),
    Setting("region", "as in eu-central-1", read=reading.region),
    ENDPOINT,
)
EU = Setting("region", "eu, where the account is there", needed=False, read=reading.matching("eu"))
TWILIO_ACCOUNT = (
    Setting("sid", "the account's SID: AC and 32 letters", read=reading.matching(r"AC[0-9a-fA-F]{32}")),
    Setting("auth_token", "the account's token", secret=True, read=reading.line),
    ENDPOINT,
)
WEBHOOK = Known(
    Webhook,
    (
        Setting("url", "the webhook that is called: https", read=reading.url),
        Setting("secret", "shared with whoever answers: whsec_ and base64, or 24 characters and more", secret=True, read=secret_of),
    ),
)


def _mail(shape: str, *more: Setting) -> Known:
    return Known(partial(Mail, SHAPES[shape]), (API_KEY, FROM, *more, ENDPOINT))


TABLE: Mapping[tuple[str, str], Known] = {
    ("sms", "twilio"): Known(
        Twilio,
        (
            *TWILIO_ACCOUNT,
            SENDER._replace(needed=False),
            Setting("mssid", "the SID of a messaging service, in place of a sender", needed=False, read=reading.matching("MG[0-9a-fA-F]{32}")),
        ),
        either=("default_from", "mssid"),
    ),
    ("sms", "vonage"): Known(
        VonageSms,
        (
            Setting("api_key", "the account's key", read=reading.matching(r"\w{4,64}")),
            Setting("api_secret", "the account's secret", secret=True, read=reading.line),
            SENDER,
            SIGNATURE,
            ENDPOINT,
        ),
    ),
    ("sms", "sns"): Known(Sns, (*AWS, SENDER._replace(needed=False))),
    ("sms", "smpp"): Known(
        Smpp,
        (
            Setting("host", "the SMSC", read=reading.host),
            Setting("port", "its port", read=reading.port),
            Setting("system_id", "who we are there", read=reading.matching(r"[!-~]{1,15}")),
            Setting("password", "at most 8 letters, as the standard has it", secret=True, read=reading.matching(r"[!-~]{1,8}")),
            SENDER,
            Setting("system_type", "where the SMSC wants one", needed=False, read=reading.matching(r"[!-~]{1,12}")),
            Setting("tls", "on, where the SMSC speaks it (default off)", needed=False, read=reading.switch),
        ),
    ),
    ("sms", "webhook"): WEBHOOK,
    ("sms", "custom"): WEBHOOK,
    ("voice", "twilio"): Known(Twilio, (*TWILIO_ACCOUNT, CALLER)),
    ("voice", "vonage"): Known(
        VonageVoice,
        (
            Setting("application_id", "the application's UUID", read=reading.matching("[0-9a-fA-F-]{36}")),
            Setting("private_key", "the application's private key (RSA, PEM)", secret=True, read=rsa_key),
            CALLER,
            SIGNATURE,
            ENDPOINT,
        ),
    ),
    ("voice", "sip"): Known(
        Sip,
        (
            Setting("host", "the trunk, spoken to over UDP", read=reading.host),
            Setting("port", "its port (default 5060)", needed=False, read=reading.port),
            Setting("domain", "what stands in addresses, where it is not the host", needed=False, read=reading.host),
            Setting("username", "who we are there, where the trunk does not know our address", needed=False, read=reading.name),
            Setting("password", "proves it", secret=True, needed=False, read=reading.line),
            CALLER,
        ),
    ),
    ("voice", "webhook"): WEBHOOK,
    ("voice", "custom"): WEBHOOK,
    ("email", "smtp"): Known(
        _smtp,
        (
            Setting("smtp_host", "the server", read=reading.host, field="host"),
            Setting("smtp_port", "its port", read=reading.port, field="port"),
            Setting("smtp_user", "who we are there", needed=False, read=reading.line, field="username"),
            Setting("smtp_pass", "the password", secret=True, needed=False, read=reading.line, field="password"),
            FROM._replace(field="sender"),
            Setting("security", "starttls (default), tls or none", needed=False, read=reading.matching("starttls|tls|none")),
        ),
    ),
    ("email", "sendgrid"): _mail("sendgrid", EU),
    ("email", "mailgun"): _mail("mailgun", Setting("domain", "the domain that sends", read=reading.host), EU),
    ("email", "ses"): Known(Ses, (*AWS, FROM)),
    ("email", "postmark"): _mail("postmark"),
    ("email", "mandrill"): _mail("mandrill"),
    ("email", "sparkpost"): _mail("sparkpost", EU),
    ("email", "resend"): _mail("resend"),
    ("email", "azure_cs"): Known(
        AzureMail,
        (
            Setting("connectionString", "endpoint=https://NAME.communication.azure.com/;accesskey=...", secret=True, read=connection, field="connection"),
            FROM,
        ),
    ),
    ("email", "ms365"): Known(
        Graph,
        (
            Setting("tenantId", "the directory's id, or its domain", read=reading.matching(r"[\w.-]{1,100}"), field="tenant_id"),
            Setting("clientId", "the application that may Mail.Send", read=reading.matching(r"[\w.-]{1,100}"), field="client_id"),
            Setting("clientSecret", "its secret", secret=True, read=reading.line, field="client_secret"),
            FROM,
            ENDPOINT,
        ),
    ),
    ("email", "webhook"): WEBHOOK,
    ("email", "custom"): WEBHOOK,
}
