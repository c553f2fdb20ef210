"""Clients that sign: their own key, for us, for a moment, once, wherever a client is to be proven (RFC 7523; OIDC Core 9)."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from tests.assertions import ALGS, fields, pem, private, signed
from tests.world import API, BACK, ISSUER, MFA_OTP, REALM, VERIFIER, World, claims, world
from yett.adapters.keys.assertions import AssertionKeys
from yett.domain.client import Client, Credential
from yett.flows.mint import digest

NAMES = count()
REFUSED = (401, {"error": "invalid_client", "error_description": "Unauthorized"})


def credential(alg: str = "RS256", which: int = 0, **change: Any) -> Credential:
    key = AssertionKeys().read(pem(private(alg, which)), alg)
    return Credential(f"cred_{alg}_{which}", key.thumbprint, alg, key.jwk, used=True)._replace(**change)


async def shop(w: World, *held: Credential, **change: Any) -> Client:
    """The web shop as its keys authenticate it; the secret that it had is still in the store."""
    web: Client = (await w.store.catalogue()).clients["web"]
    web = web._replace(auth_method="private_key_jwt", credentials=held or (credential(),), **change)
    await w.store.configure((web,), (), ())
    return web


def said(w: World, **change: Any) -> dict[str, Any]:
    now = w.clock.now
    good = {"iss": "web", "sub": "web", "aud": ISSUER, "iat": now, "exp": now + 120, "jti": f"j{next(NAMES)}", **change}
    return {name: value for name, value in good.items() if value is not None}


def assertion(w: World, alg: str = "RS256", which: int = 0, *, header: dict[str, Any] | None = None, **change: Any) -> str:
    return signed(private(alg, which), alg, said(w, **change), header)


async def by_password(w: World, token: str, **more: str) -> tuple[int, Any]:
    """The simplest of requests: a person's password for tokens."""
    asked = {"grant_type": REALM, "username": "ada@example.test", "password": "secret of ada", "scope": "openid"}
    return await w.post("/oauth/token", {**asked, **fields(token, **more)})


@pytest.mark.parametrize("alg", ALGS)
async def test_a_client_authenticates_itself_by_its_key(alg: str) -> None:
    async with world() as w:
        await w.person()
        await shop(w, credential(alg))
        status, answer = await by_password(w, assertion(w, alg))
        assert (status, claims(answer["id_token"])["aud"]) == (200, "web")


async def test_it_does_so_at_every_endpoint_that_wants_it_proven() -> None:
    async with world() as w:
        await w.person()
        await shop(w)
        page = await w.login(w.browser(), scope="openid offline_access read:accounts", audience=API)
        asked = {"grant_type": "authorization_code", "code": page.query["code"], "redirect_uri": BACK, "code_verifier": VERIFIER}
        status, answer = await w.post("/oauth/token", {**asked, **fields(assertion(w), client_id="web")})
        assert status == 200
        status, told = await w.post("/oauth/introspect", {"token": answer["access_token"], **fields(assertion(w))})
        assert (status, told["active"]) == (200, True)
        status, answer = await w.post("/oauth/token", {"grant_type": "refresh_token", "refresh_token": answer["refresh_token"], **fields(assertion(w))})
        assert status == 200
        assert await w.post("/oauth/revoke", {"token": answer["refresh_token"], **fields(assertion(w))}) == (200, None)
        status, told = await w.post("/oauth/introspect", {"token": answer["access_token"], **fields(assertion(w))})
        assert (status, told) == (200, {"active": False})
        await w.configure(policies=("all-applications",))
        status, told = await by_password(w, assertion(w))
        assert (status, told["error"]) == (403, "mfa_required")
        challenged = await w.post("/mfa/challenge", {"mfa_token": told["mfa_token"], "challenge_type": "otp", **fields(assertion(w))}, as_json=True)
        assert challenged == (200, {"challenge_type": "otp"})
        status, answer = await w.post("/oauth/token", {"grant_type": MFA_OTP, "mfa_token": told["mfa_token"], "otp": w.code(), **fields(assertion(w))})
        assert status == 200
        await w.configure(policies=(), passwordless=("email",))
        assert (await w.post("/passwordless/start", {"connection": "email", "email": "ada@example.test", **fields(assertion(w))}, as_json=True))[0] == 200


