"""python-fido2's client, which speaks CTAP2 to a key in software: what it collects and spells is not ours."""

import json
from collections.abc import Callable, Iterator, Mapping
from threading import Event
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.client import ClientError, DefaultClientDataCollector, Fido2Client
from fido2.cose import ES256
from fido2.ctap import CtapDevice, CtapError
from fido2.ctap2.base import Ctap2
from fido2.hid import CAPABILITY
from fido2.utils import sha256
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticatorData,
    PublicKeyCredentialCreationOptions,
    PublicKeyCredentialRequestOptions,
)

from tests.flows.mfa import associate, required
from tests.flows.mfa import challenge as mfa_challenge
from tests.flows.passkeys import allow, challenge, given, register
from tests.flows.test_mfa_keys import prove
from tests.world import ISSUER, claims, world

FLAG = AuthenticatorData.FLAG
UP_UV = FLAG.UP | FLAG.UV


class SoftKey(CtapDevice):
    """Answers what a client asks of a key on its cable: one credential for each relying party, made with self attestation."""

    capabilities = CAPABILITY.CBOR

    def __init__(self) -> None:
        self.keys: dict[str, tuple[bytes, ec.EllipticCurvePrivateKey, bytes]] = {}
        self.counter = 0

    @classmethod
    def list_devices(cls) -> Iterator[CtapDevice]:
        return iter(())

    def call(self, cmd: int, data: bytes = b"", event: Event | None = None, on_keepalive: Callable[[Any], None] | None = None) -> bytes:
        """One CTAP2 command: its status and what it says."""
        asked: Any = cbor.decode(data[1:]) if data[1:] else {}
        try:
            said = {Ctap2.CMD.GET_INFO: self._info, Ctap2.CMD.MAKE_CREDENTIAL: self._make, Ctap2.CMD.GET_ASSERTION: self._show}[Ctap2.CMD(data[0])](asked)
        except CtapError as refused:
            return bytes([refused.code])
        return b"\0" + cbor.encode(said)

    def _info(self, _: Mapping[int, Any]) -> dict[int, Any]:
        return {1: ["FIDO_2_0"], 3: bytes(range(16)), 4: {"rk": True, "up": True, "uv": True}, 6: [1]}

    def _make(self, asked: Mapping[int, Any]) -> dict[int, Any]:
        if any(one["id"] in {id for id, _, _ in self.keys.values()} for one in asked.get(5, ())):
            raise CtapError(CtapError.ERR.CREDENTIAL_EXCLUDED)
        key, rp = ec.generate_private_key(ec.SECP256R1()), asked[2]["id"]
        id = sha256(asked[3]["id"] + bytes([len(self.keys)]))
        self.keys[rp] = (id, key, asked[3]["id"])
        made = AttestedCredentialData.create(bytes(range(16)), id, ES256.from_cryptography_key(key.public_key()))  # type: ignore[no-untyped-call]
        data = AuthenticatorData.create(sha256(rp.encode()), UP_UV | FLAG.AT, self.counter, made)
        return {1: "packed", 2: bytes(data), 3: {"alg": -7, "sig": key.sign(data + asked[1], ec.ECDSA(hashes.SHA256()))}}

    def _show(self, asked: Mapping[int, Any]) -> dict[int, Any]:
        if asked[1] not in self.keys:
            raise CtapError(CtapError.ERR.NO_CREDENTIALS)
        id, key, user = self.keys[asked[1]]
        if any(asked.get(3, ())) and id not in {one["id"] for one in asked[3]}:
            raise CtapError(CtapError.ERR.NO_CREDENTIALS)
        self.counter += 1
        data = AuthenticatorData.create(sha256(asked[1].encode()), UP_UV, self.counter)
        signature = key.sign(data + asked[2], ec.ECDSA(hashes.SHA256()))
        return {1: {"type": "public-key", "id": id}, 2: bytes(data), 3: signature, 4: {"id": user}}


def client(key: SoftKey, origin: str = ISSUER.rstrip("/")) -> Fido2Client:
    return Fido2Client(key, DefaultClientDataCollector(origin))


def made(by: Fido2Client, asked: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(dict(by.make_credential(PublicKeyCredentialCreationOptions.from_dict(asked["authn_params_public_key"]))))))


def shown(by: Fido2Client, asked: dict[str, Any]) -> dict[str, Any]:
    selection = by.get_assertion(PublicKeyCredentialRequestOptions.from_dict(asked["authn_params_public_key"]))
    return dict(json.loads(json.dumps(dict(selection.get_response(0)))))


async def test_it_signs_up_and_logs_in() -> None:
    async with world(signup=True) as w:
        await allow(w)
        own = client(SoftKey())
        _, asked = await register(w)
        status, tokens = await given(w, asked, made(own, asked))
        assert (status, claims(tokens["id_token"])["amr"]) == (200, ["pop", "user", "mfa"])
        sub = claims(tokens["id_token"])["sub"]
        for _ in range(2):
            _, asked = await challenge(w)
            status, tokens = await given(w, asked, shown(own, asked))
            assert (status, claims(tokens["id_token"])["sub"]) == (200, sub)


async def test_a_key_of_its_own_is_enrolled_and_steps_up_and_is_not_enrolled_twice() -> None:
    async with world() as w:
        await allow(w, policies=("all-applications",))
        await w.person(totp=False)
        own = client(SoftKey())
        token = (await required(w))["mfa_token"]
        _, asked = await associate(w, token, authenticator_types=["webauthn-roaming"])
        assert (await prove(w, token, made(own, asked)))[0] == 200
        token = (await required(w))["mfa_token"]
        asked = await mfa_challenge(w, token, challenge_type="webauthn")
        status, tokens = await prove(w, token, shown(own, asked))
        assert (status, claims(tokens["id_token"])["amr"]) == (200, ["pwd", "pop", "user", "mfa"])


async def test_it_answers_nobody_elses_page_and_another_key_nothing() -> None:
    async with world() as w:
        await allow(w)
        await w.person(totp=False)
        _, asked = await challenge(w)
        with pytest.raises(ClientError):
            shown(client(SoftKey(), "https://evil.test"), asked)
        with pytest.raises(ClientError):
            shown(client(SoftKey()), asked)
