"""What tests of passkeys without a page hold in their hands: an application that may, and what it sends."""

from typing import Any

from tests.core.factors.webauthn.authenticator import BE, BS, UV, Authenticator, cbor, cose
from tests.flows.mfa import CREDENTIALS
from tests.flows.test_webauthn import enrolled, key
from tests.world import World
from yett.domain.enrolment import Enrolment
from yett.factors.webauthn.credential import Credential
from yett.factors.webauthn.data import base64url, unbase64url
from yett.factors.webauthn.factor import state_of, user_handle

GRANT = "urn:okta:params:oauth:grant-type:webauthn"
CONNECTION = "Username-Password-Authentication"
FACTORS = {"otp": True, "webauthn-roaming": True, "webauthn-platform": True, "passkey": True}


async def allow(w: World, *clients: str, **tenant: Any) -> None:
    """These applications may, and passkeys are on."""
    await w.configure(factors=FACTORS, **tenant)
    catalogue = await w.store.catalogue()
    named = [catalogue.clients[name] for name in clients or ("web",)]
    await w.store.configure([one._replace(grant_types=(*one.grant_types, GRANT)) for one in named], (), ())


async def holder(w: World, name: str = "ada", **of: Any) -> Authenticator:
    """Somebody's passkey, enrolled on our pages."""
    await w.person(name, totp=False)
    own = key(**of)
    await enrolled(w, w.browser(), "passkey", own, name)
    own.counter += 1
    return own


def kept(by: Authenticator, kind: str = "passkey", name: str = "ada") -> Enrolment:
    """The same, without a page."""
    made = Credential(by.id, cbor(cose(by.alg, by.key)), 0, by.flags & BE > 0, by.flags & BS > 0, by.flags & UV > 0, bytes(16), attested=False, hardware=False)
    by.counter += 1
    return Enrolment(f"{kind}|dev_{by.id.hex()}", f"auth0|{name}", kind, state_of(made), lookup=by.id)


async def challenge(w: World, **more: object) -> tuple[int, Any]:
    return await w.post("/passkey/challenge", {**CREDENTIALS, **more}, as_json=True)


async def register(w: World, email: str = "new@example.test", **more: object) -> tuple[int, Any]:
    body = {**CREDENTIALS, "user_profile": {"email": email, "name": "Newt"}, **more}
    return await w.post("/passkey/register", body, as_json=True)


def made(by: Authenticator, asked: dict[str, Any]) -> dict[str, Any]:
    """What spa-js sends of a credential that was made."""
    client, attestation = by.make(by.client("webauthn.create", unbase64url(asked["authn_params_public_key"]["challenge"])))
    said = _said(by, {"clientDataJSON": base64url(client), "attestationObject": base64url(attestation)})
    wanted = asked["authn_params_public_key"].get("authenticatorSelection", {}).get("authenticatorAttachment")
    return {**said, "authenticatorAttachment": wanted or said["authenticatorAttachment"]}


def shown(by: Authenticator, asked: dict[str, Any], name: str = "ada", *, handle: str = "") -> dict[str, Any]:
    """What spa-js sends of a credential that was shown."""
    client, data, signature = by.show(by.client("webauthn.get", unbase64url(asked["authn_params_public_key"]["challenge"])))
    response = {"clientDataJSON": base64url(client), "authenticatorData": base64url(data), "signature": base64url(signature)}
    return _said(by, {**response, "userHandle": handle or base64url(user_handle(f"auth0|{name}"))})


def _said(by: Authenticator, response: dict[str, str]) -> dict[str, Any]:
    id = base64url(by.id)
    return {"id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform", "response": response, "clientExtensionResults": {}}


async def given(w: World, asked: dict[str, Any], answer: object, **more: object) -> tuple[int, Any]:
    """The grant, as JSON: what the authenticator said stands in it as an object."""
    body = {**CREDENTIALS, "grant_type": GRANT, "auth_session": asked["auth_session"], "authn_response": answer, "scope": "openid", **more}
    return await w.post("/oauth/token", body, as_json=True)
