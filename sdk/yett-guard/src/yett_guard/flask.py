"""Flask: `@guard.require(...)` on a view, async or not; the token is `flask.g.token`."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, Unpack

from flask import Flask, Request, Response, current_app, g, jsonify, request

from yett_guard import guard as core
from yett_guard.refusal import Refusal
from yett_guard.requirement import Need, Requirement

__all__ = ["Guard", "answer"]

ByValue = Requirement | Callable[[Request], Requirement]
View = TypeVar("View", bound=Callable[..., Any])


class Guard(core.Guard):
    """A guard that speaks Flask."""

    @functools.cached_property
    def _bare(self) -> set[Any]:
        """Views as they are without their guard."""
        return set()

    def install(self, app: Flask) -> None:
        """Answer refusals that are raised within views; and no view is called around its guard."""
        app.register_error_handler(Refusal, answer)
        app.before_request(self._not_around)

    def _not_around(self) -> None:
        """A guard above `@app.route` guards what nobody calls: Flask was given the view without it."""
        if current_app.view_functions.get(request.endpoint or "") in self._bare:
            raise RuntimeError(f"{request.endpoint} is not guarded: @guard.require belongs below @app.route")

    def require(self, need: ByValue | None = None, **said: Unpack[Need]) -> Callable[[View], View]:
        """Let a view be called only with a token that is enough. It belongs below `@app.route`."""
        wanted: ByValue = self.needed(need, said)

        def decorate(view: View) -> View:
            self._bare.add(view)

            @functools.wraps(view)
            def guarded(*args: Any, **kwargs: Any) -> Any:
                try:
                    g.token = self.verify(request.headers.getlist("Authorization"), request.environ)
                    self.demand(g.token, wanted if isinstance(wanted, Requirement) else wanted(request))
                except Refusal as refused:
                    return answer(refused)
                return current_app.ensure_sync(view)(*args, **kwargs)

            return guarded  # type: ignore[return-value]

        return decorate


def answer(refused: Refusal) -> Response:
    """The refusal as a response."""
    response = jsonify(refused.body)
    response.status_code = refused.status
    response.headers.update(refused.headers)
    return response
