"""What a browser brings, and what it is answered: http matches on these."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import msgspec

from yett.domain.attempt import Attempt
from yett.domain.client import Client
from yett.domain.session import Grant
from yett.oauth.authorize import AuthorizationRequest
from yett.oauth.clients import trusts_address
from yett.oauth.response import FORM, MESSAGE, Reply

_decoded = msgspec.json.Decoder(AuthorizationRequest).decode


class Browser(NamedTuple):
    """What came with a request: cookie values, address, user agent, accepted languages. All of it is only claimed.

    `forwarded` is the address that a server says its own user has (auth0-forwarded-for): see `believed`.
    """

    holder: str = ""
    session: str = ""
    device: str = ""
    ip: str = ""
    user_agent: str = ""
    languages: str = ""
    forwarded: str = ""


class Choice(NamedTuple):
    """One way on: `value` is what a button sends back, `kind` the factor's, `name` what its owner called it."""

    value: str
    kind: str
    name: str = ""
    last_used: bool = False


class Wanted(NamedTuple):
    """What an application asks its person for: scopes with their descriptions ("": none), of an API or ("") of OpenID Connect."""

    api: str
    scopes: tuple[tuple[str, str], ...]


class Screen(NamedTuple):
    """Show this page. `error` is a message id of the page; `data` is what this screen needs. `opened`: an application holds the window.

    `elsewhere` is the name under which the account's keys work, where that is not ours.
    """

    name: str
    attempt: Attempt
    client_name: str
    locale: str
    reasons: tuple[str, ...] = ()
    account: str = ""
    data: Mapping[str, object] = {}
    error: str = ""
    opened: bool = False
    elsewhere: str = ""
    purpose: str = ""
    """What would be approved, in words."""
    scopes: tuple[str, ...] = ()
    """What the application asks for, in the words of its API."""


class Go(NamedTuple):
    """On to another of our own pages. `holder` is a new cookie value, where the browser had none."""

    screen: str
    state: str
    holder: str = ""
    opened: bool = False


class Leave(NamedTuple):
    """Back to the application, with new cookie values where a level was reached: to `url`, or by the page that passes on what is `told`."""

    url: str
    session: str = ""
    device: str = ""
    told: Reply | None = None
    client_name: str = ""
    locale: str = ""


class Stop(NamedTuple):
    """An error that is shown and never redirected. `error` is a code of oauth.errors."""

    error: str
    description: str = ""
    opened: bool = False


Step = Screen | Go | Leave | Stop


def left(reply: Reply, client_name: str = "", locale: str = "") -> Leave:
    """The way back to an application, with what it is told."""
    return Leave("", told=reply, client_name=client_name, locale=locale) if reply.mode in {FORM, MESSAGE} else Leave(reply.url)


def opened(step: Step, request: AuthorizationRequest) -> Step:
    """The step as it must be answered in a window that an application has opened and waits for: else it loses its hold of it."""
    return step if isinstance(step, Leave) or request.response_mode != MESSAGE else step._replace(opened=True)


def believed(client: Client, browser: Browser) -> Browser:
    """Whoever asks, with the address that its server gives; believed of an authenticated server that was allowed to say it, and of nobody else."""
    return browser._replace(ip=browser.forwarded) if browser.forwarded and trusts_address(client) else browser


def asked_by(kept: Attempt | Grant) -> AuthorizationRequest:
    """The request that it keeps."""
    return _request(kept.request)


# A token response asks five times what was asked for.
@lru_cache(maxsize=64)
def _request(kept: bytes) -> AuthorizationRequest:
    return _decoded(kept)
