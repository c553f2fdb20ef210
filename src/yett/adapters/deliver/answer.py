"""What a provider's server said, and what that means for a message."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from yett.adapters.keys.compact import json_object
from yett.ports import Undelivered

GOOD, BAD_REQUESTS = range(200, 300), range(400, 500)
# Of the 400s these are about us, our account or the moment; the others are about this message.
OURS = frozenset({401, 402, 403, 404, 405, 407, 408, 409, 421, 423, 425, 429})


class Answer(NamedTuple):
    """What a server said: names of `headers` in lower case, `body` whole, or the call has failed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def good(self) -> bool:
        return self.status in GOOD

    @property
    def json(self) -> Mapping[str, Any]:
        """Its object; empty where it is none."""
        return json_object(self.body) or {}


def judge(who: str, answer: Answer, why: object = None, *, permanent: bool | None = None) -> None:
    """Raise Undelivered for what is no success: permanent where this message is at fault, not where the provider or our account is.

    `why` is the provider's own code for it, and `permanent` what that means: never its words, which may quote the number or the text.
    """
    if not answer.good:
        blamed = answer.status in BAD_REQUESTS and answer.status not in OURS
        raise Undelivered(f"{who}: {answer.status}{coded(why)}", permanent=blamed if permanent is None else permanent)


def coded(why: object) -> str:
    """A provider's code as an error may quote it: short, and a number or a name."""
    text = str(why) if isinstance(why, int | str) else ""
    return f" ({text})" if re.fullmatch(r"[\w.-]{1,60}", text) else ""


def form(fields: Iterable[tuple[str, str]]) -> bytes:
    """application/x-www-form-urlencoded; what is empty is left out."""
    return urlencode([(name, value) for name, value in fields if value]).encode()
