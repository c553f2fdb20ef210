"""clients/{id}/credentials, and the clients that use them."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tests.assertions import ALGS, pem, private
from tests.http.management.house import NOW, SHOP, House
from yett.domain.client import Client

KEY = pem(private("RS256"))
MORE = {"credential_type": "public_key"}


async def registered(house: House, client: str = SHOP, **body: Any) -> dict[str, Any]:
    answer = await house.call("POST", f"clients/{client}/credentials", {**MORE, "pem": KEY, **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def kept(house: House, client: str = SHOP) -> Client:
    return (await house.store.catalogue()).clients[client]


def using(*ids: str) -> dict[str, Any]:
    return {"client_authentication_methods": {"private_key_jwt": {"credentials": [{"id": one} for one in ids]}}}


def certificate(days: int = 90) -> str:
    """One that its owner signed by itself."""
    key, name = private("RS256"), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop")])
    begins = datetime.fromtimestamp(NOW, UTC) - timedelta(days=1)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, begins, begins + timedelta(days=days + 1)).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize("alg", ALGS)
async def test_a_key_is_registered_for_one_algorithm_and_shown_without_itself(house: House, alg: str) -> None:
    made = await registered(house, pem=pem(private(alg)), alg=alg, name="2027")
    (one,) = (await kept(house)).credentials
    assert (one.alg, one.used, one.expires_at) == (alg, False, None)
    assert made == {
        "id": one.id,
        "kid": one.kid,
        "alg": alg,
        "name": "2027",
        "credential_type": "public_key",
        "created_at": "2027-01-15T08:00:00.000Z",
        "updated_at": "2027-01-15T08:00:00.000Z",
    }
    assert await house.get(f"clients/{SHOP}/credentials") == [made]
    assert await house.get(f"clients/{SHOP}/credentials/{made['id']}") == made
    assert KEY[60:100] not in repr(await house.facts("sapi"))


async def test_it_authenticates_once_the_client_says_so_and_the_secret_does_no_longer(house: House) -> None:
    one, two = await registered(house), await registered(house, pem=pem(private("ES256")), alg="ES256")
    before = await kept(house)
    shown = (await house.call("PATCH", f"clients/{SHOP}", using(one["id"], two["id"]))).json()
    assert (shown["token_endpoint_auth_method"], shown["client_authentication_methods"]) == (None, using(one["id"], two["id"])["client_authentication_methods"])
    now = await kept(house)
    assert (now.auth_method, [held.used for held in now.credentials]) == ("private_key_jwt", [True, True])
    await house.call("PATCH", f"clients/{SHOP}", using(two["id"]))
    assert [held.used for held in (await kept(house)).credentials] == [False, True]
    await house.call("PATCH", f"clients/{SHOP}", {"name": "Other name"})
    assert (await kept(house)).auth_method == "private_key_jwt"
    back = (await house.call("PATCH", f"clients/{SHOP}", {"client_authentication_methods": None, "token_endpoint_auth_method": "client_secret_basic"})).json()
    assert back["token_endpoint_auth_method"] == "client_secret_basic"
    assert "client_authentication_methods" not in back
    assert (await kept(house)).secret == before.secret
    await house.call("PATCH", f"clients/{SHOP}", using(two["id"]))
    assert (await house.call("PATCH", f"clients/{SHOP}", {"client_authentication_methods": None})).json()["token_endpoint_auth_method"] == "client_secret_post"


async def test_a_client_may_be_born_with_its_keys_and_without_a_secret(house: House) -> None:
    keys = {"private_key_jwt": {"credentials": [{**MORE, "pem": KEY, "name": "first"}]}}
    answer = await house.call("POST", "clients", {"name": "App", "client_authentication_methods": keys})
    made = answer.json()
    assert (answer.status_code, "client_secret" in made, made["token_endpoint_auth_method"]) == (201, False, None)
    now = await kept(house, made["client_id"])
    assert (now.secret, now.auth_method, [one.used for one in now.credentials]) == (None, "private_key_jwt", [True])
    assert made["client_authentication_methods"]["private_key_jwt"]["credentials"] == [{"id": now.credentials[0].id}]


@pytest.mark.parametrize(
    "body",
    [
        using(),
        using("cred_of_another"),
        {**using("cred_of_another"), "token_endpoint_auth_method": "client_secret_post"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"client_authentication_methods": {"client_secret_jwt": {}}},
        {"client_authentication_methods": {"private_key_jwt": {"credentials": [{"id": "x", "pem": KEY}]}}},
    ],
)
async def test_a_client_uses_keys_of_its_own_or_a_secret(house: House, body: dict[str, Any]) -> None:
    await registered(house)
    before = await kept(house)
    assert (await house.call("PATCH", f"clients/{SHOP}", body)).status_code == 400
    assert await kept(house) == before


async def test_the_credential_of_one_client_is_nothing_to_another(house: House) -> None:
    one = await registered(house)
    made = (await house.call("POST", "clients", {"name": "App"})).json()["client_id"]
    assert (await house.call("PATCH", f"clients/{made}", using(one["id"]))).status_code == 400
    for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"expires_at": None})):
        assert (await house.call(method, f"clients/{made}/credentials/{one['id']}", body)).status_code == 404
        assert (await house.call(method, f"clients/nobody/credentials/{one['id']}", body)).status_code == 404
    assert (await house.call("GET", "clients/nobody/credentials")).status_code == 404
    assert (await house.call("POST", "clients/nobody/credentials", {**MORE, "pem": KEY})).status_code == 404


def secret_key() -> str:
    raw: bytes = private("RS256").private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return raw.decode()


SHORT = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the point
CURVE = ec.generate_private_key(ec.SECP384R1())
REFUSED: dict[str, dict[str, Any]] = {
    "its private half": {"pem": secret_key()},
    "no key": {"pem": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"},
    "no PEM": {"pem": "x"},
    "nothing": {"pem": ""},
    "a certificate that is none": {"pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"},
    "of another algorithm": {"alg": "ES256"},
    "of another curve": {"pem": pem(CURVE), "alg": "ES256"},
    "too short": {"pem": pem(SHORT)},
    "an algorithm with a shared secret": {"alg": "HS256"},
    "no algorithm": {"alg": "none"},
    "too long": {"pem": KEY + " " * 17000},
    "long, and none": {"pem": "x" * 16384},
    "another type": {"credential_type": "cert_subject_dn"},
    "over already": {"expires_at": "2020-01-01T00:00:00Z"},
    "a time of nowhere": {"expires_at": "2040-01-01T00:00:00"},
    "a kid that is too short": {"kid": "short"},
    "a kid that is a path": {"kid": "../../etc/passwd"},
    "by a certificate that is over": {"pem": certificate(-1), "parse_expiry_from_cert": True},
}


@pytest.mark.parametrize("what", REFUSED)
async def test_what_is_no_key_for_its_algorithm_is_refused_and_not_quoted(house: House, what: str) -> None:
    answer = await house.call("POST", f"clients/{SHOP}/credentials", {**MORE, "pem": KEY, **REFUSED[what]})
    assert answer.status_code == 400, answer.text
    body = base64.b64encode(secret_key().encode()).decode()
    assert body[40:80] not in answer.text
    assert ("keep it to yourself" in answer.text) is (what == "its private half")
    assert not (await kept(house)).credentials


async def test_a_certificate_says_when_it_ends_where_it_is_asked(house: House) -> None:
    one = await registered(house, pem=certificate(), parse_expiry_from_cert=True)
    assert one["expires_at"] == "2027-04-15T08:00:00.000Z"
    await house.call("DELETE", f"clients/{SHOP}/credentials/{one['id']}")
    two = await registered(house, pem=certificate())
    assert ("expires_at" in two, two["kid"]) == (False, one["kid"])


async def test_when_a_credential_ends_can_be_changed(house: House) -> None:
    one = await registered(house, kid="our-own-name-of-it")
    assert one["kid"] == "our-own-name-of-it"
    path = f"clients/{SHOP}/credentials/{one['id']}"
    changed = (await house.call("PATCH", path, {"expires_at": "2030-01-01T00:00:00Z"})).json()
    assert changed == {**one, "expires_at": "2030-01-01T00:00:00.000Z"}
    assert (await house.call("PATCH", path, {"expires_at": "2020-01-01T00:00:00Z"})).status_code == 400
    assert (await house.call("PATCH", path, {})).status_code == 400
    assert (await house.call("PATCH", path, {"expires_at": None})).json() == one


async def test_there_are_two_at_most_and_no_two_of_one_name(house: House) -> None:
    one = await registered(house)
    again = await house.call("POST", f"clients/{SHOP}/credentials", {**MORE, "pem": KEY})
    assert again.status_code == 409
    await registered(house, pem=pem(private("ES256")), alg="ES256")
    assert (await house.call("POST", f"clients/{SHOP}/credentials", {**MORE, "pem": KEY, "kid": "another-name"})).status_code == 400
    assert (await house.call("DELETE", f"clients/{SHOP}/credentials/{one['id']}")).status_code == 204
    await registered(house)
    for many in ([{**MORE, "pem": KEY}] * 2, [{**MORE, "pem": KEY, "kid": f"number-number-{n}"} for n in range(3)]):
        body = {"name": "App", "client_authentication_methods": {"private_key_jwt": {"credentials": many}}}
        assert (await house.call("POST", "clients", body)).status_code == 400


async def test_a_client_stands_for_an_api(house: House) -> None:
    made = (await house.call("POST", "resource-servers", {"identifier": "https://pay.example/"})).json()
    body = {"name": "Pay", "app_type": "resource_server", "resource_server_identifier": made["identifier"]}
    shown = (await house.call("POST", "clients", body)).json()
    assert shown["resource_server_identifier"] == made["identifier"]
    assert (await kept(house, shown["client_id"])).resource_server == made["identifier"]
    await house.call("PATCH", f"clients/{shown['client_id']}", {"resource_server_identifier": None})
    assert (await kept(house, shown["client_id"])).resource_server == ""


@pytest.mark.parametrize("alg", ["PS256", "Ed25519", "EdDSA"])
async def test_the_first_who_asks_for_an_algorithm_gets_a_key_made_for_it_and_it_rotates(house: House, alg: str) -> None:
    assert (await house.call("PATCH", f"clients/{SHOP}", {"jwt_configuration": {"alg": alg}})).status_code == 200
    (key,) = (one for one in (await house.store.catalogue()).keys if one.alg == alg)
    assert key.use == "current"
    assert (await house.call("POST", "resource-servers", {"identifier": "https://pay.example/", "signing_alg": alg})).status_code == 201
    assert [one.kid for one in (await house.store.catalogue()).keys if one.alg == alg] == [key.kid], "and nobody after them"
    await house.call("POST", "keys/signing/rotate")
    assert sorted(one.use for one in (await house.store.catalogue()).keys if one.alg == alg) == ["current", "next", "previous"]
