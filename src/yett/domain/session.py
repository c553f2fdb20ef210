"""What outlives an attempt: sessions, devices, grants and tokens."""

from typing import Literal, NamedTuple

from yett.domain.consent import Consent
from yett.domain.proof import Proof
from yett.domain.requirement import Clause


class Session(NamedTuple):
    """Proofs remembered for a browser. `id` and `old` are digests of cookie values.

    The id before stays good until `old_until`, at the level that it had (`old_proofs`): two tabs, or a silent iframe,
    are no theft. `sid` stays the same over all ids: it names the session to applications. `ip` and `name` (what the browser
    calls itself) are those of the login that it began with: its owner knows it by them. `device` is the remembered browser
    whose key has signed in it.
    """

    id: bytes
    sid: str
    account: str
    proofs: tuple[Proof, ...]
    created_at: int
    idle_at: int
    ends_at: int
    old: bytes | None = None
    old_until: int = 0
    old_proofs: tuple[Proof, ...] = ()
    ip: str = ""
    name: str = ""
    device: str = ""


class Device(NamedTuple):
    """A browser that we know: one record for remembering, for the known-device lane and for risk.

    `token` and `old` are digests of cookie values; the token rotates at every use and its predecessor is good until
    `old_until`. `remembered_until` is 0 where the browser is known but not remembered; `security_version` is the
    account's at that time, so that a change of password or factor voids it. `name` is what the browser calls itself. `key` is
    public, of a pair that never leaves the browser: where there is one, the cookie alone is worth nothing.
    """

    id: str
    token: bytes
    account: str
    created_at: int
    used_at: int
    remembered_until: int = 0
    idle_until: int = 0
    security_version: int = 0
    old: bytes | None = None
    old_until: int = 0
    name: str = ""
    key: bytes | None = None


class Grant(NamedTuple):
    """What a token family rests on. Its proofs are the counted set of the event that it came from, for good."""

    id: str
    account: str
    client: str
    created_at: int
    ends_at: int
    proofs: tuple[Proof, ...]
    wants: tuple[Clause, ...]
    waivers: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()
    audience: str | None = None
    session: str | None = None
    request: bytes = b"{}"
    transaction: bytes | None = None
    revoked_at: int | None = None


class Token(NamedTuple):
    """A token that we keep, as the digest of its value: an authorization code, a refresh or an opaque access token, or a pass.

    A pass is the cookie of a protected host (forward authentication).
    """

    digest: bytes
    kind: Literal["code", "refresh", "access", "pass"]
    grant: str
    expires_at: int
    scope: tuple[str, ...] = ()
    used_at: int | None = None


class Ending(NamedTuple):
    """A session that has ended, and an application that rested on it. `why` is one of Auth0's initiators of a logout."""

    sid: str
    client: str
    account: str
    why: str
    at: int


class Conclusion(NamedTuple):
    """What the end of an attempt leaves behind, in the commit that ends it.

    `raises` is the digest of the session that `session` replaces (same row, new id, new level). `device` with
    `device_raises` likewise. `grant` comes with its `tokens`. `consents` are what was agreed to, with what was before; `extends` are
    those before, as they were seen.
    """

    session: Session | None = None
    raises: bytes | None = None
    device: Device | None = None
    device_raises: bytes | None = None
    grant: Grant | None = None
    tokens: tuple[Token, ...] = ()
    consents: tuple[Consent, ...] = ()
    extends: tuple[Consent, ...] = ()
