"""Forward authentication: an application that knows nothing of us is behind a gate that nobody walks around."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.http.browser import Browser, Page, call
from tests.world import MULTI_FACTOR, World, world
from yett.domain.protected import Protected, protected
from yett.flows.protect import Protect
from yett.house.served import house

WIKI, SHOP = "https://wiki.example.test", "https://shop.example.test"
PROXY = "10.0.0.1"
STEP = {"acr": MULTI_FACTOR}
HTML = {"accept": "text/html", "sec-fetch-mode": "navigate"}


@dataclass
class Answer:
    """What the proxy is told."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for one, value in self.headers if one == name), "")

    @property
    def query(self) -> dict[str, str]:
        return {name: value for name, (value,) in parse_qs(urlsplit(self.header("location")).query).items()}


@dataclass
class Visitor:
    """Somebody's browser before a protected host: its cookies there, and those that it has with us."""

    w: World
    host: str = WIKI
    jar: dict[str, str] = field(default_factory=dict)
    at: str = "/forward-auth"

    def __post_init__(self) -> None:
        self.browser: Browser = self.w.browser()

    async def ask(self, uri: str = "/page", demand: str = "", *, method: str = "GET", peer: str = PROXY, **more: str) -> Answer:
        """A request of theirs, as the proxy tells of it."""
        scheme, _, name = self.host.partition("://")
        said = {"x-forwarded-method": method, "x-forwarded-proto": scheme, "x-forwarded-host": name, "x-forwarded-uri": uri}
        cookies = {"cookie": "; ".join(f"{name}={value}" for name, value in self.jar.items())}
        headers = {**said, **cookies, **HTML, **{name.replace("_", "-"): value for name, value in more.items()}}
        answer = Answer(*await call(self.w.app, "GET", self.at + (f"?{demand}" if demand else ""), headers=headers, client=peer))
        for value in (value for name, value in answer.headers if name == "set-cookie"):
            name, _, rest = value.partition("=")
            assert name.startswith("__Host-")
            assert {"Path=/", "HttpOnly", "Secure", "SameSite=Lax"} <= set(rest.split("; "))
            if "Max-Age=0" in rest:
                self.jar.pop(name, None)
            else:
                self.jar[name] = rest.partition(";")[0]
        return answer

    async def login(self, uri: str = "/page", demand: str = "", name: str = "ada") -> Answer:
        """To the login, through it, and back; what the callback answers."""
        return await self.back(await self.through(await self.ask(uri, demand), name))

    async def through(self, answer: Answer, name: str = "ada") -> Page:
        """The login pages, as far as they are asked for."""
        assert answer.status == 303, answer
        page = await self.browser.get(answer.header("location"))
        if page.screen == "login-id":
            page = await self.browser.submit(page, username=f"{name}@example.test")
        if page.screen == "login-password":
            page = await self.browser.submit(page, password=f"secret of {name}")
        if page.screen == "mfa-otp-challenge":
            page = await self.w.prove(self.browser, page, name)
        return page

    async def back(self, page: Page) -> Answer:
        assert page.url.startswith(self.host + "/.yett/callback?"), page.url
        return await self.ask(page.url.removeprefix(self.host))

    @property
    def cookie(self) -> str:
        return self.jar.get("__Host-yett-pass", "")


@asynccontextmanager
async def protecting(*hosts: Protected, **tenant: Any) -> AsyncIterator[World]:
    """A house before these hosts, and behind one proxy."""
    async with world(**tenant) as w:
        hosts = hosts or (protected(WIKI), protected(SHOP))
        w.ground = w.ground._replace(config=replace(w.ground.config, protect=hosts, trusted_proxies=(ip_network(PROXY),)))
        w.app = house(w.ground, None).asgi
        await Protect(w.store, w.ground.mint)(hosts)
        await w.person()
        yield w


# The way in


async def test_a_stranger_is_sent_to_log_in_and_comes_back_to_where_they_were() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        answer = await ada.login("/page?q=1&r=2")
        assert (answer.status, answer.header("location")) == (303, f"{WIKI}/page?q=1&r=2")
        let_in = await ada.ask()
        assert (let_in.status, let_in.body) == (200, b"")
        assert [let_in.header(f"x-yett-{name}") for name in ("sub", "amr", "acr")] == ["auth0|ada", "pwd", ""]
        assert let_in.header("x-yett-auth-time") == str(w.clock.now)


