"""From a message and its data to a letter: a mail in text and HTML, a text message, or what a call says."""

from collections.abc import Callable, Mapping
from html import escape
from string import Formatter

from yett.adapters.deliver.sms_text import LETTERS
from yett.adapters.deliver.words import HOURS, LANGUAGES, METHODS, SETTINGS, TEXTS
from yett.domain.enrolment import Message
from yett.domain.tenant import Template, Tenant
from yett.ports import Letter

LONGEST, ONE_PART = 200, 160
# Isolates and joiners: they are not printed, and say how what they stand beside is (UAX #9).
SEPARATES = frozenset("\u2068\u2069\u200c\u200d")
# What goes to no owner of an account.
DESK = frozenset({"import_done"})
NOBODYS = Tenant()
PAGE = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    '<title>{subject}</title></head><body style="font:16px/1.5 system-ui,sans-serif;max-width:32em;margin:2em auto;padding:0 1em">{body}</body></html>'
)
CODE = '<p style="font-size:2em;font-weight:bold;letter-spacing:.15em">{text}</p>'
# What Auth0 calls the messages that a tenant may have words of its own for.
MAILS = {
    "mfa_code": "mfa_oob_code",
    "email_verification": "verify_email_by_code",
    "verify_email": "verify_email",
    "password_reset": "reset_email",
    "factors_locked": "blocked_account",
    "enrollment_ticket": "enrollment_email",
}
CALLS = {"mfa_code": "otp_verify", "phone_verification": "otp_enroll", "factors_locked": "blocked_account"}


def _unheard(_: str) -> None:
    """Nobody is warned."""


def compose(message: Message, code: str, tenant: Tenant = NOBODYS, *, account: str = "", host: str = "", warn: Callable[[str], None] = _unheard) -> Letter:
    """The letter of a message; `code` is what its challenge derives, empty for a notice.

    The tenant's own words, where it has some that can be said; else ours, and `warn` hears why. `account` is where
    Security settings are, `host` the one at which a browser may fill in the code (WebOTP).
    """
    ours = _letter(message, code, account, host)
    own = _own(message, tenant)
    if own is None:
        return ours
    try:
        return _theirs(own, message, ours, tenant, host)
    except ValueError as fault:
        warn(f"the template {own.name} ({own.channel}) was not used: {fault}")
        return ours


def one_line(value: str) -> str:
    """What may stand in a header: no control character can begin another one (CRLF injection)."""
    return "".join(letter if letter.isprintable() else " " for letter in value)[:LONGEST]


def names_of(channel: str) -> Mapping[str, str]:
    """The templates of email, or of phone: ours by Auth0's name."""
    return {theirs: ours for ours, theirs in (MAILS if channel == "email" else CALLS).items()}


def _letter(message: Message, code: str, account: str, host: str) -> Letter:
    """Our own words. Values are data, never markup and never a header: a client's name with a line break in it stays one line.

    A template without words is a notice all the same: one that says little is better than none. A mail that is one says
    where Security settings are.
    """
    language = _language(message)
    subject, paragraphs = LANGUAGES[language].get(message.template) or LANGUAGES[language][""]
    values = _values(message, code)
    # The demo's outbox still shows a message whose question, and with it the code, was swept away.
    subject = subject.format_map({"code": "", **values}).strip()
    if account and message.channel == "email" and "{code}" not in paragraphs and message.template not in DESK:
        paragraphs, values = (*paragraphs, SETTINGS[language]), {**values, "account": account}
    said = _sayable(paragraphs, values)
    if message.channel in {"sms", "voice"}:
        text = _short(message, values, subject, said, host)
        approves = values.get("purpose", "") if message.channel == "voice" else ""
        return Letter(message.channel, one_line(message.to), text, locale=language, code=code, approves=approves)
    body = "".join((CODE if code and one == code else "<p>{text}</p>").format(text=escape(one)) for one in said)
    html = PAGE.format(language=language, subject=escape(subject), body=body)
    return Letter(message.channel, one_line(message.to), "\n\n".join(said) + "\n", subject, html, locale=language, code=code)


def _short(message: Message, values: Mapping[str, str], subject: str, said: list[str], host: str) -> str:
    """For a telephone: in one part where that can be, the shorter words last."""
    known = TEXTS[_language(message)].get(message.template, ())
    known = tuple(one for one in known if ("{purpose}" in one) == ("purpose" in values))
    texts = _sayable(known, values) if "code" in values else []
    texts = [_filled_in(one, values.get("code", ""), message, host) for one in texts] or [f"{subject}. {said[-1]}", f"{subject}."]
    return next((one for one in texts if _parts_one(one)), texts[-1])


