"""An authenticator in software: it makes credentials in every format that there is, and signs as it is told to."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID, ObjectIdentifier

from yett.factors.webauthn.data import base64url

NOW = 1_800_000_000
RP, ORIGIN, CHALLENGE = "login.example.test", "https://login.example.test", b"challenge of thirty-two bytes...."
MODEL = bytes(range(16))
CURVES = {-7: (1, 32, ec.SECP256R1(), hashes.SHA256()), -35: (2, 48, ec.SECP384R1(), hashes.SHA384()), -36: (3, 66, ec.SECP521R1(), hashes.SHA512())}
UP, UV, BE, BS, AT, ED = 1, 4, 8, 16, 64, 128


def cbor(value: Any) -> bytes:
    """CBOR in the shortest form, keys in the order in which they are given."""
    match value:
        case bool() | None:
            return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case list():
            return _head(4, len(value)) + b"".join(map(cbor, value))
        case _:
            return _head(5, len(value)) + b"".join(cbor(key) + cbor(one) for key, one in value.items())


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    size = next(power for power in range(4) if number < 1 << (8 << power))
    return bytes([major << 5 | 24 + size]) + number.to_bytes(1 << size)


def der(tag: int, content: bytes) -> bytes:
    """A DER value with a tag that is below 31, or in two bytes."""
    head = bytes([tag]) if tag < 256 else tag.to_bytes((tag.bit_length() + 7) // 8)
    return head + (bytes([len(content)]) if len(content) < 128 else bytes([0x82]) + len(content).to_bytes(2)) + content


def key_for(alg: int) -> Any:
    """A new private key for this algorithm."""
    if alg in CURVES:
        return ec.generate_private_key(CURVES[alg][2])
    if alg in {-257, -37}:
        return rsa.generate_private_key(65537, 2048)
    return ed25519.Ed25519PrivateKey.generate() if alg == -8 else ed448.Ed448PrivateKey.generate()


def cose(alg: int, private: Any) -> dict[int, Any]:
    """The COSE_Key of its public part."""
    public = private.public_key()
    if alg in CURVES:
        number, size, _, _ = CURVES[alg]
        numbers = public.public_numbers()
        return {1: 2, 3: alg, -1: number, -2: numbers.x.to_bytes(size), -3: numbers.y.to_bytes(size)}
    if alg in {-257, -37}:
        numbers = public.public_numbers()
        return {1: 3, 3: alg, -1: numbers.n.to_bytes(256), -2: numbers.e.to_bytes(3)}
    return {1: 1, 3: alg, -1: {-8: 6, -53: 7}[alg], -2: public.public_bytes(Encoding.Raw, PublicFormat.Raw)}


def sign(alg: int, private: Any, message: bytes) -> bytes:
    """A signature over `message`."""
    if alg in CURVES:
        return bytes(private.sign(message, ec.ECDSA(CURVES[alg][3])))
    if alg == -257:
        return bytes(private.sign(message, padding.PKCS1v15(), hashes.SHA256()))
    if alg == -37:
        return bytes(private.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256()))
    return bytes(private.sign(message))


@dataclass
class Maker:
    """A root of trust, and the certificates that it signs, in force from `begins` on (seconds) for a month and a day."""

    key: Any = field(default_factory=lambda: key_for(-7))
    begins: int = NOW - 86400 * 30

    def root(self, **of: Any) -> bytes:
        return self._made(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Root")]), self.key, ca=True, **of).public_bytes(Encoding.DER)

    def leaf(self, key: Any, subject: str = "C=DE O=Maker OU=Authenticator_Attestation CN=Model", ca: bool | None = False, **of: Any) -> bytes:
        oids = {"C": NameOID.COUNTRY_NAME, "O": NameOID.ORGANIZATION_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME, "CN": NameOID.COMMON_NAME}
        parts = [part.split("=") for part in subject.split()]
        name = x509.Name([x509.NameAttribute(oids[one], said.replace("_", " ")) for one, said in parts])
        return self._made(name, key, ca=ca, **of).public_bytes(Encoding.DER)

    def _made(
        self,
        name: x509.Name,
        key: Any,
        *,
        ca: bool | None,
        extensions: Mapping[str, bytes] = {},
        critical: bool = False,
        more: tuple[Any, ...] = (),
        ends: int | None = None,
        issuer: str = "Root",
        by: Any = None,
        below: int | None = None,
    ) -> x509.Certificate:
        made = x509.CertificateBuilder().subject_name(name).issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        made = made.public_key(key.public_key()).serial_number(7).not_valid_before(datetime.fromtimestamp(self.begins, UTC))
        made = made.not_valid_after(datetime.fromtimestamp(ends or self.begins + 86400 * 31, UTC))
        if ca is not None:
            made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=below), critical=True)
        for oid, value in extensions.items():
            made = made.add_extension(x509.UnrecognizedExtension(ObjectIdentifier(oid), value), critical=critical)
        for one in more:
            made = made.add_extension(one, critical=False)
        return made.sign(by or self.key, hashes.SHA256())


@dataclass
class Authenticator:
    """One credential. What it says can be bent by whoever tests us."""

    alg: int = -7
    flags: int = UP | UV
    counter: int = 0
    id: bytes = b"credential"
    model: bytes = MODEL
    rp: str = RP
    origin: str = ORIGIN
    key: Any = None

    def __post_init__(self) -> None:
        self.key = self.key or key_for(self.alg)

    def client(self, type: str, asked: bytes = CHALLENGE, **more: Any) -> bytes:
        said = {"type": type, "challenge": base64url(asked), "origin": self.origin, "crossOrigin": False, **more}
        return json.dumps({name: value for name, value in said.items() if value is not ...}).encode()

    def data(self, *, made: bool, extensions: bytes = b"") -> bytes:
        flags = self.flags | (AT if made else 0) | (ED if extensions else 0)
        head = hashlib.sha256(self.rp.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4)
        attested = self.model + len(self.id).to_bytes(2) + self.id + cbor(cose(self.alg, self.key)) if made else b""
        return head + attested + extensions

    def make(self, client: bytes | None = None, format: str = "none", statement: Any = None, data: bytes | None = None) -> tuple[bytes, bytes]:
        """Client data and attestation object; `statement` may be a function of what is to be signed."""
        client = client or self.client("webauthn.create")
        data = data or self.data(made=True)
        said = statement(data + hashlib.sha256(client).digest()) if callable(statement) else (statement or {})
        return client, cbor({"fmt": format, "attStmt": said, "authData": data})

    def show(self, client: bytes | None = None, data: bytes | None = None) -> tuple[bytes, bytes, bytes]:
        """Client data, authenticator data, signature."""
        client = client or self.client("webauthn.get")
        data = data or self.data(made=False)
        return client, data, sign(self.alg, self.key, data + hashlib.sha256(client).digest())
