"""Keys by the MFA API: more than Auth0 offers, for applications that say so, and nothing that its own SDKs would stumble over."""

import asyncio
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from tests.core.factors.webauthn.authenticator import MODEL, UP, UV, Authenticator
from tests.flows.mfa import CREDENTIALS, associate, challenge, has, listed, required
from tests.flows.passkeys import GRANT, allow, given, kept, made, register, shown
from tests.flows.passkeys import challenge as passkey_challenge
from tests.flows.test_webauthn import key
from tests.world import API, REALM, World, claims, world
from yett.domain.model import Metadata, Model
from yett.domain.requirement import Requirement
from yett.flows.models import KEPT

WRONG = (403, {"error": "invalid_grant", "error_description": "Invalid authn_response."})


async def with_keys(w: World, *kinds: str, totp: bool = False) -> list[Authenticator]:
    await allow(w, policies=("all-applications",))
    await w.person(totp=totp)
    keys = [key(flags=UP | UV, id=f"{kind} {at}".encode()) for at, kind in enumerate(kinds)]
    await has(w, *(kept(by, kind) for by, kind in zip(keys, kinds, strict=True)))
    return keys


async def prove(w: World, mfa_token: str, answer: object, **more: str) -> tuple[int, Any]:
    body = {**CREDENTIALS, "grant_type": GRANT, "mfa_token": mfa_token, "authn_response": answer, **more}
    return await w.post("/oauth/token", body, as_json=True)


async def test_a_key_is_listed_asked_and_answered() -> None:
    async with world() as w:
        (own,) = await with_keys(w, "webauthn-roaming")
        told = await required(w)
        assert told["mfa_requirements"] == {"challenge": [{"type": "webauthn-roaming"}]}
        token = told["mfa_token"]
        (one,) = await listed(w, token)
        assert (one["type"], one["authenticator_type"], one["active"]) == ("webauthn-roaming", "webauthn-roaming", True)
        asked = await challenge(w, token, challenge_type="webauthn")
        assert (asked["challenge_type"], set(asked)) == ("webauthn", {"challenge_type", "authn_params_public_key"})
        assert [one["type"] for one in asked["authn_params_public_key"]["allowCredentials"]] == ["public-key"]
        status, tokens = await prove(w, token, shown(own, asked))
        assert (status, claims(tokens["id_token"])["amr"]) == (200, ["pwd", "pop", "user", "mfa"])
        assert (await prove(w, token, shown(own, asked)))[0] == 403


async def test_an_application_that_does_not_say_so_hears_nothing_of_keys() -> None:
    async with world() as w:
        await with_keys(w, "webauthn-roaming", totp=True)
        catalogue = await w.store.catalogue()
        web = catalogue.clients["web"]
        await w.store.configure((web._replace(grant_types=tuple(one for one in web.grant_types if one != GRANT)),), (), ())
        told = await required(w)
        assert told["mfa_requirements"] == {"challenge": [{"type": "otp"}]}
        assert [one["type"] for one in await listed(w, told["mfa_token"])] == ["otp"]
        status, said = await w.post("/mfa/challenge", {**CREDENTIALS, "mfa_token": told["mfa_token"], "challenge_type": "webauthn"}, as_json=True)
        assert (status, said["error"]) == (401, "unsupported_challenge_type")
        assert (await prove(w, told["mfa_token"], {}))[1]["error"] == "unauthorized_client"


async def test_whoever_does_not_ask_for_a_key_is_asked_what_auth0_would_ask() -> None:
    async with world() as w:
        await with_keys(w, "passkey", "webauthn-roaming", totp=True)
        token = (await required(w))["mfa_token"]
        assert await challenge(w, token) == {"challenge_type": "otp"}
        assert await challenge(w, token, challenge_type="otp oob") == {"challenge_type": "otp"}
        assert (await challenge(w, token, challenge_type="otp webauthn"))["challenge_type"] == "webauthn"