def _filled_in(text: str, code: str, message: Message, host: str) -> str:
    """With the last line from which a browser at `host`, and at no other, fills in the code."""
    line = f"@{host} #{code}"
    return f"{text}\n\n{line}" if host and code and message.channel == "sms" and not text.endswith(line) else text


def _parts_one(text: str) -> bool:
    return all(letter in LETTERS for letter in text) and sum(len(LETTERS[letter]) for letter in text) <= ONE_PART


def _own(message: Message, tenant: Tenant) -> Template | None:
    channel, name = ("email", MAILS.get(message.template)) if message.channel == "email" else ("phone", CALLS.get(message.template))
    return next((one for one in tenant.templates if one.enabled and (one.channel, one.name) == (channel, name)), None)


def _theirs(own: Template, message: Message, ours: Letter, tenant: Tenant, host: str) -> Letter:
    """The tenant's words in place of ours. Raises ValueError where they cannot be said, or leave out the code."""
    from yett.adapters.deliver.templates import render, text_of

    values = told(message, ours, tenant)
    if message.channel == "email":
        html, subject = render(own.body, values, html=True), one_line(render(own.subject, values, html=False)).strip() or ours.subject
        link = message.data.get("link", "")
        if escape(link) not in html:
            raise ValueError("it does not say the link")
        # A reader without HTML follows no link that stands behind a word.
        text = text_of(html)
        letter = ours._replace(subject=subject, html=html, text=text if link in text else f"{text}\n{link}\n", sender=_sender(own, values))
    else:
        text = render((own.voice or own.body) if message.channel == "voice" else own.body, values, html=False).strip()
        letter = ours._replace(text=_filled_in(text, ours.code, message, host), sender=own.sender)
    if not letter.text.strip() or (ours.code and ours.code not in letter.text):
        raise ValueError("it does not say the code" if ours.code else "it says nothing")
    if _plain(values.get("purpose", "")) not in _plain(letter.text):
        raise ValueError("it does not say what is approved")
    return letter


def _sender(own: Template, values: Mapping[str, object]) -> str:
    """A mailbox whose name is quoted: whatever is in a value, it begins no other address (RFC 5322, 3.4)."""
    from yett.adapters.deliver.templates import render

    words, address = own.mailbox
    name = " ".join(one_line(render(words, values, html=False)).replace('"', " ").replace("\\", " ").split())
    return f'"{name}" <{address}>' if name else address


def told(message: Message, ours: Letter, tenant: Tenant) -> Mapping[str, object]:
    """What Auth0's templates call what they may say."""
    values, brand = _values(message, ours.code), tenant.brand
    support = {"support_email": brand.support_email, "support_url": brand.support_url}
    return {
        **values,
        **support,
        "message": ours.text.strip(),
        "locale": ours.locale,
        "friendly_name": brand.name,
        "tenant": {"friendly_name": brand.name, **support},
        "application": {"name": values.get("client", "")},
        "user": {"email": ours.to if message.channel == "email" else "", "phone_number": "" if message.channel == "email" else ours.to},
        "url": values.get("link", ""),
    }


def _values(message: Message, code: str) -> Mapping[str, str]:
    values = {name: one_line(value) for name, value in message.data.items() if value} | ({"code": code} if code else {})
    if purpose := message.data.get("purpose"):
        # What is approved is never cut, and keeps what holds its scripts apart; nothing else in it is invisible (oauth.details).
        values["purpose"] = "".join(letter if letter.isprintable() or letter in SEPARATES else " " for letter in purpose)
    if hours := values.get("hours"):
        one, several = HOURS[_language(message)]
        values["lives"] = one if hours == "1" else several.format(hours=hours)
    if "factor" in values:
        values["factor"] = METHODS[_language(message)].get(values["factor"], values["factor"])
    return values


def _plain(text: object) -> str:
    """Without the difference that line breaks make."""
    return " ".join(str(text).split())


def _language(message: Message) -> str:
    language = message.locale.replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else "en"


def _sayable(paragraphs: tuple[str, ...], values: Mapping[str, str]) -> list[str]:
    return [paragraph.format_map(values) for paragraph in paragraphs if _named(paragraph) <= values.keys()]


def _named(paragraph: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(paragraph) if name}
