"""Which tokens are access tokens for this API: everything that could be taken for one is refused, each for its own reason."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from yett_guard import Guard, Refusal, Settings
from yett_guard.testing import Issuer

NOW = 1_800_000_000
# Claims that each make another kind of token of a good one, or a broken one.
CONFUSED: dict[str, dict[str, Any]] = {
    "an ID token with a nonce": {"nonce": "n"},
    "an ID token, which names no client": {"client_id": None},
    "an ID token with at_hash": {"at_hash": "x"},
    "an ID token with c_hash": {"c_hash": "x"},
    "an ID token with s_hash": {"s_hash": "x"},
    "a security event": {"toe": 1_800_000_000},
    "a logout token": {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}},
    "another issuer": {"iss": "https://other.test/"},
    "the issuer without its slash": {"iss": "https://issuer.test"},
    "another audience": {"aud": "https://other.test/"},
    "the client as audience": {"aud": "application"},
    "an audience that begins as ours": {"aud": "https://api.test/more"},
    "no audience": {"aud": None},
    "an empty list of audiences": {"aud": []},
    "an audience that is no string": {"aud": [["https://api.test/"]]},
    "an audience among others that are no strings": {"aud": ["https://api.test/", 1]},
    "an audience in an object": {"aud": {"https://api.test/": True}},
    "expired": {"exp": NOW - 60},
    "no expiry": {"exp": None},
    "an expiry that is text": {"exp": str(NOW + 600)},
    "an expiry that is true": {"exp": True},
    "an expiry with a fraction": {"exp": NOW + 600.5},
    "an expiry beyond all years": {"exp": 10**30},
    "an expiry before all years": {"exp": -1},
    "not good yet": {"nbf": NOW + 60},
    "issued in the future": {"iat": NOW + 60},
    "no time of issue": {"iat": None},
    "authenticated in the future": {"auth_time": NOW + 60},
    "auth_time as text": {"auth_time": str(NOW)},
    "auth_time that is true": {"auth_time": True},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is a number": {"sub": 7},
    "no jti": {"jti": None},
    "acr as a list": {"acr": ["phr"]},
    "amr as text": {"amr": "mfa"},
    "amr with something that is no text": {"amr": ["pwd", 1]},
    "scope as a list": {"scope": ["read"]},
    "one_use as text": {"one_use": "true"},
    "authorization_details as an object": {"authorization_details": {"type": "payment"}},
    "authorization_details of text": {"authorization_details": ["payment"]},
    "bound to a key that is not shown": {"cnf": {"jkt": "x"}},
}


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer(clock=lambda: NOW)


@pytest.fixture(scope="module")
def guard(issuer: Issuer) -> Guard:
    return issuer.guard()


def refused(guard: Guard, token: str) -> Refusal:
    with pytest.raises(Refusal) as told:
        guard.check([f"Bearer {token}"])
    assert (told.value.status, told.value.error) == (401, "invalid_token")
    return told.value


def claims(issuer: Issuer, **changes: Any) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(issuer.token(**changes).split(".")[1] + "=="))
    return said


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_an_access_token_is_good_and_says_who_when_and_what_for(issuer: Issuer, guard: Guard) -> None:
    token = guard.check([f"Bearer {issuer.token(scope='read write', acr='phr', amr=['pwd', 'otp', 'mfa'], auth_time=NOW)}"])
    assert (token.subject, token.client, token.acr, token.auth_time) == ("auth0|somebody", "application", "phr", NOW)
    assert token.scope == {"read", "write"}
    assert token.amr == {"pwd", "otp", "mfa"}
    assert (token.one_use, token.details) == (False, ())


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt", "JWT"])
def test_both_dialects_are_taken(issuer: Issuer, guard: Guard, typ: str) -> None:
    assert guard.check([f"Bearer {issuer.signed(claims(issuer), typ)}"]).subject


def test_it_may_be_good_for_userinfo_as_well(issuer: Issuer, guard: Guard) -> None:
    assert guard.check([f"Bearer {issuer.token(aud=[issuer.settings.audience, 'https://issuer.test/userinfo'])}"]).subject


@pytest.mark.parametrize("name", CONFUSED)
def test_what_is_no_access_token_for_this_api_is_refused(issuer: Issuer, guard: Guard, name: str) -> None:
    refused(guard, issuer.token(**CONFUSED[name]))


@pytest.mark.parametrize("typ", ["logout+jwt", "id_token", "secevent+jwt", "dpop+jwt", "oauth-authz-req+jwt", "", "JOSE"])
def test_a_token_of_another_type_is_refused(issuer: Issuer, guard: Guard, typ: str) -> None:
    refused(guard, issuer.signed(claims(issuer), typ))


@pytest.mark.parametrize("change", [{"typ": None}, {"typ": 1}, {"kid": None}, {"kid": 1}, {"alg": None}, {"alg": ["ES256"]}])
def test_a_header_that_lacks_something_is_refused(issuer: Issuer, guard: Guard, change: dict[str, Any]) -> None:
    header, payload, signature = issuer.token().split(".")
    said = json.loads(base64.urlsafe_b64decode(header + "==")) | change
    refused(guard, f"{encoded(json.dumps({name: value for name, value in said.items() if value is not None}).encode())}.{payload}.{signature}")


@pytest.mark.parametrize(
    "header",
    [{"jwk": {}}, {"jku": "https://a/"}, {"x5u": "https://a/"}, {"x5c": []}, {"crit": ["exp"], "exp": 1}, {"b64": False}, {"zip": "DEF"}, {"enc": "A256GCM"}],
    ids=lambda header: next(iter(header)),
)
def test_a_header_that_brings_a_key_or_a_rule_along_is_refused(issuer: Issuer, guard: Guard, header: dict[str, Any]) -> None:
    refused(guard, issuer.signed(claims(issuer), **header))


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "RS256", "PS256", "ES512", "EdDSA"])
def test_no_other_algorithm_than_that_of_the_key_is_taken(issuer: Issuer, guard: Guard, alg: str) -> None:
    refused(guard, issuer.signed(claims(issuer), alg=alg))


def test_the_public_key_is_no_secret_to_sign_with(issuer: Issuer, guard: Guard) -> None:
    jwk = json.loads(issuer.get("https://issuer.test/keys"))["keys"][0]
    for secret in (json.dumps(jwk).encode(), jwk["x"].encode(), base64.urlsafe_b64decode(jwk["x"] + "==")):
        header = encoded(json.dumps({"alg": "HS256", "typ": "at+jwt", "kid": jwk["kid"]}).encode())
        signing = f"{header}.{encoded(json.dumps(claims(issuer)).encode())}"
        refused(guard, f"{signing}.{encoded(hmac.digest(secret, signing.encode(), hashlib.sha256))}")


def test_a_token_without_a_signature_is_refused(issuer: Issuer, guard: Guard) -> None:
    header, payload, _ = issuer.token().split(".")
    refused(guard, f"{header}.{payload}.")
    refused(guard, f"{header}.{payload}")


def test_a_signature_of_another_key_of_the_same_name_is_refused(issuer: Issuer, guard: Guard) -> None:
    other = Issuer(clock=issuer.clock)
    other._kid = issuer._kid
    refused(guard, other.token())


def test_a_signature_for_other_claims_is_refused(issuer: Issuer, guard: Guard) -> None:
    header, _, signature = issuer.token().split(".")
    refused(guard, f"{header}.{issuer.token(scope='admin').split('.')[1]}.{signature}")


@pytest.mark.parametrize(
    "payload",
    [
        lambda said: json.dumps(said)[:-1] + ', "scope": "admin"}',
        lambda said: json.dumps([said]),
        lambda _: "not json",
        lambda said: json.dumps(said)[:-1] + ', "x": NaN}',
        lambda said: json.dumps(said)[:-1] + ', "x": 1e999}',
        lambda said: json.dumps(said)[:-1] + ', "x": ' + "[" * 4000 + "]" * 4000 + "}",
        lambda said: "\ufeff" + json.dumps(said),
    ],
    ids=["a name twice", "a list", "no JSON", "NaN", "infinity", "deeply nested", "a mark before it"],
)
def test_a_payload_that_can_be_read_in_two_ways_is_refused(issuer: Issuer, guard: Guard, payload: Callable[[dict[str, Any]], str]) -> None:
    text = payload(claims(issuer))
    refused(guard, _signed(issuer, text))


def _signed(issuer: Issuer, payload: str) -> str:
    """A token with this very text, by the issuer's key."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    signing = f"{issuer.token().split('.')[0]}.{encoded(payload.encode())}"
    r, s = decode_dss_signature(issuer._key.sign(signing.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{signing}.{encoded(r.to_bytes(32) + s.to_bytes(32))}"


def test_this_test_can_sign_a_payload_that_is_taken(issuer: Issuer, guard: Guard) -> None:
    assert guard.check([f"Bearer {_signed(issuer, json.dumps(claims(issuer)))}"]).subject


@pytest.mark.parametrize("token", ["opaque", "a.b", "a.b.c.d.e", ".", "..", "é.é.é", "a b c", "x" * 20000, "=.=.="])
def test_what_is_no_jws_is_refused(guard: Guard, token: str) -> None:
    refused(guard, token)


def test_a_good_token_with_more_behind_it_is_refused(issuer: Issuer, guard: Guard) -> None:
    for more in (".", ".e30", ".e30.AA"):
        refused(guard, issuer.token() + more)


def test_a_token_that_is_too_long_is_refused_unread(issuer: Issuer, guard: Guard) -> None:
    assert guard.check([f"Bearer {issuer.token(padding='x' * 8000)}"]).subject
    refused(guard, issuer.token(padding="x" * 16384))


def test_padding_and_other_letters_are_refused(issuer: Issuer, guard: Guard) -> None:
    header, payload, signature = issuer.token().split(".")
    for changed in (
        f"{header}=.{payload}.{signature}",
        f"{header}.{payload}==.{signature}",
        f"{header}.{payload}.{signature}=",
        f"{header}.{payload}\n.{signature}",
    ):
        refused(guard, changed)


def test_two_clocks_may_differ_a_little_and_no_more(issuer: Issuer) -> None:
    guard = issuer.guard()
    assert guard.check([f"Bearer {issuer.token(exp=NOW - 9)}"]).subject
    assert guard.check([f"Bearer {issuer.token(iat=NOW + 10, nbf=NOW + 10, auth_time=NOW + 10)}"]).subject
    refused(guard, issuer.token(exp=NOW - 10))
    for name in ("iat", "nbf", "auth_time"):
        refused(guard, issuer.token(**{name: NOW + 11}))


def test_applications_that_are_not_served_are_refused_where_they_are_named(issuer: Issuer) -> None:
    settings = Settings(issuer=issuer.settings.issuer, audience=issuer.settings.audience, clients=frozenset({"ours"}))
    guard = Guard(settings, web=issuer, clock=issuer.clock)
    assert guard.check([f"Bearer {issuer.token(client_id='ours')}"]).subject
    refused(guard, issuer.token(client_id="other"))


@pytest.mark.parametrize("headers", [[], [""], ["Bearer"], ["Bearer "], ["Basic abc"], ["DPoP abc"], ["abc"]])
def test_without_a_bearer_token_it_is_asked_for_one_and_no_error_is_named(guard: Guard, headers: list[str]) -> None:
    with pytest.raises(Refusal) as told:
        guard.check(headers)
    assert (told.value.status, told.value.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_two_authorization_headers_are_a_bad_request(issuer: Issuer, guard: Guard) -> None:
    with pytest.raises(Refusal) as told:
        guard.check([f"Bearer {issuer.token()}"] * 2)
    assert (told.value.status, told.value.error) == (400, "invalid_request")


def test_the_scheme_is_a_word_in_any_case(issuer: Issuer, guard: Guard) -> None:
    assert guard.check([f"bEARER   {issuer.token()} "]).subject


async def test_async_code_hears_the_same(issuer: Issuer) -> None:
    guard = issuer.guard()
    assert (await guard.acheck([f"Bearer {issuer.token()}"])).subject
    with pytest.raises(Refusal):
        await guard.acheck([f"Bearer {issuer.token(aud='other')}"])


def test_a_token_is_shown_by_no_log_that_prints_it(issuer: Issuer, guard: Guard) -> None:
    raw = issuer.token()
    shown = repr(guard.check([f"Bearer {raw}"])) + repr(guard.settings)
    assert raw not in shown
    assert "somebody" not in shown
    assert issuer.settings.client_secret not in shown