async def test_several_keys_are_asked_at_once_and_one_that_is_named_alone() -> None:
    async with world() as w:
        first, second = await with_keys(w, "webauthn-roaming", "webauthn-roaming")
        token = (await required(w))["mfa_token"]
        asked = await challenge(w, token, challenge_type="webauthn")
        assert len(asked["authn_params_public_key"]["allowCredentials"]) == 2
        named = kept(second, "webauthn-roaming").id
        asked = await challenge(w, token, authenticator_id=named)
        assert len(asked["authn_params_public_key"]["allowCredentials"]) == 1
        assert await prove(w, token, shown(first, asked)) == WRONG
        assert (await prove(w, token, shown(second, asked)))[0] == 200


async def test_row_28_an_answer_is_for_its_question_and_counts_once() -> None:
    async with world() as w:
        (own,) = await with_keys(w, "webauthn-roaming")
        token, other = (await required(w))["mfa_token"], (await required(w))["mfa_token"]
        assert await prove(w, token, {}) == WRONG
        asked, elsewhere = await challenge(w, token, challenge_type="webauthn"), await challenge(w, other, challenge_type="webauthn")
        answer = shown(own, asked)
        for bent in (
            shown(own, elsewhere),
            shown(replace(own, flags=0), asked),
            shown(replace(own, origin="https://evil.test"), asked),
            shown(own, asked, "eve"),
        ):
            assert await prove(w, token, bent) == WRONG
        assert await prove(w, other, answer) == WRONG
        w.all_have_read(5)
        answers = await asyncio.gather(*(prove(w, token, answer) for _ in range(5)))
        assert sorted(status for status, _ in answers) == [200] + [403] * 4


async def test_row_4_a_question_of_a_login_by_passkey_is_none_of_an_mfa_token() -> None:
    async with world() as w:
        (own,) = await with_keys(w, "passkey")
        token = (await required(w))["mfa_token"]
        asked = await challenge(w, token, challenge_type="webauthn")
        _, alone = await passkey_challenge(w)
        assert await prove(w, token, shown(own, alone)) == WRONG
        assert (await given(w, {"auth_session": token}, shown(own, asked)))[1]["error_description"] == "Invalid or expired auth_session."
        assert await given(w, alone, shown(own, asked)) == WRONG
        assert (await prove(w, token, shown(own, asked)))[0] == 200


async def test_row_1_wrong_answers_are_few() -> None:
    async with world() as w:
        (own,) = await with_keys(w, "webauthn-roaming")
        token = (await required(w))["mfa_token"]
        asked = await challenge(w, token, challenge_type="webauthn")
        statuses = [(await prove(w, token, shown(replace(own, key=key().key), asked)))[0] for _ in range(12)]
        assert statuses[-1] == 429
        assert 200 not in statuses


async def test_a_copied_key_is_refused_and_its_owner_is_told() -> None:
    async with world() as w:
        (own,) = await with_keys(w, "webauthn-roaming")
        own.counter = 9
        token = (await required(w))["mfa_token"]
        assert (await prove(w, token, shown(own, await challenge(w, token, challenge_type="webauthn"))))[0] == 200
        own.counter = 3
        token = (await required(w))["mfa_token"]
        assert await prove(w, token, shown(own, await challenge(w, token, challenge_type="webauthn"))) == WRONG
        assert (await w.mail())[0]["subject"] == "Somebody may have a copy of your key"


