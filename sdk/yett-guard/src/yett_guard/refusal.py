"""What an API answers instead (RFC 6750, 3; RFC 9470, 3): a status, a challenge, and a JSON body that a client can act on."""

import re
from collections.abc import Mapping
from typing import Any

STEP_UP = "insufficient_user_authentication"
# What may stand between the quotes of a challenge without being escaped (RFC 6750, 3), and so cannot end them or the line.
_UNSAFE = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")
_IN_HEADER = ("scope", "acr_values", "max_age")


class Refusal(Exception):
    """The request is refused. `needs` says what a token would have to be; `resource_metadata` where that is described (RFC 9728)."""

    def __init__(self, status: int, error: str, description: str, needs: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{error or 'no token'}: {description}")
        self.status, self.error, self.description = status, error, description
        self.needs: Mapping[str, Any] = needs or {}
        self.resource_metadata = ""

    @property
    def headers(self) -> dict[str, str]:
        """WWW-Authenticate, and that nobody keeps this answer."""
        kept = {"Cache-Control": "no-store"}
        if self.status not in {401, 403}:
            return {**kept, "Retry-After": "5"} if self.status == 503 else kept  # noqa: PLR2004  # the status that it belongs to
        said: dict[str, Any] = {"error": self.error, "error_description": self.description} if self.error else {}
        said |= {name: self.needs[name] for name in _IN_HEADER if name in self.needs}
        said |= {"resource_metadata": self.resource_metadata} if self.resource_metadata else {}
        return {"WWW-Authenticate": f"Bearer {', '.join(f'{name}={quoted(value)}' for name, value in said.items())}".strip(), **kept}

    @property
    def body(self) -> dict[str, Any]:
        """`error`, `error_description`, what is needed, and for a step-up `code: mfa_required`."""
        code = {"code": "mfa_required"} if self.error == STEP_UP else {}
        return {"error": self.error or "unauthorized", "error_description": self.description, **code, **self.needs}


def quoted(value: object) -> str:
    """A quoted-string (RFC 9110, 5.6.4) that needs no escapes: what would need one becomes a question mark."""
    return f'"{_UNSAFE.sub("?", str(value))}"'


def no_token() -> Refusal:
    """Nothing was said of who asks: no error code, for there is no error yet (RFC 6750, 3.1)."""
    return Refusal(401, "", "An access token is required.")


def invalid_request(why: str) -> Refusal:
    """The request itself is wrong."""
    return Refusal(400, "invalid_request", why)


def invalid_token(why: str) -> Refusal:
    """Not one of the server's access tokens, not for this API, or not now."""
    return Refusal(401, "invalid_token", why)


def insufficient_scope(needs: Mapping[str, Any]) -> Refusal:
    """Good, and for something else."""
    return Refusal(403, "insufficient_scope", "The access token has not the scope that this needs.", needs)


def step_up(why: str, needs: Mapping[str, Any]) -> Refusal:
    """Good, and of a login that is not enough for this (RFC 9470, 3)."""
    return Refusal(401, STEP_UP, why, needs)


def unavailable() -> Refusal:
    """Nobody can say whether it is good: so it is not."""
    return Refusal(503, "temporarily_unavailable", "The authorization server cannot be asked at the moment.")
