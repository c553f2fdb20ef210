"""SMTP (RFC 5321), with STARTTLS or TLS, and what each kind of failure means."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from typing import TYPE_CHECKING, Literal

from yett.adapters.deliver.outbound import Outbound
from yett.ports import Letter, Sent, Undelivered

if TYPE_CHECKING:
    from socket import socket

    from aiosmtplib import SMTPResponseException

TIMEOUT = 15.0
PERMANENT = 500


@dataclass(frozen=True, slots=True)
class Smtp:
    """One provider. `security` none is for a relay on this machine alone; `outbound`, where it is given, checks where the host leads."""

    host: str
    port: int
    sender: str
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    ca: str | None = None
    timeout: float = TIMEOUT
    outbound: Outbound | None = None

    @property
    def name(self) -> str:
        """Host and port."""
        return f"smtp:{self.host}:{self.port}"

    async def send(self, letter: Letter) -> Sent:
        """Hand it over; the reference is what the server said. Raises Undelivered.

        A recipient or a message refused by a 5xx is final here; a server that is down, slow, busy or does not know us is not.
        """
        import aiosmtplib

        try:
            message = as_message(letter, letter.sender or self.sender)
        except (MessageError, ValueError, IndexError):
            raise Undelivered("no such header, or no such address", permanent=True) from None
        try:
            async with asyncio.timeout(self.timeout):
                line = await self.outbound.connected(self.host, self.port) if self.outbound else None
            said = await self._handed_over(message, letter.to, line)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise self._refused(refused.recipients[0], "recipient") from None
        except aiosmtplib.SMTPDataError as refused:
            raise self._refused(refused, "message") from None
        except PermissionError as refused:
            raise Undelivered(f"{self.host}: {refused}") from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as failure:
            raise Undelivered(f"{self.host}: {type(failure).__name__}") from None
        return Sent(said[:100])

    async def _handed_over(self, message: EmailMessage, to: str, line: "socket | None") -> str:
        """One connection for one message, which is gone afterwards however it went."""
        import aiosmtplib

        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=None if line else self.port,
            sock=line,
            timeout=self.timeout,
            use_tls=self.security == "tls",
            start_tls=self.security == "starttls",
            cert_bundle=self.ca,
        )
        held = None
        try:
            async with client:
                held = client.transport
                if self.username:
                    await client.login(self.username, self.password)
                # The envelope is said, not read from the header: one recipient, whatever a parser makes of the text.
                _, said = await client.send_message(message, sender=parseaddr(self.sender)[1], recipients=[to])
                return said
        finally:
            # Not politely: TLS would wait half a minute for the last word of a server that has none.
            if isinstance(held, asyncio.WriteTransport):
                held.abort()

    def _refused(self, answer: "SMTPResponseException", what: str) -> Undelivered:
        """The server's own words may quote the address, so the code alone is told."""
        return Undelivered(f"{self.host}: {what} refused ({answer.code})", permanent=answer.code >= PERMANENT)


def as_message(letter: Letter, sender: str) -> EmailMessage:
    """RFC 5322, text and HTML; auto-generated, so that no out-of-office answers it (RFC 3834).

    Raises ValueError where `to` is not one address and nothing but (a comma would tell somebody else the code), where it comes from several, and
    where a header is more than its line: as an encoded word (RFC 2047) a line break gets past the library's own check.
    """
    message = EmailMessage()
    try:
        message["From"], message["To"], message["Subject"] = sender, letter.to, letter.subject
    except Exception:  # noqa: BLE001 - of the library's parser, which stumbles over some that are none (".:")
        raise ValueError("no such address") from None
    alone = len(message["From"].addresses) == 1 and [one.addr_spec for one in message["To"].addresses] == [letter.to]
    if not alone or not all(value.isprintable() for value in message.values()):
        raise ValueError("not a header of one line, to one address")
    message["Date"], message["Message-ID"] = formatdate(usegmt=True), _message_id(letter, sender)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


def _message_id(letter: Letter, sender: str) -> str:
    """The same at every try: a mailbox that has the message, though a provider's yes was lost, shows it once."""
    domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(letter.id.encode()).hexdigest()[:32]}@{domain}>" if letter.id else make_msgid(domain=domain)
