"""FastAPI: `Depends(guard.require(...))`, which gives the token."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Unpack

from fastapi import Depends, FastAPI, Request
from fastapi.security import HTTPBearer

from yett_guard import guard as core
from yett_guard.claims import Token
from yett_guard.refusal import Refusal
from yett_guard.requirement import Need, Requirement
from yett_guard.starlette import answered, authorization

__all__ = ["Guard"]

# For the API's description alone: the guard reads the header itself.
_DESCRIBED = HTTPBearer(auto_error=False, bearerFormat="JWT")


class Guard(core.Guard):
    """A guard that speaks FastAPI."""

    def install(self, app: FastAPI) -> None:
        """Answer refusals, wherever they are raised."""
        app.add_exception_handler(Refusal, answered)

    def require(self, need: Requirement | Callable[..., Any] | None = None, **said: Unpack[Need]) -> Callable[..., Awaitable[Token]]:
        """A dependency: the token, if it is enough.

        `need` may be a dependency itself, which gives the requirement of this request: by the value of a transfer, say.
        """
        wanted = self.needed(need, said)
        if not isinstance(wanted, Requirement):

            async def verified(request: Request, _: Annotated[object, Depends(_DESCRIBED)]) -> Token:
                return await self.averify(authorization(request), request.scope)

            # In this order: nothing of a request is judged before its token.
            async def token_by_value(token: Annotated[Token, Depends(verified)], needed: Annotated[Requirement, Depends(wanted)]) -> Token:
                return await self.ademand(token, needed)

            return token_by_value

        async def token(request: Request, _: Annotated[object, Depends(_DESCRIBED)]) -> Token:
            return await self.acheck(authorization(request), wanted, request.scope)

        return token