async def test_what_a_passkey_alone_does_not_reach_is_asked_for_here() -> None:
    """mfa_required of the passkey grant, answered by a key in hardware."""
    async with world() as w:
        passkey, hard = await with_keys(w, "passkey", "webauthn-roaming")
        _, enrolled = await w.store.account("auth0|ada")
        one = next(one for one in enrolled if one.kind == "webauthn-roaming")
        vouched = one.state.open.replace(b'"attested": false', b'"attested": true').replace(b'"hardware": false', b'"hardware": true')
        await has(w, one._replace(state=one.state._replace(open=vouched), generation=2))
        catalogue = await w.store.catalogue()
        await w.store.configure((catalogue.apis[API]._replace(scope_requirements={"transfer:funds": Requirement(("phrh",))}),), (), ())
        _, asked = await passkey_challenge(w)
        status, said = await given(w, asked, shown(passkey, asked), audience=API, scope="openid transfer:funds")
        assert (status, said["error"], said["mfa_requirements"]) == (403, "mfa_required", {"challenge": [{"type": "webauthn-roaming"}]})
        token = said["mfa_token"]
        status, tokens = await prove(w, token, shown(hard, await challenge(w, token, challenge_type="webauthn")))
        assert (status, claims(tokens["access_token"])["acr"], tokens["scope"]) == (200, "phrh", "openid transfer:funds")


@pytest.mark.parametrize("kind", ["webauthn-roaming", "webauthn-platform", "passkey"])
async def test_a_first_key_is_enrolled_here_and_no_second_one_by_password_alone(kind: str) -> None:
    async with world() as w:
        await with_keys(w)
        told = await required(w)
        assert {"type": kind} in told["mfa_requirements"]["enroll"]
        token = told["mfa_token"]
        status, begun = await associate(w, token, authenticator_types=[kind])
        assert (status, begun["authenticator_type"], begun["authn_params_public_key"]["rp"]["id"]) == (200, kind, "localhost")
        own = key(flags=UP | UV)
        assert await prove(w, token, made(replace(own, rp="evil.test"), begun)) == WRONG
        status, tokens = await prove(w, token, made(own, begun))
        assert (status, "mfa" in claims(tokens["id_token"])["amr"]) == (200, True)
        token = (await required(w))["mfa_token"]
        assert (await associate(w, token, authenticator_types=[kind]))[0] == 403


async def test_a_key_that_is_trusted_no_longer_is_not_enrolled_here_either() -> None:
    """What every way to a new key is judged by: the tenant's rules, and the metadata of its maker."""
    async with world() as w:
        await with_keys(w)
        await w.configure(factor_settings={"webauthn-roaming": {"denied": ["00010203-0405-0607-0809-0a0b0c0d0e0f"]}})
        token = (await required(w))["mfa_token"]
        _, begun = await associate(w, token, authenticator_types=["webauthn-roaming"])
        assert await prove(w, token, made(key(), begun)) == WRONG


async def test_a_realm_login_is_answered_by_its_own_grant_alone() -> None:
    async with world() as w:
        await with_keys(w, "webauthn-roaming")
        token = (await required(w))["mfa_token"]
        await challenge(w, token, challenge_type="webauthn")
        for grant, more in (
            ("mfa-otp", {"otp": "123456"}),
            ("mfa-oob", {"oob_code": "x.y", "binding_code": "1"}),
            ("mfa-recovery-code", {"recovery_code": "x"}),
        ):
            asked = {**CREDENTIALS, "grant_type": f"http://auth0.com/oauth/grant-type/{grant}", "mfa_token": token, **more}
            assert (await w.post("/oauth/token", asked, as_json=True))[0] in {400, 401, 403}
        assert (await w.token(grant_type=REALM, username="ada@example.test", password="secret of ada"))[0] == 403


@pytest.mark.parametrize("way", ["here", "sign-up"])
async def test_a_model_that_is_revoked_makes_no_key_by_any_way(way: str) -> None:
    async with world(signup=True) as w:
        await with_keys(w)
        revoked = Metadata(7, w.clock.now + 86400, models={MODEL.hex(): Model(distrusted="REVOKED")})
        assert await w.store.keep(KEPT, None, msgspec.json.encode(revoked))
        if way == "here":
            token = (await required(w))["mfa_token"]
            _, begun = await associate(w, token, authenticator_types=["webauthn-roaming"])
            assert await prove(w, token, made(key(), begun)) == WRONG
        else:
            _, begun = await register(w)
            assert await given(w, begun, made(key(), begun)) == WRONG
