"""SMTP (RFC 5321), with STARTTLS or TLS, and what each kind of failure means."""

from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Literal

from yett.ports import Mail, Undelivered

TIMEOUT = 15.0
PERMANENT = 500


@dataclass(frozen=True, slots=True)
class Smtp:
    """One provider. `security` none is for a relay on this machine alone."""

    host: str
    port: int
    sender: str
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    ca: str | None = None
    timeout: float = TIMEOUT

    async def send(self, mail: Mail) -> str:
        """Hand it over; the receipt is what the server said. Raises Undelivered.

        A refused recipient is final; a server that is down, slow, busy or does not know us is not: another may do.
        """
        import aiosmtplib

        message = as_message(mail, self.sender)
        try:
            errors, said = await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                timeout=self.timeout,
                use_tls=self.security == "tls",
                start_tls=self.security == "starttls",
                username=self.username or None,
                password=self.password or None,
                cert_bundle=self.ca,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            raise Undelivered("the recipient was refused", permanent=all(one.code >= PERMANENT for one in refused.recipients)) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as failure:
            raise Undelivered(type(failure).__name__) from None
        if errors:
            raise Undelivered("the recipient was refused")
        return said[:100]


def as_message(mail: Mail, sender: str) -> EmailMessage:
    """RFC 5322, text and HTML; auto-generated, so that no out-of-office answers it (RFC 3834)."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, mail.to, mail.subject
    message["Date"], message["Message-ID"] = formatdate(usegmt=True), make_msgid(domain=sender.rpartition("@")[2].rstrip(">") or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    return message
