"""Django: `@guard.require(...)` on a view, async or not, and `yett_guard.django.Refusals` in MIDDLEWARE; the token is `request.token`."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, Unpack

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse, JsonResponse

from yett_guard import guard as core
from yett_guard.refusal import Refusal
from yett_guard.requirement import Need, Requirement

__all__ = ["Guard", "Refusals", "answer"]

ByValue = Requirement | Callable[[HttpRequest], Requirement]
View = TypeVar("View", bound=Callable[..., Any])


class Guard(core.Guard):
    """A guard that speaks Django."""

    def require(self, need: ByValue | None = None, **said: Unpack[Need]) -> Callable[[View], View]:
        """Let a view be called only with a token that is enough; for classes, by `method_decorator(..., name="dispatch")`.

        Such a view needs no CSRF token: a browser adds a cookie to a request that a stranger makes, but no bearer token.
        """
        wanted: ByValue = self.needed(need, said)

        def needed(request: HttpRequest) -> Requirement:
            return wanted if isinstance(wanted, Requirement) else wanted(request)

        def decorate(view: View) -> View:
            @functools.wraps(view)
            def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                try:
                    request.token = self.verify(authorization(request), request.META)
                    self.demand(request.token, needed(request))
                except Refusal as refused:
                    return answer(refused)
                return view(request, *args, **kwargs)

            @functools.wraps(view)
            async def guarded_async(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                try:
                    request.token = await self.averify(authorization(request), request.META)
                    await self.ademand(request.token, needed(request))
                except Refusal as refused:
                    return answer(refused)
                return await view(request, *args, **kwargs)

            chosen: Any = guarded_async if iscoroutinefunction(view) else guarded
            chosen.csrf_exempt = True
            return chosen  # type: ignore[no-any-return]

        return decorate


class Refusals:
    """Middleware: answers refusals that are raised within views."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        """Nothing of its own."""
        return self.get_response(request)

    def process_exception(self, _: HttpRequest, refused: Exception) -> HttpResponse | None:
        """Its answer, if it is a refusal."""
        return answer(refused) if isinstance(refused, Refusal) else None


def authorization(request: HttpRequest) -> list[str]:
    """The Authorization header; where there was more than one, they are joined, and so no token any more."""
    said = request.headers.get("Authorization")
    return [] if said is None else [said]


def answer(refused: Refusal) -> HttpResponse:
    """The refusal as a response."""
    return JsonResponse(refused.body, status=refused.status, headers=refused.headers)
