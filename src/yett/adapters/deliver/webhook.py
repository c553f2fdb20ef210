"""A webhook of the operator's own, signed as "Standard Webhooks" has it: Auth0 calls it a custom provider."""

import base64
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from yett.adapters.deliver.answer import judge
from yett.adapters.deliver.outbound import Means
from yett.adapters.keys.compact import json_object
from yett.ports import Letter, Receipt, Sent, Unsigned

# How far a report's time may be from ours: an old one is not believed again.
LEEWAY = 300


@dataclass(frozen=True, slots=True)
class Webhook:
    """One URL, for messages of any channel. `secret` is shared with whoever answers there, for both directions."""

    name: ClassVar[str] = "webhook"
    means: Means
    url: str
    secret: bytes = field(repr=False)

    async def send(self, letter: Letter) -> Sent:
        """Hand it over; what it answers may name a `reference` and a `price`. Raises Undelivered."""
        said = {name: value for name, value in letter._asdict().items() if value}
        if self.means.callback:
            said["callback"] = self.means.callback
        body = json.dumps(said).encode()
        # The same at every try: whoever has it knows it again.
        id = letter.id or secrets.token_hex(16)
        at = str(self.means.clock())
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": id,
            "Webhook-Id": id,
            "Webhook-Timestamp": at,
            "Webhook-Signature": signature(self.secret, id, at, body),
        }
        answer = await self.means.outbound.call(self.name, "POST", self.url, headers, body)
        judge(self.name, answer)
        reference, price = answer.json.get("reference"), answer.json.get("price")
        return Sent(str(reference or letter.id)[:200], str(price or "")[:30])

    def report(self, url: str, headers: Mapping[str, str], body: bytes) -> Sequence[Receipt]:  # noqa: ARG002 - the body is signed, not where it goes
        """`{"reference", "outcome": "delivered" or "failed", "detail"?, "price"?}`, signed in the same way. Raises Unsigned."""
        id, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        wanted = signature(self.secret, id, at, body).encode()
        given = [hmac.compare_digest(wanted, one.encode()) for one in headers.get("webhook-signature", "").split(" ")]
        if not any(given) or not at.isdecimal() or abs(int(at) - self.means.clock()) > LEEWAY:
            raise Unsigned
        said = {name: str(value) for name, value in (json_object(body) or {}).items()}
        if not said.get("reference") or (outcome := said.get("outcome")) not in {"delivered", "failed"}:
            raise ValueError("a report has a reference and an outcome: delivered or failed")
        return [Receipt(said["reference"], "delivered" if outcome == "delivered" else "failed", said.get("detail", "")[:100], said.get("price", "")[:30])]


def signature(secret: bytes, id: str, at: str, body: bytes) -> str:
    """The header's value: HMAC-SHA256 over id, time and body, in base64."""
    return "v1," + base64.b64encode(hmac.digest(secret, f"{id}.{at}.".encode() + body, "sha256")).decode()


def secret_of(text: str) -> bytes:
    """A secret as Standard Webhooks writes it: base64 of 24 to 64 bytes after `whsec_`; without that the text itself, as long."""
    raw = base64.b64decode(text.removeprefix("whsec_"), validate=True) if text.startswith("whsec_") else text.encode()
    if not 24 <= len(raw) <= 512:  # noqa: PLR2004 - of the standard, with room for those who take more
        raise ValueError
    return raw
