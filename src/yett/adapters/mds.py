"""BLOBs of the FIDO Metadata Service (MDS 3.0, 3.1.7 and 3.2), read by python-fido2 and judged here as far as it does not."""

import struct
from base64 import b64decode
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from yett.domain.model import DISTRUSTED, Metadata, Model

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from fido2.mds3 import MetadataBlobPayload, MetadataBlobPayloadEntry, MetadataStatement

# Whoever signs. The root is that of a public authority: it signs for others as well.
SIGNER = "mds.fidoalliance.org"
# What the service signs with. python-fido2 does not read ECDSA signatures as JWS writes them (RFC 7518, 3.4).
ALGORITHM = "RS256"
HARDWARE = frozenset({"hardware", "secure_element", "tee"})
PNG, LARGEST_PICTURE, WIDEST = b"\x89PNG\r\n\x1a\n", 64 * 1024, 512
DATA = "data:image/png;base64,"
LONGEST_NAME = 100
# Whether a chain, the leaf first, leads to one of these roots (DER) at this moment.
Trusted = Callable[[Sequence["Certificate"], Iterable[bytes], int], bool]


def read(trusted: Trusted, blob: bytes, root: bytes, now: int, signer: str = SIGNER) -> Metadata:
    """The metadata of a BLOB that `signer`, by a chain that leads to `root` (PEM or DER), has signed. Raises ValueError with the reason."""
    try:
        from fido2.mds3 import parse_blob

        anchor = _der(root)
        _signed_for(trusted, blob.strip(), anchor, now, signer)
        said = parse_blob(blob.strip(), anchor)
    except Exception as fault:
        if type(fault) is ValueError:
            raise
        # Whatever a library stumbles over, it is no BLOB.
        raise ValueError(f"it cannot be read, or its signature is wrong ({type(fault).__name__})") from None
    return _metadata(said)


def _signed_for(trusted: Trusted, blob: bytes, anchor: bytes, now: int, signer: str) -> None:
    """python-fido2 looks at signatures alone: neither at dates, nor at who may issue, nor at whose name it is."""
    import json

    from cryptography import x509
    from fido2.utils import websafe_decode

    header = json.loads(websafe_decode(blob.split(b".", 1)[0]))
    if header.get("alg") != ALGORITHM:
        raise ValueError(f"not signed with {ALGORITHM}, as BLOBs of the service are")
    chain = [x509.load_der_x509_certificate(b64decode(one, validate=True)) for one in header.get("x5c", ())]
    if not trusted(chain, [anchor], now):
        raise ValueError("its certificates do not lead to this root, or are out of date")
    names = chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if signer not in names.get_values_for_type(x509.DNSName):
        raise ValueError(f"signed by another than {signer}")


def _der(root: bytes) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    pem = root.lstrip().startswith(b"-----")
    return (x509.load_pem_x509_certificate(root) if pem else x509.load_der_x509_certificate(root)).public_bytes(Encoding.DER)


def _metadata(said: "MetadataBlobPayload") -> Metadata:
    models = {bytes(one.aaguid).hex(): _model(one) for one in said.entries if one.aaguid}
    elders = [(_model(one), one.attestation_certificate_key_identifiers) for one in said.entries if not one.aaguid]
    roots = (root for one, named in elders if named and not one.distrusted for root in one.roots)
    withdrawn = (id.hex() for one, named in elders if one.distrusted for id in named or ())
    return Metadata(said.no, _midnight(said.next_update), models, tuple(dict.fromkeys(roots)), tuple(dict.fromkeys(withdrawn)))


def _model(entry: "MetadataBlobPayloadEntry") -> Model:
    distrusted = next((str(one.status) for one in entry.status_reports if str(one.status) in DISTRUSTED), "")
    said = entry.metadata_statement
    if said is None:
        return Model(distrusted=distrusted)
    return Model(_name(said), picture(said.icon or ""), tuple(_roots(said.attestation_root_certificates)), _hardware(said), distrusted)


def _roots(roots: Iterable[bytes]) -> Iterable[bytes]:
    """Those that are certificates: one that cannot be read must not spoil every registration."""
    from cryptography import x509

    for root in roots:
        try:
            x509.load_der_x509_certificate(root)
        except ValueError:
            continue
        yield root


def _hardware(said: "MetadataStatement") -> bool:
    return bool(HARDWARE.intersection(said.key_protection)) and "software" not in said.key_protection


def _name(said: "MetadataStatement") -> str:
    return "".join(letter for letter in said.description if letter.isprintable()).strip()[:LONGEST_NAME]


def picture(said: str) -> bytes:
    """The bytes of a small PNG; b"" for anything else: an SVG may carry a script, and what is no picture is not served as one."""
    try:
        found = b64decode(said.removeprefix(DATA), validate=True) if said.startswith(DATA) else b""
    except ValueError:
        return b""
    if not found.startswith(PNG) or len(found) > LARGEST_PICTURE or found[12:16] != b"IHDR":
        return b""
    width, height = struct.unpack(">II", found[16:24])
    return found if 0 < width <= WIDEST and 0 < height <= WIDEST else b""


def _midnight(day: date) -> int:
    """The end of that day: an edition is good until the day on which the next one is due is over."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) + 86400
