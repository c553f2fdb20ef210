"""What tokens say (OIDC Core 2 and 5.1, RFC 9068): facts of the grant, the same at every refresh."""

from collections.abc import Iterable, Sequence

from yett.domain import assurance
from yett.domain.account import Account
from yett.domain.client import Api, Client
from yett.domain.requirement import ONE_USE_LIVES, RESOURCE_FIRST, SOURCES, Clause, Requirement
from yett.domain.session import Grant
from yett.oauth import errors, person
from yett.oauth.person import Said
from yett.oauth.scopes import OPENID

OF_TOKEN = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid")
# In an access token: it is good for one use, and whoever accepts it has it consumed by introspection first.
ONE_USE = "one_use"
SUPPORTED = (*OF_TOKEN, *person.OF_CLAIM)


def typ(api: Api) -> str:
    """The typ of this API's access tokens; `JWT` is an ID token's as well, so whoever verifies pins aud besides."""
    return "at+jwt" if api.token_dialect.startswith("rfc9068_profile") else "JWT"


def id_token(
    issuer: str,
    grant: Grant,
    client: Client,
    account: Account,
    profile: Said,
    scope: Sequence[str],
    nonce: str,
    now: int,
    named: Sequence[str] = (),
) -> dict[str, object]:
    """Claims of an ID token, `named` ones too. It speaks of the event that the grant came from, however late it is made."""
    said: dict[str, object] = {
        "iss": issuer,
        "sub": grant.account,
        "aud": client.id,
        "iat": now,
        "exp": now + client.id_token_lifetime,
        **authentication(grant, SOURCES),
        **person.about(account, profile, scope, named),
    }
    if nonce:
        said["nonce"] = nonce
    if grant.session:
        said["sid"] = grant.session
    return said


def access_token(
    issuer: str, grant: Grant, client: Client, api: Api, scope: Sequence[str], jti: str, now: int, lifetime: int, held: frozenset[str] | None = None
) -> dict[str, object]:
    """Claims of an access token for an API; with openid it is good at our userinfo as well. `held` are the person's permissions there."""
    return {
        "iss": issuer,
        "sub": grant.account,
        "aud": [api.identifier, issuer + "userinfo"] if OPENID in scope else api.identifier,
        "iat": now,
        "exp": now + lifetime,
        "azp": client.id,
        "client_id": client.id,
        "scope": " ".join(scope),
        "jti": jti,
        **authentication(grant, RESOURCE_FIRST),
        **_permissions(api, scope, held),
        **({ONE_USE: True} if api.once(scope) else {}),
    }


def machine_token(issuer: str, client: Client, api: Api, scope: Sequence[str], jti: str, now: int) -> dict[str, object]:
    """Claims of a token for the client itself: nobody was authenticated, so it says nothing of that."""
    return {
        "iss": issuer,
        "sub": f"{client.id}@clients",
        "aud": api.identifier,
        "iat": now,
        "exp": now + api.token_lifetime,
        "azp": client.id,
        "client_id": client.id,
        "gty": "client-credentials",
        "scope": " ".join(scope),
        "jti": jti,
        **_permissions(api, scope, frozenset(scope) if api.enforce_policies else None),
    }


def userinfo(account: Account, profile: Said, scope: Sequence[str], named: Sequence[str] = ()) -> dict[str, object]:
    """Claims about an account, `named` ones too (OIDC Core 5.3). Raises OAuthError for a token without openid."""
    if OPENID not in scope:
        raise errors.insufficient_scope(OPENID)
    return {"sub": account.id, **person.about(account, profile, scope, named)}


def access_lifetime(grant: Grant, scope: Sequence[str], client: Client, api: Api, now: int) -> int:
    """Seconds that an access token lives: no longer than its grant, nor than the acr lifetime of any of its scopes."""
    own = api.token_lifetime_for_web if client.app_type == "spa" else api.token_lifetime
    own = ONE_USE_LIVES if api.once(scope) else own
    since = now - auth_time(grant)
    lifetimes = (demand.lifetime - since for demand in api.demands(scope) if demand.lifetime is not None)
    return max(0, min(own, grant.ends_at - now, *lifetimes))


def lapsed(grant: Grant, scope: Sequence[str], api: Api | None, now: int) -> tuple[str, ...]:
    """The scopes that a refreshed token can no longer carry: their acr lifetime is over, or they were for one use."""
    if api is None:
        return ()
    since = now - auth_time(grant)
    if api.requirement is not None and _over(api.requirement, since):
        return tuple(name for name in scope if name in api.scopes)
    return tuple(name for name in scope if name in api.scope_requirements and _over(api.scope_requirements[name], since))


def auth_time(grant: Grant) -> int:
    """When the oldest attempt that contributed to the grant was complete."""
    return min(proof.completed_at for proof in grant.proofs)


def judge_access(said: Said | None, issuer: str, audience: str, now: int) -> tuple[str, ...]:
    """The scopes of a JWT access token that one of our keys signed. Raises OAuthError unless it was made for `audience`.

    An ID token shares keys, issuer and typ with it: it has no client_id, has a nonce, and is made for a client.
    """
    if said is None or said.get("iss") != issuer or audience not in audiences(said) or "nonce" in said or not _complete(said):
        raise _invalid()
    expires_at, scope = said.get("exp"), said.get("scope")
    if not isinstance(expires_at, int) or expires_at <= now or not isinstance(scope, str):
        raise _invalid()
    return tuple(scope.split())


def _complete(said: Said) -> bool:
    return all(isinstance(said.get(name), str) and said[name] for name in ("sub", "client_id", "jti"))


def audiences(said: Said) -> Sequence[object]:
    """For whom a token was made; none: for nobody."""
    aud = said.get("aud")
    return aud if isinstance(aud, (list, tuple)) else (aud,)


def _invalid() -> errors.OAuthError:
    return errors.invalid_token("The access token is invalid or has expired.")


def authentication(grant: Grant, order: Sequence[str] = SOURCES) -> dict[str, object]:
    """acr, amr and auth_time of the grant's own counted set; acr is absent where nothing can be said."""
    held = assurance.claims(grant.proofs, _asked(grant.wants, order))
    said: dict[str, object] = {"auth_time": held.auth_time, "amr": list(held.amr)}
    return {**said, "acr": held.acr} if held.acr else said


def _asked(clauses: Iterable[Clause], order: Sequence[str]) -> list[str]:
    """The values asked for, source by source; a source that the order does not name comes last."""
    place = {source: index for index, source in enumerate(order)}
    by_source = sorted(clauses, key=lambda clause: place.get(clause.source, len(order)))
    return [acr for clause in by_source for acr in clause.acrs]


def _permissions(api: Api, scope: Sequence[str], held: frozenset[str] | None) -> dict[str, object]:
    """The permissions claim, where the API wants one. What demands a proof of its own is named only in a token that has that scope.

    Else whoever looks at permissions alone would take a login with a password for the step-up that the scope demands.
    """
    if held is None or not api.token_dialect.endswith("_authz"):
        return {}
    return {"permissions": sorted(name for name in held.intersection(api.scopes) if name in scope or name not in api.scope_requirements)}


def _over(demand: Requirement, since: int) -> bool:
    return demand.one_use or (demand.lifetime is not None and since >= demand.lifetime)
