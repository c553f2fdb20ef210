"""Mail over HTTPS: one way to send it, whatever shape a provider's API has."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import parseaddr
from typing import NamedTuple

from yett.adapters.deliver.answer import Answer, judge
from yett.adapters.deliver.outbound import Means
from yett.adapters.deliver.smtp import as_message
from yett.ports import Letter, Sent, Undelivered


class Request(NamedTuple):
    """Path, headers and body: a form where it is bytes, else JSON."""

    path: str
    headers: Mapping[str, str]
    body: object


class Shape(NamedTuple):
    """How one provider is spoken to. `heard` gives the reference of a good answer; `blames`, of another, whether the mail is at fault (None: by its status)."""

    name: str
    endpoint: str
    asks: "Callable[[Mail, Letter], Request]"
    heard: Callable[[Answer], object]
    why: Callable[[Answer], object] = lambda _: None
    blames: Callable[[Answer], bool | None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Mail:
    """An account with a provider of that shape."""

    shape: Shape
    means: Means
    api_key: str = field(repr=False)
    default_from_address: str
    domain: str = ""
    region: str = ""
    endpoint: str = ""

    @property
    def name(self) -> str:
        return self.shape.name

    @property
    def sender(self) -> tuple[str, str]:
        """Name and address."""
        return parseaddr(self.default_from_address)

    async def send(self, letter: Letter) -> Sent:
        """Hand it over. Raises Undelivered."""
        sender = letter.sender or self.default_from_address
        checked(letter, sender)
        asked = self.shape.asks(replace(self, default_from_address=sender), letter)
        is_form = isinstance(asked.body, bytes)
        kind = "application/x-www-form-urlencoded" if is_form else "application/json"
        body = asked.body if isinstance(asked.body, bytes) else json.dumps(asked.body).encode()
        url = (self.endpoint or self.shape.endpoint.format(region=f"{self.region}." if self.region else "")) + asked.path
        answer = await self.means.outbound.call(self.name, "POST", url, {"Content-Type": kind, **asked.headers}, body)
        judge(self.name, answer, self.shape.why(answer), permanent=self.shape.blames(answer))
        return Sent(str(self.shape.heard(answer) or "")[:200])


def checked(letter: Letter, sender: str) -> EmailMessage:
    """The mail as SMTP would carry it: what could not be one is told to no API either. Raises Undelivered, permanent."""
    try:
        return as_message(letter, sender)
    except (MessageError, ValueError, IndexError):
        raise Undelivered("no such header, or no such address", permanent=True) from None
