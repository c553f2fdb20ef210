"""keys/signing and tenants/settings."""

from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7

from tests.http.management.house import House, key_of


async def uses(house: House) -> dict[str, str]:
    return {key.kid: key.use for key in (await house.store.catalogue()).keys}


async def test_a_key_is_shown_in_a_certificate_of_its_public_half(house: House) -> None:
    shown = await house.get(f"keys/signing/{key_of('current').kid}")
    certificate = x509.load_pem_x509_certificate(shown["cert"].encode())
    assert shown["current"]
    assert certificate.fingerprint(certificate.signature_hash_algorithm).hex().upper() == shown["thumbprint"]  # type: ignore[arg-type]
    assert pkcs7.load_pem_pkcs7_certificates(shown["pkcs7"].encode()) == [certificate]
    assert "private" not in repr(shown).lower()
    assert await house.get(f"keys/signing/{key_of('current').kid}") == shown


async def test_after_a_rotation_the_next_key_signs_and_old_tokens_are_still_good(house: House) -> None:
    answer = await house.call("POST", "keys/signing/rotate")
    assert (answer.status_code, answer.json()["kid"]) == (201, key_of("next").kid)
    now = await uses(house)
    assert (now.pop(key_of("current").kid), now.pop(key_of("next").kid), list(now.values())) == ("previous", "current", ["next"])
    assert len(await house.get("keys/signing")) == 3


async def test_a_revoked_key_voids_what_it_signed(house: House) -> None:
    old = house.token
    await house.call("POST", "keys/signing/rotate")
    house.token = await house.bearer()
    answer = await house.call("PUT", f"keys/signing/{key_of('current').kid}/revoke")
    assert (answer.status_code, answer.json()["kid"]) == (200, key_of("current").kid)
    assert (await house.call("GET", "clients", token=old)).status_code == 401
    assert (await house.get(f"keys/signing/{key_of('current').kid}"))["revoked"]


@pytest.mark.parametrize("use", ["current", "next"])
async def test_a_key_that_signs_or_will_sign_is_not_revoked(house: House, use: str) -> None:
    assert (await house.call("PUT", f"keys/signing/{key_of(use).kid}/revoke")).status_code == 400
    assert (await uses(house))[key_of(use).kid] == use


async def test_a_key_that_is_not_there_is_404(house: House) -> None:
    assert (await house.call("GET", "keys/signing/none")).status_code == 404
    assert (await house.call("PUT", "keys/signing/none/revoke")).status_code == 404


async def test_the_tenant_is_shown_and_changed(house: House) -> None:
    body = {
        "friendly_name": "ACME",
        "picture_url": "https://acme.example/logo.png",
        "support_email": "help@acme.example",
        "support_url": "https://acme.example/help",
        "allowed_logout_urls": ["https://acme.example/bye"],
        "enabled_locales": ["de", "en"],
        "session_lifetime": 12,
        "idle_session_lifetime_in_minutes": 30,
        "flags": {"enable_client_connections": False},
        "customize_mfa_in_postlogin_action": True,
    }
    answer = await house.call("PATCH", "tenants/settings", body)
    assert answer.status_code == 200
    shown = await house.get("tenants/settings")
    assert shown == answer.json()
    expected = {name: value for name, value in body.items() if name != "idle_session_lifetime_in_minutes"}
    assert {name: shown[name] for name in expected} == expected
    assert (shown["idle_session_lifetime"], shown["regime"]) == (0.5, "auth0")
    tenant = (await house.store.catalogue()).tenant
    assert (tenant.brand.name, tenant.tightened) == ("ACME", {"session_absolute": 43200, "session_idle": 1800})


async def test_what_is_not_sent_stays_and_null_takes_away_what_is_only_kept(house: House) -> None:
    await house.call("PATCH", "tenants/settings", {"friendly_name": "ACME", "flags": {"x": True}})
    shown = (await house.call("PATCH", "tenants/settings", {"support_email": "a@b.example", "flags": None})).json()
    assert shown["friendly_name"] == "ACME"
    assert "flags" not in shown


@pytest.mark.parametrize(
    "body",
    [
        {"picture_url": "javascript:alert(1)"},
        {"support_url": "//evil.example"},
        {"allowed_logout_urls": ["data:,x"]},
        {"enabled_locales": []},
        {"enabled_locales": ["../../x"]},
        {"session_lifetime": 0},
        {"session_lifetime": 1, "idle_session_lifetime": 2},
        {"regime": "auth0"},
        {"policies": []},
        {"tightened": {}},
        {"remember": {}},
    ],
)
async def test_a_tenant_that_would_be_a_hole_is_refused(house: House, body: dict[str, Any]) -> None:
    before = (await house.store.catalogue()).tenant
    assert (await house.call("PATCH", "tenants/settings", body)).status_code == 400
    assert (await house.store.catalogue()).tenant == before


async def test_nothing_loosens_a_strict_regime(house: House) -> None:
    await house.store.configure(((await house.store.catalogue()).tenant._replace(regime="pci-dss-4"),), (), ())
    answer = await house.call("PATCH", "tenants/settings", {"session_lifetime": 48})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "regime_forbids")
    shown = (await house.call("PATCH", "tenants/settings", {"session_lifetime": 8})).json()
    assert (shown["session_lifetime"], shown["idle_session_lifetime"]) == (8, 0.25)


async def test_fields_of_the_tenant_are_chosen(house: House) -> None:
    assert await house.get("tenants/settings", fields="friendly_name") == {"friendly_name": "Yett"}