async def test_nothing_is_said_of_an_address_that_was_not_confirmed() -> None:
    async with protecting() as w:
        await w.person("bob", verified=True, profile=json.dumps({"name": "Bób\u2028"}).encode())
        ada, bob = Visitor(w), Visitor(w)
        await ada.login()
        await bob.login(name="bob")
        assert ("x-yett-email", "") in (await ada.ask()).headers
        told = await bob.ask()
        assert told.header("x-yett-email") == "bob@example.test"
        assert told.header("x-yett-name") == ""


async def test_a_place_that_demands_more_asks_for_it_and_is_told_what_was_shown() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        await ada.login()
        assert (await ada.ask("/admin", f"acr={MULTI_FACTOR}")).status == 303
        await ada.login("/admin", f"acr={MULTI_FACTOR}")
        answer = await ada.ask("/admin", f"acr={MULTI_FACTOR}")
        assert (answer.status, answer.header("x-yett-acr"), answer.header("x-yett-amr")) == (200, MULTI_FACTOR, "pwd otp mfa")


async def test_what_a_host_demands_of_everybody_no_query_lowers() -> None:
    async with protecting(protected(WIKI, (MULTI_FACTOR,), 600)) as w:
        ada = Visitor(w)
        page = await ada.through(await ada.ask("/", "max_age=86400"))
        await ada.back(page)
        assert (await ada.ask("/")).status == 200
        w.clock.now += 601
        assert (await ada.ask("/", "max_age=86400")).status == 303


async def test_a_visitor_who_strips_the_demand_from_the_login_is_not_let_in() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        answer = await ada.ask("/admin", f"acr={MULTI_FACTOR}")
        url = answer.header("location").split("&claims=")[0]
        assert url != answer.header("location")
        page = await ada.through(Answer(303, [("location", url)], b""))
        led = await ada.back(page)
        assert led.header("location") == "http://localhost:8000/forward-auth/stopped?why=unmet_authentication_requirements"
        assert ada.cookie == ""
        assert (await ada.ask("/admin", f"acr={MULTI_FACTOR}")).status == 303


async def test_a_demand_that_this_account_cannot_meet_ends_on_a_page_and_not_in_a_circle() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        led = await ada.login("/admin", "acr=phrh")
        assert led.header("location").endswith("/forward-auth/stopped?why=unmet_authentication_requirements")
        page = await w.browser().get(led.header("location"))
        assert (page.status, page.screen) == (403, "error")
        assert "A stronger login is needed" in page.text
        assert (await w.browser().get("/forward-auth/stopped?why=<script>")).status == 403


async def test_a_session_that_is_enough_opens_the_next_host_without_a_page() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        await ada.login()
        shop = Visitor(w, SHOP)
        shop.browser = ada.browser
        page = await shop.browser.get((await shop.ask()).header("location"))
        assert (await shop.back(page)).header("location") == f"{SHOP}/page"
        assert (await shop.ask()).status == 200


# Who is not sent away


@pytest.mark.parametrize(
    "more", [{"method": "POST"}, {"method": "DELETE"}, {"sec_fetch_mode": "cors"}, {"x_requested_with": "XMLHttpRequest"}, {"sec_fetch_mode": "websocket"}]
)
async def test_a_script_and_a_form_are_told_by_rfc_9470_and_never_redirected(more: dict[str, str]) -> None:
    async with protecting() as w:
        ada = Visitor(w)
        answer = await ada.ask("/admin", f"acr={MULTI_FACTOR}&max_age=600", **more)
        assert answer.status == 401
        assert answer.header("location") == answer.header("set-cookie") == ""
        assert answer.header("www-authenticate").startswith('Bearer error="insufficient_user_authentication"')
        assert f'acr_values="{MULTI_FACTOR}", max_age="600"' in answer.header("www-authenticate")
        assert json.loads(answer.body) == {"error": "insufficient_user_authentication", "code": "mfa_required"}
        await ada.login("/admin", f"acr={MULTI_FACTOR}")
        assert (await ada.ask("/admin", f"acr={MULTI_FACTOR}&max_age=600", **more)).status == 200


