"""A metadata service of the tests' own: its root, and BLOBs that it signs."""

import json
import zlib
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from tests.core.factors.webauthn.authenticator import MODEL, NOW, Maker, key_for, sign
from yett.factors.webauthn.data import base64url

SIGNER, DAY = "mds.fidoalliance.org", 86400


def aaguid(model: bytes = MODEL) -> str:
    """As people write it."""
    text = model.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def png(width: int = 1, height: int = 1) -> bytes:
    """A picture, all of one colour."""
    head = width.to_bytes(4) + height.to_bytes(4) + bytes((8, 2, 0, 0, 0))
    rows = zlib.compress(b"".join(b"\0" + b"\x20\x60\xc0" * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def entry(*roots: bytes, model: bytes | None = MODEL, statuses: tuple[str, ...] = (), **statement: Any) -> dict[str, Any]:
    """What is said of one model."""
    said = {
        "description": "Example Key 5",
        "authenticatorVersion": 1,
        "schema": 3,
        "upv": [{"major": 1, "minor": 1}],
        "attestationTypes": ["basic_full"],
        "userVerificationDetails": [[{"userVerificationMethod": "presence_internal"}]],
        "keyProtection": ["hardware", "secure_element"],
        "matcherProtection": ["on_chip"],
        "attachmentHint": ["external"],
        "tcDisplay": [],
        "attestationRootCertificates": [b64encode(one).decode() for one in roots],
        "icon": "data:image/png;base64," + b64encode(png(32, 32)).decode(),
        **statement,
    }
    reports = [{"status": one, "effectiveDate": "2026-01-01"} for one in ("FIDO_CERTIFIED_L1", *statuses)]
    named = {"aaguid": aaguid(model)} if model else {"attestationCertificateKeyIdentifiers": ["ab" * 20]}
    return {**named, "metadataStatement": said, "statusReports": reports, "timeOfLastStatusChange": "2026-01-01"}


@dataclass
class Service:
    """Whoever publishes metadata."""

    maker: Maker = field(default_factory=Maker)
    key: Any = field(default_factory=lambda: key_for(-257))

    @property
    def root(self) -> bytes:
        return self.maker.root()

    def blob(
        self, *entries: dict[str, Any], no: int = 1, due: int = NOW + 30 * DAY, name: str = SIGNER, alg: str = "RS256", by: Any = None, **leaf: Any
    ) -> bytes:
        """An edition, signed by `by`, with the certificate of `name`."""
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        chain = [self.maker.leaf(self.key, subject=f"CN={name}", more=(names,), **leaf)]
        header = {"alg": alg, "typ": "JWT", "x5c": [b64encode(one).decode() for one in chain]}
        payload = {"legalHeader": "", "no": no, "nextUpdate": day(due), "entries": list(entries)}
        message = b".".join(base64url(json.dumps(one).encode()).encode() for one in (header, payload))
        return message + b"." + base64url(sign(-257, by or self.key, message)).encode()
