"""grants: what people have let applications have, in Auth0's shape."""

from typing import Any

from tests.http.management.house import ISSUER, NOW, House
from yett.domain.attempt import Attempt
from yett.domain.client import Client
from yett.domain.consent import Consent
from yett.domain.session import Conclusion, Grant

API = "https://api.bank.example/"


async def agreed(house: House, name: str, *these: tuple[str, str]) -> list[Consent]:
    """Somebody has let applications have what they asked for: pairs of application and API."""
    owner = await house.account(name)
    await house.store.configure([Client(client, client, first_party=False) for client, _ in these], (), ())
    consents = [Consent(f"con_{name}_{at}", owner.id, client, api, ("openid",), NOW + at, NOW) for at, (client, api) in enumerate(these)]
    attempt = Attempt(f"at_{name}", "browser", b"h", "shop", NOW, NOW + 900, account=owner.id)
    await house.store.begin(attempt, ())
    assert await house.store.conclude(attempt, Conclusion(consents=tuple(consents)), (), NOW)
    for client in {client for client, _ in these}:
        await house.store.grant(Grant(f"grant_{name}_{client}", owner.id, client, NOW, NOW + 900, (), ()), (), ())
    return consents


async def shown(house: House, **query: Any) -> list[tuple[str, str, str]]:
    return [(one["user_id"], one["clientID"], one["audience"]) for one in await house.get("grants", **query)]


async def test_grants_are_listed_as_auth0_lists_them_and_filtered(house: House) -> None:
    await agreed(house, "ada", ("books", ""), ("books", API))
    await agreed(house, "bob", ("music", API))
    page = await house.get("grants", include_totals="true", user_id="auth0|ada")
    assert (page["start"], page["limit"], page["total"]) == (0, 50, 2)
    userinfo = f"{ISSUER}userinfo"
    assert page["grants"][0] == {"id": "con_ada_0", "clientID": "books", "user_id": "auth0|ada", "audience": userinfo, "scope": ["openid"]}
    assert await shown(house, audience=userinfo) == [("auth0|ada", "books", userinfo)]
    assert await shown(house, client_id="music") == [("auth0|bob", "music", API)]
    assert len(await shown(house, per_page=1, page=1)) == 1
    assert (await house.call("GET", "grants", params={"unheard": "of"})).status_code == 400


async def test_a_grant_that_is_deleted_ends_what_its_application_holds_of_that_user_alone(house: House) -> None:
    await agreed(house, "ada", ("books", ""), ("music", ""))
    await agreed(house, "bob", ("books", ""))
    assert (await house.call("DELETE", "grants/con_ada_0")).status_code == 204
    assert (await house.call("DELETE", "grants/con_ada_0")).status_code == 404
    live = [await house.store.grant_live(f"grant_{one}", NOW) for one in ("ada_books", "ada_music", "bob_books")]
    assert live == [False, True, True]
    assert [one[1] for one in await shown(house, user_id="auth0|ada")] == ["music"]
    (fact, *_), _ = await house.store.facts(0, 1, account="auth0|ada")
    assert (fact.type, fact.data["application"]) == ("sapi", "books")


async def test_all_grants_of_a_user_are_deleted_at_once_and_nobodys_else(house: House) -> None:
    await agreed(house, "ada", ("books", ""), ("books", API), ("music", ""))
    await agreed(house, "bob", ("books", ""))
    assert (await house.call("DELETE", "grants")).status_code == 400
    assert (await house.call("DELETE", "grants", params={"user_id": "auth0|ada"})).status_code == 204
    assert [one[0] for one in await shown(house)] == ["auth0|bob"]
    assert not await house.store.grant_live("grant_ada_music", NOW)
    assert await house.store.grant_live("grant_bob_books", NOW)