async def test_nginx_is_told_by_status_alone_and_starts_the_login_afterwards() -> None:
    async with protecting() as w:
        ada = Visitor(w, at="/forward-auth/status")
        assert (await ada.ask()).status == 401
        ada.at = "/forward-auth/start"
        assert (await ada.ask("/x", method="POST")).status == 401
        page = await ada.through(await ada.ask("/x"))
        ada.at = "/.yett/callback"
        await ada.back(page)
        ada.at = "/forward-auth/start"
        assert (await ada.ask("/x")).header("location") == f"{WIKI}/x"
        ada.at = "/forward-auth/status"
        assert (await ada.ask()).status == 200
        ada.at = "/.yett/other"
        assert (await ada.ask("/.yett/other")).status == 404
        assert (await ada.ask("/page")).status == 403


# Who may ask


@pytest.mark.parametrize("peer", ["10.0.0.2", "127.0.0.1", "198.51.100.7"])
async def test_row_17_nobody_but_a_trusted_proxy_says_what_is_asked_for(peer: str) -> None:
    async with protecting() as w:
        ada = Visitor(w)
        await ada.login()
        for at in ("/forward-auth", "/forward-auth/status", "/forward-auth/start", "/.yett/callback"):
            ada.at = at
            answer = await ada.ask("/.yett/callback" if at.startswith("/.yett") else "/", peer=peer)
            assert answer.status == 403
            assert not [name for name, _ in answer.headers if name.startswith(("x-yett", "location", "set-cookie"))]


async def test_every_header_is_always_set_so_that_no_visitors_own_is_left() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        await ada.login()
        names = sorted(name for name, _ in (await ada.ask()).headers if name.startswith("x-yett"))
        assert names == ["x-yett-acr", "x-yett-amr", "x-yett-auth-time", "x-yett-email", "x-yett-name", "x-yett-sub"]


@pytest.mark.parametrize("host", ["https://evil.example", "http://wiki.example.test", "https://wiki.example.test:8443", "https://localhost:8000"])
async def test_a_host_that_is_not_configured_is_refused_and_nobody_is_sent_there(host: str) -> None:
    async with protecting() as w:
        answer = await Visitor(w, host).ask()
        assert (answer.status, answer.header("location")) == (403, "")


@pytest.mark.parametrize("demand", ["acr=mfa", "arc=phr", "max_age=1", "acr="])
async def test_a_demand_that_cannot_be_understood_lets_nobody_in(demand: str) -> None:
    async with protecting() as w:
        ada = Visitor(w)
        await ada.login()
        assert (await ada.ask("/", demand)).status == 403


async def test_an_application_that_was_deleted_lets_nobody_in() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        await ada.login()
        await w.store.configure((), (("client", "forward-auth:wiki.example.test"),), ())
        assert (await ada.ask()).status == 303


# Cookies and codes


async def test_a_cookie_opens_its_own_host_alone_and_is_no_token() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        await ada.login()
        thief = Visitor(w, SHOP, dict(ada.jar))
        assert (await thief.ask()).status == 303
        status, _ = await w.get("/userinfo", authorization=f"Bearer {ada.cookie}")
        assert status == 401
        made_up = Visitor(w, jar={"__Host-yett-pass": ada.cookie[:-1]})
        assert (await made_up.ask()).status == 303
        unprefixed = Visitor(w, jar={"yett-pass": ada.cookie})
        assert (await unprefixed.ask()).status == 303


async def test_an_answer_is_good_once() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        page = await ada.through(await ada.ask())
        await ada.back(page)
        first = ada.cookie
        again = await ada.back(page)
        assert again.header("location").endswith("/forward-auth/stopped?why=expired")
        assert ada.cookie == first
        assert (await ada.ask()).status == 303, "a code that was shown twice takes what was made of it along"


async def test_an_answer_is_good_in_the_browser_that_began_alone() -> None:
    async with protecting() as w:
        ada, eve = Visitor(w), Visitor(w)
        page = await eve.through(await eve.ask())
        await ada.ask()
        led = await ada.back(page)
        assert led.header("location").endswith("why=expired")
        nobody = Visitor(w)
        assert (await nobody.back(page)).header("location").endswith("why=expired")
        assert (ada.cookie, nobody.cookie) == ("", "")


