"""Twilio: text messages (Messages API) and calls (Calls API, the words in TwiML of our own), and what it tells later of both."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import ClassVar, Literal
from urllib.parse import parse_qsl

from yett.adapters.deliver.answer import Answer, coded, form, judge
from yett.adapters.deliver.outbound import Means
from yett.adapters.deliver.telephone import language, number, sentences
from yett.ports import Letter, Receipt, Sent, Unsigned

# Codes that are about the number or the text; every other refusal is about us, or the moment.
PERMANENT = frozenset({13223, 13224, 13225, 13226, 21211, 21214, 21216, 21217, 21265, 21610, 21612, 21614, 21617, 21635})
OUTCOMES: Mapping[str, Literal["delivered", "failed"]] = {
    "delivered": "delivered",
    "read": "delivered",
    "completed": "delivered",
    **dict.fromkeys(("undelivered", "failed", "busy", "no-answer", "canceled"), "failed"),
}


@dataclass(frozen=True, slots=True)
class Twilio:
    """One account, for both channels; the sender of a text is a messaging service where there is one."""

    name: ClassVar[str] = "twilio"
    means: Means
    sid: str
    auth_token: str = field(repr=False)
    default_from: str = ""
    mssid: str = ""
    endpoint: str = "https://api.twilio.com"

    async def send(self, letter: Letter) -> Sent:
        """Hand it over; the reference is the SID. Raises Undelivered."""
        what, fields = ("Calls", self._call(letter)) if letter.channel == "voice" else ("Messages", self._text(letter))
        pair = base64.b64encode(f"{self.sid}:{self.auth_token}".encode()).decode()
        headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"}
        url = f"{self.endpoint}/2010-04-01/Accounts/{self.sid}/{what}.json"
        answer = await self.means.outbound.call(self.name, "POST", url, headers, form(fields.items()))
        said = answer.json
        judge(self.name, answer, said.get("code"), permanent=said.get("code") in PERMANENT)
        return Sent(str(said.get("sid") or ""), _price(answer))

    def report(self, url: str, headers: Mapping[str, str], body: bytes) -> Sequence[Receipt]:
        """A status callback: base64(HMAC-SHA1(token, url and the sorted fields)). Raises Unsigned."""
        fields = parse_qsl(body.decode(), keep_blank_values=True)
        signed = url + "".join(name + value for name, value in sorted(set(fields)))
        wanted = base64.b64encode(hmac.new(self.auth_token.encode(), signed.encode(), hashlib.sha1).digest())
        if not hmac.compare_digest(wanted, headers.get("x-twilio-signature", "").encode()):
            raise Unsigned
        said = dict(fields)
        reference = said.get("MessageSid") or said.get("CallSid")
        outcome = OUTCOMES.get(said.get("MessageStatus") or said.get("CallStatus") or "")
        return [Receipt(reference, outcome, coded(said.get("ErrorCode")).strip(" ()"))] if reference and outcome else []

    def _text(self, letter: Letter) -> Mapping[str, str]:
        sender = {"MessagingServiceSid": self.mssid} if self.mssid and not letter.sender else {"From": letter.sender or self.default_from}
        return {"To": number(letter), **sender, "Body": letter.text, "StatusCallback": self.means.callback}

    def _call(self, letter: Letter) -> Mapping[str, str]:
        caller = letter.sender or self.default_from
        return {"To": number(letter), "From": caller, "Twiml": twiml(letter), "StatusCallback": self.means.callback, "Timeout": "30"}


def twiml(letter: Letter) -> str:
    """What the call says; a text is text in it, never markup."""
    said = "<Pause/>".join(f'<Say language="{language(letter)}">{escape(one)}</Say>' for one in sentences(letter))
    return f"<Response><Pause/>{said}</Response>"


def _price(answer: Answer) -> str:
    price, unit = answer.json.get("price"), answer.json.get("price_unit")
    return f"{str(price).lstrip('-')} {unit}" if price and unit else ""
