"""Consent: what an application may have only once its person has said so (RFC 6749, 1.3; OIDC Core 3.1.2.4)."""

from collections.abc import Iterable, Mapping, Sequence

from yett.domain.client import Api, Client
from yett.domain.consent import Consent
from yett.oauth import scopes
from yett.oauth.authorize import AuthorizationRequest
from yett.oauth.person import OF_CLAIM

# Scopes by the API that they are of; those of OpenID Connect are of none ("").
Asked = Mapping[str, tuple[str, ...]]


def needed(scope: Sequence[str], claims: Sequence[str], client: Client, api: Api | None, *, everything: bool = False) -> Asked:
    """What wants consent: all that somebody else's application asks for; of an own one what an API wants it for.

    `claims` are those that are asked for by name: they want what the scope wants that they belong to.
    """
    theirs = everything or not client.first_party
    if not theirs and (api is None or api.skip_consent):
        return {}
    own = tuple(name for name in scope if name in scopes.OIDC and name != scopes.OFFLINE)
    named = tuple(dict.fromkeys(OF_CLAIM[name] for name in claims if name in OF_CLAIM))
    people = {"": (*own, *(name for name in named if name not in own))} if theirs else {}
    rest = tuple(name for name in scope if name not in own)
    return {"": (*people[""], *rest)} if api is None else {**people, api.identifier: rest}


def without_asking(request: AuthorizationRequest, client: Client, api: Api | None) -> Asked:
    """What of a request is given only where it was agreed to before."""
    return _of(request, client, api, everything=False)


def to_ask(request: AuthorizationRequest, client: Client, api: Api | None, held: Iterable[Consent]) -> Asked:
    """What its person is to be asked for: what they have not agreed to yet; with prompt=consent all of it again."""
    anew = "consent" in request.prompt
    wanted = _of(request, client, api, everything=anew)
    return wanted if anew else lacking(wanted, held)


def _of(request: AuthorizationRequest, client: Client, api: Api | None, *, everything: bool) -> Asked:
    return needed(request.scope, (*request.id_token_claims, *request.userinfo_claims), client, api, everything=everything)


def lacking(wanted: Asked, held: Iterable[Consent]) -> Asked:
    """What of it nobody has agreed to yet; an API is named even where it is asked for without a scope."""
    had = {one.audience: one.scope for one in held}
    missing = {audience: tuple(name for name in names if name not in had.get(audience, ())) for audience, names in wanted.items()}
    return {audience: names for audience, names in missing.items() if names or audience not in had}


def together(asked: Asked, held: Iterable[Consent]) -> Asked:
    """What somebody has agreed to who agrees to this as well."""
    had = {one.audience: one.scope for one in held}
    return {audience: tuple(dict.fromkeys((*had.get(audience, ()), *names))) for audience, names in asked.items()}