async def test_an_assertion_is_shown_once_even_at_another_endpoint() -> None:
    async with world() as w:
        await w.person()
        await shop(w)
        token = assertion(w)
        assert (await by_password(w, token))[0] == 200
        assert await by_password(w, token) == REFUSED
        assert await w.post("/oauth/introspect", {"token": "x", **fields(token)}) == REFUSED
        w.clock.now += 119
        assert await by_password(w, token) == REFUSED


async def test_of_fifty_who_show_one_assertion_at_once_one_is_believed() -> None:
    async with world() as w:
        await shop(w)
        token = assertion(w)
        answers = await asyncio.gather(*(w.post("/oauth/introspect", {"token": "x", **fields(token)}) for _ in range(50)))
        assert sorted(status for status, _ in answers) == [200] + [401] * 49


async def test_the_same_name_of_another_client_is_another_assertion() -> None:
    async with world() as w:
        await shop(w)
        other = (await w.store.catalogue()).clients["other"]
        await w.store.configure((other._replace(auth_method="private_key_jwt", credentials=(credential("ES256"),)),), (), ())
        assert (await w.post("/oauth/introspect", {"token": "x", **fields(assertion(w, jti="one"))}))[0] == 200
        assert (await w.post("/oauth/introspect", {"token": "x", **fields(assertion(w, "ES256", jti="one", iss="other", sub="other"))}))[0] == 200


async def test_what_was_refused_is_not_used_up() -> None:
    async with world() as w:
        await w.person()
        web = await shop(w)
        await shop(w, grant_types=("authorization_code",))
        token = assertion(w)
        assert (await by_password(w, token))[1]["error"] == "unauthorized_client"
        await shop(w, grant_types=web.grant_types)
        assert (await by_password(w, token))[0] == 200


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "https://evil.test/"},
        {"aud": [ISSUER, "https://evil.test/"]},
        {"aud": ISSUER.rstrip("/")},
        {"aud": None},
        {"iss": "other"},
        {"sub": "other"},
        {"sub": None},
        {"exp": None},
        {"exp": 0},
        {"exp": 9_999_999_999},
        {"jti": None},
        {"iat": 9_999_999_999},
    ],
)
async def test_a_bent_claim_is_refused_in_words_that_say_nothing(change: dict[str, Any]) -> None:
    async with world() as w:
        await w.person()
        await shop(w)
        assert await by_password(w, assertion(w, **change), client_id="web") == REFUSED


async def test_no_other_method_stands_beside_it_and_none_takes_its_place() -> None:
    """Whoever has a key does not get in by the secret that they had before."""
    async with world() as w:
        await w.person()
        await shop(w)
        basic = "Basic " + base64.b64encode(b"web:web's secret").decode()
        for given, header in ((fields(assertion(w), client_secret="web's secret"), ""), (fields(assertion(w)), basic)):
            status, answer = await w.post("/oauth/introspect", {"token": "x", **given}, authorization=header)
            assert (status, answer["error"]) == (400, "invalid_request")
        for given, header in (({"client_id": "web", "client_secret": "web's secret"}, ""), ({}, basic), ({"client_id": "web"}, "")):
            assert (await w.post("/oauth/introspect", {"token": "x", **given}, authorization=header))[0] == 401
        assert await w.post("/oauth/introspect", {"token": "x", **fields(assertion(w), client_id="other")}) == REFUSED
        odd = {**fields(assertion(w)), "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}
        assert await w.post("/oauth/introspect", {"token": "x", **odd}) == REFUSED


async def test_a_client_with_a_secret_or_with_nothing_cannot_sign() -> None:
    async with world() as w:
        held = (credential(),)
        known = (await w.store.catalogue()).clients
        await w.store.configure([known[name]._replace(credentials=held) for name in ("web", "spa")], (), ())
        assert await w.post("/oauth/introspect", {"token": "x", **fields(assertion(w))}) == REFUSED
        assert await w.post("/oauth/introspect", {"token": "x", **fields(assertion(w, iss="spa", sub="spa"))}) == REFUSED
        assert await w.post("/oauth/introspect", {"token": "x", **fields(assertion(w, iss="no", sub="no"))}) == REFUSED


def hs256(w: World, secret: bytes) -> str:
    """The classic: a public key, or the client's secret, taken for the secret of a MAC."""
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "HS256", "typ": "JWT"}, said(w)))
    mac = base64.urlsafe_b64encode(hmac.digest(secret, head + b"." + body, hashlib.sha256)).rstrip(b"=")
    return (head + b"." + body + b"." + mac).decode()


