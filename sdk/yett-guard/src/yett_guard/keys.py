"""The server's keys: kept for a while, fetched again when an unknown one is named, never by two at once, never often."""

import logging
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple

from yett_guard.acr import BUILT_IN, Implies, table
from yett_guard.jws import Key, json_object, key_of
from yett_guard.refusal import invalid_token, unavailable
from yett_guard.settings import Settings, safe
from yett_guard.web import Unreachable, Web

# Seconds: keys are as good as new; are used while the server cannot be asked; are not asked for again, whoever names
# unknown ones; are not asked for again after a failure.
FRESH, KEPT, PAUSE, RETRY = 300.0, 3600.0, 30.0, 5.0
PATIENCE, MOST = 15.0, 64

log = logging.getLogger("yett_guard")

# A step is something to wait for, or something to do that may take a while; a story tells what becomes of it.
Step = Future[None] | Callable[[], Any]


class Known(NamedTuple):
    """What the server said of itself."""

    keys: Mapping[str, Key]
    implies: Implies = BUILT_IN
    introspection: str = ""


def ask(web: Web, settings: Settings) -> Known:
    """Discovery (OIDC Discovery 4, RFC 8414, 3) and JWKS, now. Raises Unreachable for what is not the issuer's, or no JWKS."""
    issuer = settings.issuer
    said = json_object(web.get(f"{issuer}.well-known/openid-configuration"))
    if said is None or said.get("issuer") != issuer:
        raise Unreachable(f"the discovery document is not that of {issuer}")
    jwks_uri, introspection = said.get("jwks_uri"), said.get("introspection_endpoint", "")
    if not (isinstance(jwks_uri, str) and safe(jwks_uri)) or not (isinstance(introspection, str) and (not introspection or safe(introspection))):
        raise Unreachable("the discovery document names places that are not safe")
    served = json_object(web.get(jwks_uri)) or {}
    found = served.get("keys")
    if not isinstance(found, list):
        raise Unreachable(f"{jwks_uri} is no JWKS")
    named = [(one["kid"], key_of(one)) for one in found[:MOST] if isinstance(one, dict) and isinstance(one.get("kid"), str)]
    keys = {kid: key for kid, key in reversed(named) if key is not None and key.alg in settings.algorithms}
    return Known(keys, table(said.get("acr_values_implied")), introspection)


class Keys:
    """The keys of one server. `monotonic` counts seconds."""

    def __init__(self, fetch: Callable[[], Known], monotonic: Callable[[], float]) -> None:
        self._fetch, self._monotonic = fetch, monotonic
        self._lock = threading.Lock()
        self._known: Known | None = None
        self._at = self._not_before = float("-inf")
        self._flight: Future[None] | None = None

    def named(self, kid: str) -> Generator[Step, Any, tuple[Key, Known]]:
        """The key of this name, and what else the server said. Raises Refusal."""
        if self._known is None or kid not in self._known.keys or self._age() > FRESH:
            flight = self._take_off()
            if flight is not None:
                yield flight
        known = self.known()
        key = known.keys.get(kid)
        if key is None:
            raise invalid_token("It is signed by no key of the issuer.")
        return key, known

    def known(self) -> Known:
        """What is known, though it may be a while old. Raises Refusal (503) when that is too long."""
        if self._known is None or self._age() > KEPT:
            raise unavailable()
        return self._known

    def _age(self) -> float:
        return self._monotonic() - self._at

    def _take_off(self) -> Future[None] | None:
        """The one fetch that is under way, or a new one; None: it is too early to ask again."""
        with self._lock:
            if self._flight is None and self._monotonic() >= self._not_before:
                flight: Future[None] = Future()
                self._flight = flight
                # Whoever stops waiting must not call it off for all the others.
                flight.set_running_or_notify_cancel()
                threading.Thread(target=self._fly, args=(flight,), name="yett-guard-keys", daemon=True).start()
            return self._flight

    def _fly(self, flight: Future[None]) -> None:
        found: Known | None = None
        try:
            found = self._fetch()
        except Unreachable as fault:
            log.warning("the keys cannot be fetched: %s", fault)
        except Exception:
            log.exception("the keys cannot be fetched")
        with self._lock:
            now = self._monotonic()
            if found is not None:
                self._known, self._at = found, now
            self._not_before = now + (RETRY if found is None else PAUSE)
            self._flight = None
        flight.set_result(None)
