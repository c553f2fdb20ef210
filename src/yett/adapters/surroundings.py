"""What stands around the process, as `yett doctor` looks at it: certificates and mail providers."""

import contextlib
import smtplib
import ssl
from pathlib import Path
from typing import Protocol

from cryptography import x509

from yett.adapters.tls import ends_at

PATIENCE = 5


class Provider(Protocol):
    """A mail provider as it is configured."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def security(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def password(self) -> str: ...


def certificate_ends(path: Path) -> int | None:
    """When the first certificate of the file ends; None where it cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        return ends_at(x509.load_pem_x509_certificate(path.read_bytes()))
    return None


def unreachable(provider: Provider) -> str:
    """Why no message would leave through this provider; "" where one would. Nothing is sent."""
    context = ssl.create_default_context()
    try:
        if provider.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(provider.host, provider.port, timeout=PATIENCE, context=context)
        else:
            connection = smtplib.SMTP(provider.host, provider.port, timeout=PATIENCE)
        with connection:
            if provider.security == "starttls":
                connection.starttls(context=context)
            if provider.username:
                connection.login(provider.username, provider.password)
    except smtplib.SMTPAuthenticationError:
        return "refuses the credentials"
    except (OSError, smtplib.SMTPException) as fault:
        return getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
    return ""
