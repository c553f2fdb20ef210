"""Vonage: text messages (SMS API) and calls (Voice API), and the signed callbacks of both."""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Literal
from urllib.parse import parse_qsl, urlsplit

from yett.adapters.deliver.answer import coded, form, judge
from yett.adapters.deliver.outbound import Means
from yett.adapters.deliver.telephone import digits, language, number, sentences
from yett.adapters.keys.compact import encoded, json_object
from yett.adapters.keys.jws import key_of, read
from yett.ports import Letter, Receipt, Sent, Undelivered, Unsigned

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# Statuses of the SMS API that are about the number or the text.
PERMANENT = frozenset({"6", "7", "12", "22", "33"})
JWT_LIVES = 300
Outcome = Literal["delivered", "failed"]
TEXTS: Mapping[str, Outcome] = {"delivered": "delivered", **dict.fromkeys(("expired", "failed", "rejected"), "failed")}
CALLS: Mapping[str, Outcome] = {
    "completed": "delivered",
    **dict.fromkeys(("busy", "timeout", "failed", "rejected", "unanswered", "cancelled"), "failed"),
}


@dataclass(frozen=True, slots=True)
class VonageSms:
    """One account's text messages. Without a `signature_secret` no receipt is believed."""

    name: ClassVar[str] = "vonage"
    means: Means
    api_key: str
    api_secret: str = field(repr=False)
    default_from: str
    signature_secret: str = field(default="", repr=False)
    endpoint: str = "https://rest.nexmo.com"

    async def send(self, letter: Letter) -> Sent:
        """Hand it over; the price is that of all parts. Raises Undelivered."""
        fields = {
            "api_key": self.api_key,
            "api_secret": self.api_secret,
            "from": digits(letter.sender or self.default_from),
            "to": digits(number(letter)),
            "text": letter.text,
            "type": "text" if letter.text.isascii() else "unicode",
            "callback": self.means.callback,
            "client-ref": letter.id[:100],
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await self.means.outbound.call(self.name, "POST", f"{self.endpoint}/sms/json", headers, form(fields.items()))
        judge(self.name, answer)
        parts = [one for one in answer.json.get("messages") or () if isinstance(one, dict)]
        refused = next((str(one.get("status")) for one in parts if str(one.get("status")) != "0"), "" if parts else "no message")
        if refused:
            raise Undelivered(f"{self.name}: refused{coded(refused)}", permanent=refused in PERMANENT)
        return Sent(str(parts[0].get("message-id", "")), _sum([str(one.get("message-price") or "") for one in parts]))

    def report(self, url: str, headers: Mapping[str, str], body: bytes) -> Sequence[Receipt]:
        """A delivery receipt, as a query, a form or JSON: HMAC-SHA256 over its sorted fields. Raises Unsigned."""
        said = {**dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)), **_fields(headers, body)}
        if not self.signature_secret or not hmac.compare_digest(signature(said, self.signature_secret), said.get("sig", "").upper().encode()):
            raise Unsigned
        reference, outcome = said.get("messageId"), TEXTS.get(said.get("status", ""))
        price = f"{said['price']} EUR" if said.get("price") else ""
        return [Receipt(reference, outcome, coded(said.get("err-code")).strip(" ()"), price)] if reference and outcome else []


@dataclass(frozen=True, slots=True)
class VonageVoice:
    """One application's calls: it proves itself by a JWT of its own key. Without a `signature_secret` no event is believed."""

    name: ClassVar[str] = "vonage"
    means: Means
    application_id: str
    private_key: "RSAPrivateKey" = field(repr=False)
    default_from: str
    signature_secret: str = field(default="", repr=False)
    endpoint: str = "https://api.nexmo.com"

    async def send(self, letter: Letter) -> Sent:
        """Let it call; the reference is the call's UUID. Raises Undelivered."""
        talk = [{"action": "talk", "text": one, "language": language(letter), "bargeIn": False} for one in sentences(letter)]
        asked: dict[str, object] = {
            "to": [{"type": "phone", "number": digits(number(letter))}],
            "from": {"type": "phone", "number": digits(letter.sender or self.default_from)},
            "ncco": talk,
            "ringing_timer": 30,
            **({"event_url": [self.means.callback], "event_method": "POST"} if self.means.callback else {}),
        }
        headers = {"Authorization": f"Bearer {self._jwt()}", "Content-Type": "application/json"}
        answer = await self.means.outbound.call(self.name, "POST", f"{self.endpoint}/v1/calls", headers, json.dumps(asked).encode())
        judge(self.name, answer)
        return Sent(str(answer.json.get("uuid") or ""))

    def report(self, url: str, headers: Mapping[str, str], body: bytes) -> Sequence[Receipt]:  # noqa: ARG002 - the body is signed, not where it goes
        """An event: a JWT (HS256) that names the digest of its body. Raises Unsigned."""
        token = headers.get("authorization", "").removeprefix("Bearer ")
        key = key_of({"kty": "oct", "k": encoded(self.signature_secret.encode()).decode()}, "HS256") if self.signature_secret else None
        found = read(token.encode(), key, "HS256") if key else None
        claims = json_object(found.payload) if found else None
        if not claims or claims.get("payload_hash") != hashlib.sha256(body).hexdigest():
            raise Unsigned
        said = _fields(headers, body)
        reference, outcome = said.get("uuid"), CALLS.get(said.get("status", ""))
        price = f"{said['price']} EUR" if said.get("price") else ""
        return [Receipt(reference, outcome, "" if outcome == "delivered" else said["status"], price)] if reference and outcome else []

    def _jwt(self) -> str:
        from cryptography.hazmat.primitives.asymmetric import padding
        from cryptography.hazmat.primitives.hashes import SHA256

        now = self.means.clock()
        claims = {"application_id": self.application_id, "iat": now, "exp": now + JWT_LIVES, "jti": secrets.token_hex(16)}
        signed = b".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
        return (signed + b"." + encoded(self.private_key.sign(signed, padding.PKCS1v15(), SHA256()))).decode()


def signature(said: Mapping[str, str], secret: str) -> bytes:
    """Vonage's "signed messages", HMAC-SHA256: the sorted fields as a query, in which no value can pass for two."""
    text = "".join(f"&{name}={re.sub('[&=]', '_', value)}" for name, value in sorted(said.items()) if name != "sig")
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest().upper().encode()


def rsa_key(pem: str) -> "RSAPrivateKey":
    """The private key of an application (PEM). Raises ValueError for anything else."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(pem.encode(), None)
    except (TypeError, UnsupportedAlgorithm):
        raise ValueError from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError  # noqa: TRY004 - what is wrong is the value
    return key


def _fields(headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
    if "json" in headers.get("content-type", ""):
        return {name: str(value) for name, value in (json_object(body) or {}).items()}
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def _sum(prices: Sequence[str]) -> str:
    """In EUR, as Vonage counts; empty where it names none."""
    if not all(re.fullmatch(r"[0-9]+(\.[0-9]+)?", price) for price in prices):
        return ""
    return f"{sum(map(Decimal, prices))} EUR"