def unsigned(w: World) -> str:
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "none"}, said(w)))
    return (head + b"." + body + b".").decode()


FORGED: dict[str, Callable[[World], str]] = {
    "another key": lambda w: assertion(w, which=1),
    "another key that it brings along": lambda w: assertion(w, which=1, header={"jwk": {"kty": "RSA"}, "jku": "https://evil.test/jwks"}),
    "another algorithm of the same key": lambda w: assertion(w, "RS384"),
    "another padding of the same key": lambda w: assertion(w, "PS256"),
    "an algorithm that its header does not name": lambda w: assertion(w, "PS256", header={"alg": "RS256"}),
    "a kid of nobody": lambda w: assertion(w, header={"kid": "../../etc/passwd"}),
    "a kid of another client": lambda w: assertion(w, "ES256", header={"kid": credential("ES256").kid}),
    "a kid of ours": lambda w: assertion(w, header={"kid": "x' OR 1=1 --"}),
    "a DPoP proof": lambda w: assertion(w, header={"typ": "dpop+jwt"}),
    "a request object": lambda w: assertion(w, header={"typ": "oauth-authz-req+jwt"}),
    "a logout token": lambda w: assertion(w, header={"typ": "logout+jwt"}),
    "an access token": lambda w: assertion(w, header={"typ": "at+jwt"}),
    "a critical extension": lambda w: assertion(w, header={"crit": ["b64"], "b64": False}),
    "no algorithm": unsigned,
    "a MAC under the public key": lambda w: hs256(w, pem(private("RS256")).encode()),
    "a MAC under the client's secret": lambda w: hs256(w, b"web's secret"),
    "a MAC under the secret's digest": lambda w: hs256(w, digest("web's secret")),
    "a list": lambda w: signed(private("RS256"), "RS256", [said(w)]),
    "no JWT": lambda _: "x",
    "junk": lambda _: "a.b.c",
    "too long": lambda w: assertion(w, padding="x" * 9000),
    "bytes beyond ASCII": lambda w: assertion(w) + "é",
}


@pytest.mark.parametrize("forged", FORGED)
async def test_row_19_nothing_but_its_own_key_and_algorithm_speaks_for_a_client(forged: str) -> None:
    async with world() as w:
        await shop(w)
        other = (await w.store.catalogue()).clients["other"]
        await w.store.configure((other._replace(auth_method="private_key_jwt", credentials=(credential("ES256"),)),), (), ())
        for more in ({}, {"client_id": "web"}):
            assert await w.post("/oauth/introspect", {"token": "x", **fields(FORGED[forged](w), **more)}) == REFUSED
        assert (await w.post("/oauth/introspect", {"token": "x", **fields(assertion(w))}))[0] == 200


async def test_row_19_our_own_tokens_are_no_assertions() -> None:
    async with world() as w:
        await w.person()
        _, answer = await w.exchange(await w.login(w.browser(), scope="openid read:accounts", audience=API))
        await shop(w)
        for token in (answer["id_token"], answer["access_token"]):
            assert await w.post("/oauth/introspect", {"token": "x", **fields(token, client_id="web")}) == REFUSED
        status, told = await w.post("/oauth/introspect", {"token": assertion(w), **fields(assertion(w))})
        assert (status, told) == (200, {"active": False}), "and an assertion is no token"


async def test_a_credential_counts_while_it_is_used_and_not_over() -> None:
    async with world() as w:
        for change, status in (({}, 200), ({"used": False}, 401), ({"expires_at": w.clock.now}, 401), ({"expires_at": w.clock.now + 1}, 200)):
            await shop(w, credential(**change))
            assert (await w.post("/oauth/introspect", {"token": "x", **fields(assertion(w))}))[0] == status


async def test_keys_are_rotated_with_both_in_use_and_a_kid_says_which() -> None:
    async with world() as w:
        await shop(w, credential(), credential(which=1), credential("ES256"))
        for alg, which in (("RS256", 0), ("RS256", 1), ("ES256", 0)):
            for header in ({}, {"kid": credential(alg, which).kid}, {"typ": None}, {"typ": "client-authentication+jwt"}):
                assert (await w.post("/oauth/introspect", {"token": "x", **fields(assertion(w, alg, which, header=header))}))[0] == 200
        mixed = assertion(w, which=1, header={"kid": credential().kid})
        assert await w.post("/oauth/introspect", {"token": "x", **fields(mixed)}) == REFUSED
