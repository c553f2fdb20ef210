"""users: made, found, changed, blocked, deleted."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.http.management.house import NOW, House
from yett.adapters.deliver.words import LANGUAGES
from yett.domain.account import Account
from yett.domain.attempt import Attempt
from yett.domain.enrolment import Enrolment
from yett.domain.session import Conclusion, Session

ADA: dict[str, Any] = {
    "connection": "Username-Password-Authentication",
    "email": "Ada@Example.com",
    "password": "correct horse battery",
    "user_id": "ada",
    "given_name": "Ada",
    "user_metadata": {"theme": "dark"},
}


async def created(house: House, **body: Any) -> dict[str, Any]:
    answer = await house.call("POST", "users", {**ADA, **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def kept(house: House, id: str = "auth0|ada") -> tuple[Account, dict[str, Enrolment]]:
    found = await house.store.account(id)
    assert found is not None
    return found[0], {one.kind: one for one in found[1]}


async def signed_in(house: House, account: Account) -> None:
    """A session and a grant."""
    now = house.clock.now
    attempt = Attempt("attempt", "browser", b"holder", "shop-client", now, now + 900, account=account.id)
    await house.store.begin(attempt, ())
    session = Session(b"cookie", "sid", account.id, (), now, now + 3600, now + 86400)
    assert await house.store.conclude(attempt, Conclusion(session=session), (), now)
    await house.grant(account)


async def test_a_new_user_comes_back_as_auth0_shows_it(house: House) -> None:
    assert await created(house) == {
        "user_id": "auth0|ada",
        "email": "ada@example.com",
        "email_verified": False,
        "blocked": False,
        "created_at": "2027-01-15T08:00:00.000Z",
        "updated_at": "2027-01-15T08:00:00.000Z",
        "identities": [{"user_id": "ada", "provider": "auth0", "connection": "Username-Password-Authentication", "isSocial": False}],
        "name": "ada@example.com",
        "nickname": "ada",
        "given_name": "Ada",
        "user_metadata": {"theme": "dark"},
    }


async def test_the_password_is_an_enrolment_and_is_hashed(house: House) -> None:
    await created(house)
    _, has = await kept(house)
    assert has["password"].state.secret == b"plain:correct horse battery"
    assert has["password"].id.startswith("password|dev_")


@pytest.mark.parametrize("verified", [True, False])
async def test_a_verified_address_and_no_other_is_an_implicit_factor(house: House, verified: bool) -> None:
    await created(house, email_verified=verified)
    _, has = await kept(house)
    assert ("email" in has) == verified
    if verified:
        assert (has["email"].link, has["email"].state.open) == ("implicit", b"ada@example.com")


@pytest.mark.parametrize(
    "body",
    [
        {"password": "short"},
        {"password": "Password123"},
        {"password": "ada@example.com1"},
        {"password": "aaaaaaaaaaaa"},
        {"password": "x" * 257},
        {"email": "no address"},
        {"email": "a@b\r\nBcc: all@example.com"},
        {"email": "a@b, c@d"},
        {"email": "<a@b>"},
        {"email": 1},
        {"username": "ada@example.com"},
        {"username": "two words"},
        {"connection": "google-oauth2"},
        {"user_id": "auth0|other"},
        {"verify_email": True},
        {"phone_number": "call me"},
        {"user_metadata": []},
    ],
)
async def test_a_user_that_nobody_may_be_is_refused(house: House, body: dict[str, Any]) -> None:
    assert (await house.call("POST", "users", {**ADA, **body})).status_code == 400
    assert await house.get("users") == []


@pytest.mark.parametrize(
    "field", ["security_version", "paced_at", "created_at", "id", "identities", "multifactor", "profile", "password_hash", "app_metadata.x"]
)
async def test_mass_assignment_no_field_of_a_user_is_set_that_is_not_offered(house: House, field: str) -> None:
    await created(house)
    before = await kept(house)
    answer = await house.call("PATCH", "users/auth0%7Cada", {field: 7})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "invalid_body")
    assert await kept(house) == before


async def test_an_address_has_one_account_whatever_its_case(house: House) -> None:
    await created(house)
    answer = await house.call("POST", "users", {**ADA, "user_id": "other", "email": "ADA@EXAMPLE.COM"})
    assert (answer.status_code, answer.json()["errorCode"]) == (409, "user_exists")


async def test_an_id_is_found_percent_encoded_and_plain(house: House) -> None:
    await created(house)
    assert (await house.get("users/auth0%7Cada"))["user_id"] == "auth0|ada"
    assert (await house.get("users/auth0|ada"))["user_id"] == "auth0|ada"
    assert (await house.call("GET", "users/auth0%257Cada")).status_code == 404


@pytest.mark.parametrize(
    "q", ['email:"ada@example.com"', "email:ADA@example.com", 'user_id:"auth0|ada"', "ada@ex", "ada", "ada@example.com", 'username:"lovelace"']
)
async def test_a_user_is_found_by_address_id_name_or_a_part(house: House, q: str) -> None:
    await created(house, username="Lovelace")
    await created(house, user_id="eve", email="eve@example.com")
    assert [one["user_id"] for one in await house.get("users", q=q, search_engine="v3")] == ["auth0|ada"]
    assert await house.get("users", q=q, page=1) == []


@pytest.mark.parametrize("q", ["blocked:true", 'email:"*@example.com"', "user_id:[a TO b]", "email:x OR email:y"])
async def test_a_search_that_is_not_understood_is_refused_rather_than_answered_with_everybody(house: House, q: str) -> None:
    await created(house)
    answer = await house.call("GET", "users", params={"q": q})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "invalid_query_string")


async def test_wildcards_of_the_database_find_nobody(house: House) -> None:
    await created(house)
    assert await house.get("users", q="%") == []
    assert await house.get("users", q="_") == []


async def test_pages_of_users_end(house: House) -> None:
    for name in "abc":
        await created(house, user_id=name, email=f"{name}@example.com")
    pages = [await house.get("users", page=page, per_page=2, include_totals="true") for page in range(3)]
    assert [len(page["users"]) for page in pages] == [2, 1, 0]
    assert (pages[1]["start"], pages[1]["limit"], pages[1]["total"]) == (2, 2, 3)


async def test_users_by_email_finds_one_or_none(house: House) -> None:
    await created(house)
    assert [one["user_id"] for one in await house.get("users-by-email", email="ADA@example.com")] == ["auth0|ada"]
    assert await house.get("users-by-email", email="ad@example.com") == []


async def test_metadata_is_merged_one_level_deep_and_null_takes_away(house: House) -> None:
    await created(house, user_metadata={"theme": "dark", "deep": {"a": 1}}, app_metadata={"plan": "x"})
    body = {"user_metadata": {"theme": None, "deep": {"b": 2}, "lang": "de"}, "app_metadata": {}, "given_name": None}
    changed = (await house.call("PATCH", "users/auth0%7Cada", body)).json()
    assert (changed["user_metadata"], changed["app_metadata"]) == ({"deep": {"b": 2}, "lang": "de"}, {})
    assert "given_name" not in changed


async def test_a_new_name_ends_nothing(house: House) -> None:
    await created(house)
    account, _ = await kept(house)
    await signed_in(house, account)
    await house.call("PATCH", "users/auth0%7Cada", {"name": "Countess"})
    assert await house.store.sessions(account.id, NOW)
    assert await house.store.grant_live("grant", NOW)
    assert (await kept(house))[0].security_version == account.security_version
    assert await house.notices() == []


@pytest.mark.parametrize(
    "body, template",
    [
        ({"password": "another long password"}, "password_changed"),
        ({"blocked": True}, "account_blocked"),
        ({"email": "new@example.com"}, "email_changed"),
    ],
)
async def test_a_new_password_address_or_block_ends_all_sessions_and_is_told(house: House, body: dict[str, Any], template: str) -> None:
    await created(house)
    account, _ = await kept(house)
    await signed_in(house, account)
    assert (await house.call("PATCH", "users/auth0%7Cada", body)).status_code == 200
    assert await house.store.sessions(account.id, NOW) == ()
    assert not await house.store.grant_live("grant", NOW)
    assert (await kept(house))[0].security_version > account.security_version
    assert await house.notices() == [(template, "ada@example.com")]
    assert house.posted == 1
    assert all(template in words for words in LANGUAGES.values())


async def test_a_new_password_is_a_new_generation_so_the_old_one_vouches_no_longer(house: House) -> None:
    await created(house)
    _, before = await kept(house)
    await house.call("PATCH", "users/auth0%7Cada", {"password": "another long password"})
    _, after = await kept(house)
    assert after["password"].id == before["password"].id
    assert after["password"].generation == before["password"].generation + 1
    assert after["password"].state.secret == b"plain:another long password"


async def test_a_new_address_is_not_verified_unless_that_is_said(house: House) -> None:
    await created(house, email_verified=True)
    changed = (await house.call("PATCH", "users/auth0%7Cada", {"email": "new@example.com"})).json()
    assert not changed["email_verified"]
    assert (await kept(house))[1]["email"].status == "deleted"
    again = (await house.call("PATCH", "users/auth0%7Cada", {"email": "third@example.com", "email_verified": True})).json()
    assert again["email_verified"]
    email = (await kept(house))[1]["email"]
    assert (email.status, email.state.open) == ("active", b"third@example.com")


async def test_what_was_proven_through_the_old_mailbox_is_proven_no_longer(house: House) -> None:
    await created(house, email_verified=True)
    _, before = await kept(house)
    await house.call("PATCH", "users/auth0%7Cada", {"email": "new@example.com", "email_verified": True})
    _, after = await kept(house)
    assert after["email"].generation > before["email"].generation


async def test_an_address_of_somebody_else_cannot_be_taken(house: House) -> None:
    await created(house)
    await created(house, user_id="eve", email="eve@example.com")
    answer = await house.call("PATCH", "users/auth0%7Ceve", {"email": "ada@example.com"})
    assert answer.status_code == 409


async def test_the_regime_says_how_short_a_password_may_be(house: House) -> None:
    await house.store.configure(((await house.store.catalogue()).tenant._replace(regime="pci-dss-4"),), (), ())
    answer = await house.call("POST", "users", {**ADA, "password": "eleven char"})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "invalid_password")
    assert (await house.call("POST", "users", {**ADA, "password": "twelve chars"})).status_code == 201


async def test_a_password_that_stands_alone_is_longer_and_beside_a_factor_it_is_not(house: House) -> None:
    await house.store.configure(((await house.store.catalogue()).tenant._replace(regime="nist-aal2"),), (), ())
    assert (await house.call("POST", "users", {**ADA, "password": "fourteen chars"})).status_code == 400
    made = await house.call("POST", "users", {**ADA, "password": "fifteen  letters"})
    assert made.status_code == 201
    at = "users/" + quote(made.json()["user_id"], safe="")
    assert (await house.call("PATCH", at, {"password": "fourteen chars"})).status_code == 400
    assert (await house.call("POST", f"{at}/authentication-methods", {"type": "totp", "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"})).status_code == 201
    assert (await house.call("PATCH", at, {"password": "fourteen chars"})).status_code == 200


async def test_a_flood_of_passwords_is_answered_429(house: House) -> None:
    house.hasher.full = True
    answer = await house.call("POST", "users", ADA)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")


async def test_no_password_is_in_the_log_or_in_an_answer(house: House) -> None:
    made = await created(house)
    changed = await house.call("PATCH", "users/auth0%7Cada", {"password": "another long password"})
    await house.call("PATCH", "users/auth0%7Cada", {"password": "x", "colour": "red"})
    told = repr([*await house.facts("sapi"), *await house.facts("fapi"), made, changed.json()])
    assert "correct horse battery" not in told
    assert "another long password" not in told


async def test_a_deleted_user_is_gone_and_the_log_stays(house: House) -> None:
    await created(house)
    assert (await house.call("DELETE", "users/auth0%7Cada")).status_code == 204
    assert (await house.call("GET", "users/auth0%7Cada")).status_code == 404
    assert [fact.data["method"] for fact in await house.facts("sapi")] == ["POST", "DELETE"]


async def test_sessions_are_listed_and_ended(house: House) -> None:
    await created(house)
    account, _ = await kept(house)
    await signed_in(house, account)
    (session,) = (await house.get("users/auth0%7Cada/sessions", include_totals="true"))["sessions"]
    assert (session["id"], session["user_id"], session["authentication"]) == ("sid", "auth0|ada", {"methods": []})
    assert (await house.call("DELETE", "users/auth0%7Cada/sessions")).status_code == 202
    assert (await house.get("users/auth0%7Cada/sessions"))["sessions"] == []
    assert not await house.store.grant_live("grant", NOW)


async def test_somebody_with_a_second_factor_is_shown_to_have_one(house: House) -> None:
    await house.account()
    await house.account("eve", kinds=("password",))
    assert (await house.get("users/auth0%7Cada"))["multifactor"] == ["guardian"]
    assert (await house.get("users/auth0%7Ceve"))["multifactor"] == []


async def test_a_change_that_crosses_another_is_made_on_what_the_other_left(house: House) -> None:
    await created(house)
    real, calls = house.store.change_account, 0

    async def crossed(seen: Account, new: Account, *args: Any, **more: Any) -> bool:
        nonlocal calls
        calls += 1
        if calls == 1:
            blocked = seen._replace(blocked=True, security_version=seen.security_version + 1)
            await real(seen, blocked, (), ends=True, now=NOW, facts=())
        return await real(seen, new, *args, **more)

    house.store.change_account = crossed  # type: ignore[method-assign]
    await house.call("PATCH", "users/auth0%7Cada", {"name": "Countess"})
    account, _ = await kept(house)
    assert (calls, account.blocked) == (2, True)


async def test_a_new_number_is_not_verified_unless_that_is_said_along_with_it(house: House) -> None:
    made = await created(house, phone_number="+15550100", phone_verified=True)
    path = f"users/{made['user_id']}"
    assert (await house.call("PATCH", path, {"given_name": "Ann"})).json()["phone_verified"] is True
    assert "phone_verified" not in (await house.call("PATCH", path, {"phone_number": "+15550101"})).json()
    both = (await house.call("PATCH", path, {"phone_number": "+15550102", "phone_verified": True})).json()
    assert (both["phone_number"], both["phone_verified"]) == ("+15550102", True)
