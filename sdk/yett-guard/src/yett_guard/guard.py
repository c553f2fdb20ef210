"""The guard: a token in, a verdict out. One story, told to whoever can wait and to whoever must not."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Generator, MutableMapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar, Unpack

from yett_guard import jws
from yett_guard.claims import Token, judge
from yett_guard.keys import PATIENCE, Keys, Known, Step, ask
from yett_guard.refusal import Refusal, invalid_request, invalid_token, no_token, step_up, unavailable
from yett_guard.requirement import Need, Requirement, enough, requirement
from yett_guard.settings import Settings
from yett_guard.web import Unreachable, Urllib, Web

T = TypeVar("T")
Said = TypeVar("Said")
Story = Generator[Step, Any, T]

# What lives as long as one request and no longer: the scope of ASGI, the environ of WSGI. Never what several requests share.
Kept = MutableMapping[str, Any]

NOTHING = Requirement()
SCHEME = "bearer"
# Names of the answer that tell which token it speaks of.
_OF_WHICH = ("iss", "sub", "client_id", "jti")
# No header of a request can be called so: in an environ they begin with HTTP_.
_FOUND = "yett_guard.found"

log = logging.getLogger("yett_guard")


class Guard:
    """Verifies access tokens of one issuer for one API, and says what else an operation needs.

    Without settings it takes them from the environment (YETT_ISSUER, YETT_AUDIENCE). `check` and `demand` wait;
    `acheck` and `ademand` are the same for async code. All of them raise Refusal, and none waits longer than 15 s.
    Several checks of one request hand on what is `kept` with it, so that a token for one use is consumed once by all of them.
    """

    def __init__(self, settings: Settings | None = None, *, web: Web | None = None, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings or Settings.from_environment()
        self.web: Web = web or Urllib()
        self.clock = clock
        self.forget()

    def forget(self) -> None:
        """Begin anew: nothing is known of the server."""
        self._keys = Keys(lambda: ask(self.web, self.settings), time.monotonic)

    def need(self, **said: Unpack[Need]) -> Requirement:
        """The requirement that these keywords name. Raises ValueError for one that this guard could not see to."""
        need = requirement(said)
        if (need.one_use or need.live) and not self.settings.client_id:
            raise ValueError("the server has to be asked about these tokens: set YETT_CLIENT_ID and YETT_CLIENT_SECRET")
        return need

    def needed(self, need: Said | None, said: Need) -> Said | Requirement:
        """What is needed, said in one way or the other. Raises TypeError for both: one of them would be passed over."""
        if need is not None and said:
            raise TypeError("a requirement is named by keywords or is one already: of both, one would be passed over")
        return self.need(**said) if need is None else need

    def check(self, authorization: Sequence[str], need: Requirement = NOTHING, kept: Kept | None = None) -> Token:
        """The token of these Authorization headers, if it is good and enough."""
        return self._waiting(self._checked(authorization, need, kept))

    async def acheck(self, authorization: Sequence[str], need: Requirement = NOTHING, kept: Kept | None = None) -> Token:
        """The token of these Authorization headers, if it is good and enough."""
        return await self._aside(self._checked(authorization, need, kept))

    def verify(self, authorization: Sequence[str], kept: Kept | None = None) -> Token:
        """The token of these Authorization headers, if it is good; `demand` says what for, and has it consumed if it is for one use."""
        return self._waiting(self._verified(authorization, kept))[0]

    async def averify(self, authorization: Sequence[str], kept: Kept | None = None) -> Token:
        """The token of these Authorization headers, if it is good; `ademand` says what for, and has it consumed if it is for one use."""
        return (await self._aside(self._verified(authorization, kept)))[0]

    def demand(self, token: Token, need: Requirement | None = None, **said: Unpack[Need]) -> Token:
        """More of a token that was good so far: for what only the handler knows, such as an amount."""
        return self._waiting(self._enough(token, self._said(need, said)))

    async def ademand(self, token: Token, need: Requirement | None = None, **said: Unpack[Need]) -> Token:
        """More of a token that was good so far: for what only the handler knows, such as an amount."""
        return await self._aside(self._enough(token, self._said(need, said)))

    def _said(self, need: Requirement | None, said: Need) -> Requirement:
        """Raises TypeError for nothing: a function that says what is needed, and forgets to return it, must not open everything."""
        if need is None and not said:
            raise TypeError("nothing was said of what is needed; Requirement() says that nothing is")
        return self.needed(need, said)

    def _checked(self, authorization: Sequence[str], need: Requirement, kept: Kept | None) -> Story[Token]:
        token, known = yield from self._verified(authorization, kept)
        return (yield from self._enough(token, need, known))

    def _verified(self, authorization: Sequence[str], kept: Kept | None) -> Story[tuple[Token, Known]]:
        raw = bearer(authorization)
        if found := self._found(raw, kept):
            return found, self._keys.known()
        signed = jws.parse(raw)
        if signed is None:
            raise invalid_token("The access token is malformed.")
        key, known = yield from self._keys.named(signed.header.kid)
        if signed.header.alg != key.alg or not key.verify(signed.signed, signed.signature):
            raise invalid_token("Its signature is wrong.")
        token = judge(raw, signed.header.typ, jws.json_object(signed.payload), self.settings, self.clock())
        if kept is not None:
            kept[_FOUND] = self, token
        return token, known

    def _found(self, raw: str, kept: Kept | None) -> Token | None:
        """What an earlier check of this request has found this very token to be, by this very guard: consumed, perhaps."""
        guard, token = (kept or {}).get(_FOUND, (None, None))
        return token if guard is self and token.raw == raw else None

    def _enough(self, token: Token, need: Requirement, known: Known | None = None) -> Story[Token]:
        """Judged first, consumed last: what is refused for another reason is not used up."""
        known = known or self._keys.known()
        if refused := enough(token, need, self.clock(), known.implies):
            raise refused
        if token.one_use and not token.consumed:
            yield from self._stands(token, need, known, consume=True)
            token.consumed = True
        elif need.live:
            yield from self._stands(token, need, known, consume=False)
        return token

    def _stands(self, token: Token, need: Requirement, known: Known, *, consume: bool) -> Story[None]:
        """The server's word on it (RFC 7662). No answer is no: whether it was consumed meanwhile nobody knows, so it is not asked twice."""
        if not known.introspection or not self.settings.client_id:
            log.error("a token has to be asked about, and there is no way: set YETT_CLIENT_ID and YETT_CLIENT_SECRET")
            raise unavailable()
        fields = {"token": token.raw, "token_type_hint": "access_token", **({"consume": "true"} if consume else {})}
        said: dict[str, Any] | None = yield partial(self._asked, known.introspection, fields)
        if said is None or not isinstance(said.get("active"), bool):
            raise unavailable()
        if not said["active"] or any(said.get(name, token.claims[name]) != token.claims[name] for name in _OF_WHICH):
            raise step_up("This approval has been used.", need.needs) if consume else invalid_token("The access token stands no longer.")

    def _asked(self, url: str, fields: dict[str, str]) -> dict[str, Any] | None:
        try:
            return jws.json_object(self.web.post(url, fields, (self.settings.client_id, self.settings.client_secret)))
        except Unreachable as fault:
            log.warning("a token cannot be asked about: %s", fault)
            return None

    def _waiting(self, story: Story[T]) -> T:
        answer: Any = None
        try:
            while True:
                step = story.send(answer)
                answer = step.result(PATIENCE) if isinstance(step, Future) else step()
        except StopIteration as end:
            told: T = end.value
            return told
        except TimeoutError:
            raise self._described(unavailable()) from None
        except Refusal as refused:
            raise self._described(refused) from None

    async def _aside(self, story: Story[T]) -> T:
        """What takes a while happens in a thread."""
        answer: Any = None
        try:
            while True:
                step = story.send(answer)
                waited: Coroutine[Any, Any, Any] | asyncio.Future[None] = asyncio.wrap_future(step) if isinstance(step, Future) else asyncio.to_thread(step)
                answer = await asyncio.wait_for(waited, PATIENCE)
        except StopIteration as end:
            told: T = end.value
            return told
        except TimeoutError:
            raise self._described(unavailable()) from None
        except Refusal as refused:
            raise self._described(refused) from None

    def _described(self, refused: Refusal) -> Refusal:
        refused.resource_metadata = self.settings.resource_metadata
        return refused


def bearer(authorization: Sequence[str]) -> str:
    """The token of the Authorization headers (RFC 6750, 2.1); none in a URL or a form is taken. Raises Refusal."""
    if len(authorization) > 1:
        raise invalid_request("There is more than one Authorization header.")
    scheme, _, token = (authorization[0] if authorization else "").strip().partition(" ")
    if scheme.lower() != SCHEME or not token.strip():
        raise no_token()
    return token.strip()