async def test_a_code_of_another_way_another_host_or_another_application_is_not_taken() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        one, other = await ada.through(await ada.ask("/one")), await ada.through(await ada.ask("/other"))
        mixed = one.url.replace(one.query["code"], other.query["code"])
        assert (await ada.ask(mixed.removeprefix(WIKI))).header("location").endswith("why=expired")
        shop = Visitor(w, SHOP)
        shop.browser = ada.browser
        theirs = await shop.browser.get((await shop.ask()).header("location"))
        mixed = one.url.replace(one.query["code"], theirs.query["code"])
        assert (await ada.ask(mixed.removeprefix(WIKI))).header("location").endswith("why=expired")
        web = await w.authorize(ada.browser)
        mixed = one.url.replace(one.query["code"], web.query["code"])
        assert (await ada.ask(mixed.removeprefix(WIKI))).header("location").endswith("why=expired")
        assert (await ada.back(one)).header("location") == f"{WIKI}/one"


@pytest.mark.parametrize("name", ["nonce", "code_challenge"])
async def test_a_code_that_was_asked_for_with_another_nonce_or_challenge_is_not_taken(name: str) -> None:
    async with protecting() as w:
        ada = Visitor(w)
        answer = await ada.ask()
        url = answer.header("location")
        changed = url.replace(f"{name}={answer.query[name]}", f"{name}={'x' * 43}")
        assert changed != url
        page = await ada.through(Answer(303, [("location", changed)], b""))
        assert (await ada.back(page)).header("location").endswith("why=expired")
        assert ada.cookie == ""


async def test_an_answer_of_another_issuer_or_with_a_parameter_twice_is_not_taken() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        page = await ada.through(await ada.ask())
        path = page.url.removeprefix(WIKI)
        for changed in (path.replace("localhost%3A8000", "evil.example"), path.replace("&iss=", "&was="), path + "&code=x", path + "&state=x"):
            assert changed != path
            assert (await ada.ask(changed)).header("location").endswith("why=expired"), changed
        assert (await ada.back(page)).header("location") == f"{WIKI}/page"


async def test_the_codes_of_a_host_are_redeemed_by_nobody_else() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        page = await ada.through(await ada.ask())
        client = "forward-auth:wiki.example.test"
        asked = {"grant_type": "authorization_code", "code": page.query["code"], "redirect_uri": f"{WIKI}/.yett/callback", "client_id": client}
        for secret in ("", "x"):
            status, answer = await w.post("/oauth/token", {**asked, "client_secret": secret})
            assert (status, answer["error"]) == (401, "invalid_client")


async def test_two_tabs_begin_and_both_come_back() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        one, other = await ada.ask("/one"), await ada.ask("/other")
        second, first = await ada.through(other), await ada.through(one)
        assert (await ada.back(first)).header("location") == f"{WIKI}/one"
        assert (await ada.back(second)).header("location") == f"{WIKI}/other"
        assert (await ada.ask()).status == 200


async def test_a_new_login_takes_the_place_of_the_one_before() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        await ada.login()
        before = Visitor(w, jar=dict(ada.jar))
        await ada.login("/admin", f"acr={MULTI_FACTOR}")
        assert (await before.ask()).status == 303
        assert (await ada.ask()).status == 200


# The end


async def ends_at_logout(w: World, ada: Visitor) -> None:
    await ada.browser.get("/v2/logout")


async def ends_at_sign_out(w: World, ada: Visitor) -> None:
    await ada.ask("/.yett/sign-out")


async def ends_with_its_session(w: World, ada: Visitor) -> None:
    (session,) = await w.store.sessions("auth0|ada", w.clock.now)
    assert await w.store.end_session("auth0|ada", session.sid, w.clock.now, ())


async def ends_with_a_block(w: World, ada: Visitor) -> None:
    seen, _ = await w.store.account("auth0|ada")
    new = seen._replace(blocked=True, security_version=seen.security_version + 1)
    assert await w.store.change_account(seen, new, (), ends=True, now=w.clock.now, facts=())


async def ends_with_its_factor(w: World, ada: Visitor) -> None:
    assert await w.store.unenrol("auth0|ada", ["totp|dev_ada"], w.clock.now, ())


