"""Microsoft: mail by Azure Communication Services, each request signed, and by Microsoft 365 (Graph), with a token of the application's own."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate, parseaddr
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote, urlsplit

from yett.adapters.deliver import reading
from yett.adapters.deliver.answer import Answer, form, judge
from yett.adapters.deliver.mail import checked
from yett.adapters.deliver.outbound import Means
from yett.ports import Letter, Sent, Undelivered

# Error codes that are about the mailbox; every other one is about the account or the moment.
PERMANENT = frozenset({"EmailDroppedAllRecipientsSuppressed", "ErrorInvalidRecipients"})
# A token is renewed so long before its end, in seconds.
EARLY = 60


class Connection(NamedTuple):
    """A connection string, read."""

    endpoint: str
    key: bytes


def connection(text: str) -> Connection:
    """`endpoint=https://NAME.communication.azure.com/;accesskey=BASE64`. Raises ValueError for what is none."""
    said = {name.strip().lower(): value for name, _, value in (part.partition("=") for part in reading.line(text).split(";"))}
    try:
        key = base64.b64decode(said.get("accesskey", ""), validate=True)
    except binascii.Error:
        raise ValueError from None
    if not key:
        raise ValueError
    return Connection(reading.endpoint(said.get("endpoint", "")), key)


@dataclass(frozen=True, slots=True)
class AzureMail:
    """Mail by the resource that the connection string names."""

    name: ClassVar[str] = "azure_cs"
    means: Means
    connection: Connection = field(repr=False)
    default_from_address: str

    async def send(self, letter: Letter) -> Sent:
        """Hand it over; the reference is the operation's id. Raises Undelivered."""
        sender = letter.sender or self.default_from_address
        checked(letter, sender)
        body = json.dumps(
            {
                "senderAddress": parseaddr(sender)[1],
                "recipients": {"to": [{"address": letter.to}]},
                "content": {"subject": letter.subject, "plainText": letter.text, "html": letter.html},
                "headers": {"Auto-Submitted": "auto-generated"},
                "userEngagementTrackingDisabled": True,
            }
        ).encode()
        url = f"{self.connection.endpoint}/emails:send?api-version=2023-03-31"
        answer = await self.means.outbound.call(self.name, "POST", url, self.signed(url, body), body)
        _judged(self.name, answer)
        return Sent(str(answer.json.get("id") or "")[:200])

    def signed(self, url: str, body: bytes) -> Mapping[str, str]:
        """Headers that vouch for method, path, host, time and body (Azure Communication Services: HMAC authentication)."""
        parts, at = urlsplit(url), formatdate(self.means.clock(), usegmt=True)
        content = base64.b64encode(hashlib.sha256(body).digest()).decode()
        said = f"POST\n{parts.path}?{parts.query}\n{at};{parts.netloc};{content}"
        proof = base64.b64encode(hmac.digest(self.connection.key, said.encode(), "sha256")).decode()
        return {
            "Content-Type": "application/json",
            "x-ms-date": at,
            "x-ms-content-sha256": content,
            "Authorization": f"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={proof}",
        }


@dataclass(slots=True)
class Graph:
    """Mail by a mailbox of the tenant, for which the application may send. No copy is kept there: it has a code in it."""

    name: ClassVar[str] = "ms365"
    means: Means
    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)
    default_from_address: str
    endpoint: str = ""
    _token: str = field(default="", repr=False)
    _until: int = 0

    async def send(self, letter: Letter) -> Sent:
        """Hand it over; Graph gives it no name but that of the request. Raises Undelivered.

        Another sender is one for whom that mailbox may send.
        """
        checked(letter, letter.sender or self.default_from_address)
        name, address = parseaddr(letter.sender)
        message = {
            "subject": letter.subject,
            "body": {"contentType": "HTML", "content": letter.html},
            "toRecipients": [{"emailAddress": {"address": letter.to}}],
            "internetMessageHeaders": [{"name": "X-Auto-Response-Suppress", "value": "All"}],
            **({"from": {"emailAddress": {"name": name, "address": address}}} if address else {}),
        }
        body = json.dumps({"message": message, "saveToSentItems": False}).encode()
        url = f"{self.endpoint or 'https://graph.microsoft.com'}/v1.0/users/{quote(parseaddr(self.default_from_address)[1], safe='@')}/sendMail"
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {await self._allowed()}"}
        answer = await self.means.outbound.call(self.name, "POST", url, headers, body)
        if not answer.good:
            self._token = ""
        _judged(self.name, answer)
        return Sent(answer.headers.get("request-id", "")[:200])

    async def _allowed(self) -> str:
        """The application's token (RFC 6749, 4.4): kept until shortly before its end, and forgotten when it was refused."""
        now = self.means.clock()
        if not self._token or now >= self._until:
            url = f"{self.endpoint or 'https://login.microsoftonline.com'}/{self.tenant_id}/oauth2/v2.0/token"
            asked = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret}
            body = form((*asked.items(), ("scope", "https://graph.microsoft.com/.default")))
            answer = await self.means.outbound.call(self.name, "POST", url, {"Content-Type": "application/x-www-form-urlencoded"}, body)
            judge(self.name, answer, answer.json.get("error"), permanent=False)
            token, lives = answer.json.get("access_token"), answer.json.get("expires_in")
            if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not isinstance(lives, int):
                raise Undelivered("ms365: no token")
            self._token, self._until = token, now + lives - EARLY
        return self._token


def _judged(who: str, answer: Answer) -> None:
    error: Any = answer.json.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    judge(who, answer, code, permanent=code in PERMANENT)
