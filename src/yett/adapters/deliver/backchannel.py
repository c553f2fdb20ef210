"""Logout tokens, brought to applications (OIDC Back-Channel Logout 1.0, 2.5)."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar

from yett.adapters.deliver.answer import form, judge
from yett.adapters.deliver.outbound import Outbound
from yett.domain.enrolment import Message
from yett.domain.tenant import Tenant
from yett.ports import APART, Letter, Sent, Undelivered

# Client, account and sid to a token; "" where nobody is to be told any longer.
Token = Callable[[str, str, str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class BackChannel:
    """A provider of its channel. What an application answers but for "done" is told in the log by its number alone."""

    name: ClassVar[str] = APART
    outbound: Outbound
    token: Token

    async def send(self, letter: Letter) -> Sent:
        """Raises Undelivered: for good where the application says that it has no use for this token (2.8)."""
        said = json.loads(letter.text)
        token = await self.token(said["client"], said["account"], said["sid"])
        if not token:
            raise Undelivered(f"{self.name}: the application wants to be told no longer", permanent=True)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cache-Control": "no-store"}
        judge(self.name, await self.outbound.call(self.name, "POST", letter.to, headers, form([("logout_token", token)])))
        return Sent()

    async def close(self) -> None:
        """Close what is kept open."""
        await self.outbound.close()


def letter(message: Message, _code: str, _tenant: Tenant) -> Letter:
    """Nobody reads it: it says what the token is to be about, which is made when it leaves."""
    return Letter(APART, message.to, json.dumps(dict(message.data)))