async def ends_with_a_policy(w: World, ada: Visitor) -> None:
    await w.configure(regime="nist-aal3")


async def ends_when_it_is_idle(w: World, ada: Visitor) -> None:
    w.clock.now += 3 * 86400 + 1


@pytest.mark.parametrize(
    "end", [ends_at_logout, ends_at_sign_out, ends_with_its_session, ends_with_a_block, ends_with_its_factor, ends_with_a_policy, ends_when_it_is_idle]
)
async def test_what_ends_the_login_shuts_the_gate_at_once(end: Any) -> None:
    async with protecting() as w:
        ada = Visitor(w)
        await ada.login(demand=f"acr={MULTI_FACTOR}")
        copy = Visitor(w, jar=dict(ada.jar))
        assert (await copy.ask()).status == 200
        await end(w, ada)
        assert (await copy.ask()).status == 303
        assert (await copy.ask(sec_fetch_mode="cors")).status == 401


async def test_row_7_a_policy_that_wants_more_holds_for_whoever_is_inside_and_a_remembered_browser_lifts_it_as_everywhere() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        await ada.login()
        await w.configure(policies=("all-applications",))
        assert (await ada.ask()).status == 303
        page = await ada.browser.get((await ada.ask()).header("location"))
        page = await ada.browser.submit(page, code=w.code(), rememberBrowser="true")
        await ada.back(await ada.browser.submit(page, action="saved"))
        assert (await ada.ask()).header("x-yett-amr") == "pwd otp mfa"
        ada.browser.cookies.pop("yett-session")
        ada.jar.clear()
        await ada.login()
        told = await ada.ask()
        assert (told.status, told.header("x-yett-amr"), told.header("x-yett-acr")) == (200, "pwd", "")
        assert (await ada.ask("/admin", f"acr={MULTI_FACTOR}")).status == 303


async def test_signing_out_goes_on_to_the_end_of_the_session() -> None:
    async with protecting() as w:
        ada = Visitor(w)
        await ada.login()
        answer = await ada.ask("/.yett/sign-out", method="POST", sec_fetch_site="same-origin")
        assert answer.header("location") == "http://localhost:8000/v2/logout?client_id=forward-auth%3Awiki.example.test"
        assert ada.cookie == ""
        page = await ada.browser.get(answer.header("location"))
        assert page.screen == "logged-out"
        assert [one.type for one in await w.facts("slo")] == ["slo", "slo"]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_no_other_site_signs_anybody_out(site: str) -> None:
    async with protecting() as w:
        ada = Visitor(w)
        await ada.login()
        assert (await ada.ask("/.yett/sign-out", sec_fetch_site=site)).status == 403
        assert (await ada.ask()).status == 200


async def test_whoever_works_behind_the_gate_is_not_idle_and_it_is_written_once_a_minute() -> None:
    async with protecting() as w:
        ada, touched = Visitor(w), []
        await ada.login()
        touch = w.store.touch

        async def count(*args: Any) -> None:
            touched.append(args)
            await touch(*args)

        w.store.touch = count
        for _ in range(10):
            w.clock.now += 20
            assert (await ada.ask()).status == 200
        assert len(touched) == 2
        for _ in range(2):
            w.clock.now += 2 * 86400
            assert (await ada.ask()).status == 200


async def test_a_header_of_ours_makes_no_promise_about_the_name_of_the_host() -> None:
    async with protecting() as w:
        for answer in (await Visitor(w).ask(), await Visitor(w).ask(method="POST")):
            assert "strict-transport-security" not in dict(answer.headers)


async def test_a_start_enters_each_host_once_and_corrects_where_its_codes_go() -> None:
    async with protecting() as w:
        hosts, enter = w.ground.config.protect, Protect(w.store, w.ground.mint)
        before = await w.store.version()
        await enter(hosts)
        assert await w.store.version() == before
        client = (await w.store.catalogue()).clients[hosts[0].client.id]
        await w.store.configure((client._replace(name="Our wiki", callbacks=("https://evil.example/",)),), (), ())
        await enter(hosts)
        client = (await w.store.catalogue()).clients[hosts[0].client.id]
        assert (client.name, client.callbacks) == ("Our wiki", hosts[0].client.callbacks)
