"""Amazon: text messages (SNS) and mail (SES), each request signed by Signature Version 4."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import parse_qsl, quote, urlsplit

from yett.adapters.deliver.answer import Answer, form, judge
from yett.adapters.deliver.mail import checked
from yett.adapters.deliver.outbound import Means
from yett.adapters.deliver.telephone import number
from yett.ports import Letter, Sent

# Error codes that are about the number, the mailbox or the text; the other 400s are about the account or the moment.
PERMANENT = frozenset({"InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationException", "OptedOut", "BadRequestException"})


@dataclass(frozen=True, slots=True)
class Account:
    """An access key, and the region it is used in."""

    key_id: str
    secret: str = field(repr=False)
    region: str

    def sign(self, service: str, method: str, url: str, headers: Mapping[str, str], body: bytes, now: int) -> Mapping[str, str]:
        """`headers` with those of Signature Version 4 ("AWS General Reference: signing")."""
        parts = urlsplit(url)
        at = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
        signed = {"host": parts.netloc, "x-amz-date": at, **{name.lower(): " ".join(value.split()) for name, value in headers.items()}}
        names = ";".join(sorted(signed))
        query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in sorted(parse_qsl(parts.query, keep_blank_values=True)))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        canonical = "\n".join((method, quote(parts.path or "/", safe="/-_.~"), query, lines, names, hashlib.sha256(body).hexdigest()))
        scope = f"{at[:8]}/{self.region}/{service}/aws4_request"
        said = "\n".join(("AWS4-HMAC-SHA256", at, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        key = b"AWS4" + self.secret.encode()
        for step in scope.split("/"):
            key = hmac.digest(key, step.encode(), "sha256")
        proof = hmac.new(key, said.encode(), "sha256").hexdigest()
        return {
            **headers,
            "X-Amz-Date": at,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={self.key_id}/{scope}, SignedHeaders={names}, Signature={proof}",
        }


@dataclass(frozen=True, slots=True)
class Sns:
    """Text messages by Publish. Receipts go to Amazon's own log alone."""

    name: ClassVar[str] = "sns"
    means: Means
    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str
    default_from: str = ""
    endpoint: str = ""

    async def send(self, letter: Letter) -> Sent:
        """Hand it over; the reference is the MessageId. Raises Undelivered."""
        sender = letter.sender or self.default_from
        attributes = {
            "AWS.SNS.SMS.SMSType": "Transactional",
            "AWS.SNS.SMS.SenderID" if sender[:1].isalpha() else "AWS.MM.SMS.OriginationNumber": sender,
        }
        fields = [("Action", "Publish"), ("Version", "2010-03-31"), ("PhoneNumber", number(letter)), ("Message", letter.text)]
        for place, (name, value) in enumerate([one for one in attributes.items() if one[1]], 1):
            entry = f"MessageAttributes.entry.{place}"
            fields += [(f"{entry}.Name", name), (f"{entry}.Value.DataType", "String"), (f"{entry}.Value.StringValue", value)]
        answer = await _asked(self, "sns", "/", "application/x-www-form-urlencoded", form(fields))
        code = _element(answer, "Code")
        judge(self.name, answer, code, permanent=code in PERMANENT)
        return Sent(_element(answer, "MessageId"))


@dataclass(frozen=True, slots=True)
class Ses:
    """Mail by SES's second API, whole (RFC 5322): its headers are those that SMTP would carry."""

    name: ClassVar[str] = "ses"
    means: Means
    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str
    default_from_address: str
    endpoint: str = ""

    async def send(self, letter: Letter) -> Sent:
        """Hand it over; the reference is the MessageId. Raises Undelivered."""
        sender = letter.sender or self.default_from_address
        raw = base64.b64encode(checked(letter, sender).as_bytes()).decode()
        asked = {"FromEmailAddress": sender, "Destination": {"ToAddresses": [letter.to]}, "Content": {"Raw": {"Data": raw}}}
        answer = await _asked(self, "email", "/v2/email/outbound-emails", "application/json", json.dumps(asked).encode())
        code = answer.headers.get("x-amzn-errortype", "").partition(":")[0]
        judge(self.name, answer, code, permanent=code in PERMANENT)
        return Sent(str(answer.json.get("MessageId") or ""))


async def _asked(who: Sns | Ses, host: str, path: str, kind: str, body: bytes) -> Answer:
    """A signed POST. The name in the signature is `sns` or `ses`, whatever the host is called."""
    url = (who.endpoint or f"https://{host}.{who.region}.amazonaws.com") + path
    account = Account(who.access_key_id, who.secret_access_key, who.region)
    headers = account.sign(who.name, "POST", url, {"Content-Type": kind}, body, who.means.clock())
    return await who.means.outbound.call(who.name, "POST", url, headers, body)


def _element(answer: Answer, name: str) -> str:
    """The text of an element of an XML answer: all that is wanted of it, so nothing is parsed."""
    found = re.search(rf"<{name}>([\w.-]{{1,100}})</{name}>".encode(), answer.body)
    return found[1].decode() if found else ""


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
