"""Tokens are signed as their client and their API want it, and whoever reads them by another library agrees."""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.world import API, ISSUER, World, claims, world
from yett.adapters.keys.signer import JoseSigner

ALGS = ("PS256", "ES256", "Ed25519", "EdDSA")


async def issued(w: World, alg: str) -> dict[str, Any]:
    """Ada's tokens for a client and an API that want this algorithm."""
    catalogue = await w.store.catalogue()
    client, api = catalogue.clients["web"]._replace(id_token_alg=alg), catalogue.apis[API]._replace(signing_alg=alg, token_dialect="rfc9068_profile")
    await w.store.configure((client, api, JoseSigner().new_key(alg, w.clock.now, "current")), (), ())
    await w.person()
    _, answer = await w.exchange(await w.login(w.browser(), scope="openid offline_access read:accounts", audience=API))
    return dict(answer)


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read(token: str, keys: dict[str, Any], audience: str) -> dict[str, Any]:
    """By PyJWT, which does not know EdDSA's newer name (RFC 9864): there by `cryptography`. Its clock is not ours."""
    header = jwt.get_unverified_header(token)
    (key,) = (one for one in keys["keys"] if one["kid"] == header["kid"])
    assert (key["alg"], key["use"]) == (header["alg"], "sig")
    if header["alg"] == "Ed25519":
        message, _, signature = token.rpartition(".")
        ed25519.Ed25519PublicKey.from_public_bytes(raw(key["x"])).verify(raw(signature), message.encode())
        return claims(token)
    options: Any = {"verify_exp": False, "verify_iat": False}
    return jwt.decode(token, jwt.PyJWK(key), algorithms=[key["alg"]], audience=audience, issuer=ISSUER, options=options)


@pytest.mark.parametrize("alg", ALGS)
async def test_id_and_access_tokens_are_signed_as_client_and_api_want_it(alg: str) -> None:
    async with world() as w:
        answer = await issued(w, alg)
        _, keys = await w.get("/.well-known/jwks.json")
        assert read(answer["id_token"], keys, "web")["sub"] == "auth0|ada"
        assert read(answer["access_token"], keys, API)["client_id"] == "web"
        assert [jwt.get_unverified_header(answer[name])["typ"] for name in ("id_token", "access_token")] == ["JWT", "at+jwt"]
        _, document = await w.get("/.well-known/openid-configuration")
        assert alg in document["id_token_signing_alg_values_supported"]
        assert (await w.get("/userinfo", authorization=f"Bearer {answer['access_token']}"))[0] == 200
        _, told = await w.post("/oauth/introspect", {"client_id": "bank", "client_secret": "bank's secret", "token": answer["access_token"]})
        assert told["active"]


@pytest.mark.parametrize("alg", ALGS)
async def test_row_19_a_key_signs_by_its_own_algorithm_alone(alg: str) -> None:
    async with world() as w:
        token = (await issued(w, alg))["access_token"]
        head, rest = token.split(".", 1)
        for other in ("RS256", "PS256", "ES256", "Ed25519", "EdDSA", "HS256", "none"):
            bent = base64.urlsafe_b64encode(json.dumps({**json.loads(raw(head)), "alg": other}).encode()).rstrip(b"=").decode()
            if other != alg:
                assert (await w.get("/userinfo", authorization=f"Bearer {bent}.{rest}"))[0] == 401


async def test_a_key_that_signs_no_longer_still_vouches_for_what_it_signed_until_it_is_revoked() -> None:
    async with world() as w:
        token = (await issued(w, "EdDSA"))["access_token"]
        old = next(one for one in (await w.store.catalogue()).keys if one.alg == "EdDSA")
        await w.store.configure((old._replace(use="previous"), JoseSigner().new_key("EdDSA", w.clock.now, "current")), (), ())
        assert (await w.get("/userinfo", authorization=f"Bearer {token}"))[0] == 200
        await w.store.configure((old._replace(use="revoked"),), (), ())
        assert (await w.get("/userinfo", authorization=f"Bearer {token}"))[0] == 401
        assert old.kid not in json.dumps((await w.get("/.well-known/jwks.json"))[1])
