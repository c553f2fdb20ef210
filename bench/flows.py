"""The flows that are measured: real ones, request by request, as browsers and applications make them."""

import base64
import hashlib
import html
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.client import Connection, Reply, Site, Unexpected, drive
from bench.people import API, CALLBACK, CLIENT_ID, CLIENT_SECRET, PASSWORD, SCOPE, SESSIONS, WIKI, Codes, Person, keyed, session_of, taking_part

MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
REALM = "Username-Password-Authentication"
VERIFIER = "bench-verifier-of-a-public-code-challenge-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CREDENTIALS = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
_CSRF = re.compile(rb'name="csrf" value="([^"]+)"')
_SCREEN = re.compile(rb'data-screen="([^"]+)"')
_CEREMONY = re.compile(rb'data-options="([^"]+)"')

Parts = Mapping[str, int]
Job = Any


class Flow(NamedTuple):
    """One line of the table: what is done before and what is measured; `parts` are the primitives that it cannot do without."""

    name: str
    title: str
    parts: Parts
    prepare: Callable[[Sequence[Connection], int], Awaitable[Sequence[Job]]]
    act: Callable[[Connection, Job], Awaitable[object]]
    target: float | None = None
    times: int = 120


class Page(NamedTuple):
    """A page that waits for an answer: whose it is, where it goes, and what comes along; `ceremony` is what a key is asked."""

    person: Person
    path: str
    fields: Mapping[str, str]
    cookies: Mapping[str, str]
    ceremony: str = ""


@dataclass
class Load:
    """Everybody's requests to one server."""

    site: Site
    accounts: int
    codes: Codes = field(default_factory=Codes)

    def __post_init__(self) -> None:
        self.people = taking_part(self.accounts)
        self.keyed = keyed()
        self._turn, self._session, self._touched = count(), count(), count()

    def someone(self) -> Person:
        """The next one: everybody has a turn before anybody has a second."""
        return self.people[next(self._turn) % len(self.people)]

    def flows(self) -> Sequence[Flow]:
        """All of them."""
        signed = {"rs256": 2}
        return (
            Flow("page", "TOTP page's POST in a known session", {"post": 1, "read": 1, "totp": 1, "commit": 1}, self.asked, self.answer, 150),
            Flow("mfa", "MFA API: challenge, verify, tokens", {"post": 2, "read": 2, "totp": 1, "commit": 2, **signed}, self.required, self.verify, 660),
            Flow(
                "assertion",
                "assertion step: a security key's answer, code, tokens",
                {"post": 2, "read": 2, "verify": 1, "commit": 2, **signed},
                self.touched,
                self.assert_,
            ),
            Flow("authorize", "  /authorize with a session that is enough", {"get": 1, "read": 1, "commit": 1}, self.known, self.authorize),
            Flow("redeem", "  code to tokens", {"post": 1, "read": 1, "commit": 1, **signed}, self.authorized, self.redeem),
            Flow("code", "code flow, session known, code to tokens", {"get": 1, "post": 1, "read": 2, "commit": 2, **signed}, self.known, self.code, 750),
            Flow("silent", "silent step-up (prompt=none), code to tokens", {"get": 1, "post": 1, "read": 2, "commit": 2, **signed}, self.known, self.silent),
            Flow(
                "stepup",
                "step-up with page: /authorize, TOTP page, code to tokens",
                {"get": 2, "post": 2, "read": 4, "totp": 1, "commit": 3, **signed},
                self.weaker,
                self.step_up,
            ),
            Flow("refresh", "refresh to new tokens", {"post": 1, "read": 1, "commit": 1, **signed}, self.offline, self.refresh, 600),
            Flow(
                "login",
                "full login: password and TOTP to tokens",
                {"get": 4, "post": 4, "read": 8, "argon2id": 1, "totp": 1, "commit": 5, **signed},
                self.strangers,
                self.login,
                times=40,
            ),
            Flow("forward", "forward auth: who has a host's cookie is let in", {"get": 1, "read": 1}, self.passes, self.let_in, times=1000),
            Flow("introspect", "introspection of an access token", {"post": 1, "read": 1}, self.issued, self.introspect),
            Flow("discovery", "discovery", {"get": 1}, self.nothing, self.discovery, 25, 1000),
            Flow("jwks", "JWKS", {"get": 1}, self.nothing, self.jwks, 25, 1000),
        )

    # What is prepared

    async def nothing(self, _: Sequence[Connection], times: int) -> Sequence[Job]:
        return range(times)

    async def strangers(self, _: Sequence[Connection], times: int) -> Sequence[Person]:
        return self._with_codes([self.someone() for _ in range(times)])

    async def known(self, _: Sequence[Connection], times: int) -> Sequence[Mapping[str, str]]:
        return [{"yett-session": session_of(self.people, "totp", next(self._turn) % SESSIONS)[1]} for _ in range(times)]

    async def weaker(self, _: Sequence[Connection], times: int) -> Sequence[tuple[Person, str]]:
        """Browsers that are logged in by password, and their session cookies."""
        found = [session_of(self.people, "password", next(self._session)) for _ in range(times)]
        self._with_codes([person for person, _ in found])
        return found

    async def asked(self, connections: Sequence[Connection], times: int) -> Sequence[Page]:
        """Step-up: a browser that is logged in by password stands before the page that asks for a code."""
        pages: list[Page] = []

        async def one(connection: Connection, number: int) -> None:
            person, cookie = session_of(self.people, "password", number)
            cookies = {"yett-session": cookie}
            begun = await connection(self.site.get(authorization_url(acr_values=MULTI_FACTOR), cookies))
            cookies["yett-attempt"] = begun.expect(303).cookie("yett-attempt")
            pages.append(await self._page(connection, begun, "mfa-otp-challenge", person, cookies))

        await drive(connections, [next(self._session) for _ in range(times)], one)
        self._with_codes([page.person for page in pages])
        return pages

    async def touched(self, connections: Sequence[Connection], times: int) -> Sequence[Page]:
        """Step-up likewise, before the page that asks for a security key; the key has been touched."""
        pages: list[Page] = []

        async def one(connection: Connection, number: int) -> None:
            person, cookie = session_of(self.keyed, "key", number)
            cookies = {"yett-session": cookie}
            begun = await connection(self.site.get(authorization_url(acr_values=MULTI_FACTOR), cookies))
            cookies["yett-attempt"] = begun.expect(303).cookie("yett-attempt")
            page = await self._page(connection, begun, "mfa-webauthn-roaming-challenge", person, cookies)
            pages.append(page._replace(fields={**page.fields, "response": self._shown(page), "action": "default"}))

        await drive(connections, [next(self._touched) for _ in range(times)], one)
        return pages

    async def required(self, connections: Sequence[Connection], times: int) -> Sequence[tuple[Person, str]]:
        """An application has sent the password and holds an mfa_token."""
        held: list[tuple[Person, str]] = []

        async def one(connection: Connection, person: Person) -> None:
            refused = (await connection(self.password_request(person.email, PASSWORD))).expect(403)
            held.append((person, msgspec.json.decode(refused.body)["mfa_token"]))

        await drive(connections, [self.someone() for _ in range(times)], one)
        self._with_codes([person for person, _ in held])
        return held

    async def authorized(self, connections: Sequence[Connection], times: int) -> Sequence[str]:
        codes: list[str] = []

        async def one(connection: Connection, cookies: Mapping[str, str]) -> None:
            codes.append(await self.authorize(connection, cookies))

        await drive(connections, await self.known(connections, times), one)
        return codes

    async def issued(self, connections: Sequence[Connection], times: int) -> Sequence[str]:
        """Access tokens, each asked about once."""
        tokens: list[str] = []

        async def one(connection: Connection, code: str) -> None:
            reply = (await connection(code_request(self.site, "/oauth/token", code))).expect(200)
            tokens.append(msgspec.json.decode(reply.body)["access_token"])

        await drive(connections, await self.authorized(connections, times), one)
        return tokens

    async def offline(self, connections: Sequence[Connection], times: int) -> Sequence[str]:
        """As many families of tokens as there are requests; which is used after which does not matter to the server."""
        tokens: list[str] = []

        async def one(connection: Connection, cookies: Mapping[str, str]) -> None:
            code = await self.authorize(connection, cookies, f"{SCOPE} offline_access")
            reply = (await connection(code_request(self.site, "/oauth/token", code))).expect(200)
            tokens.append(msgspec.json.decode(reply.body)["refresh_token"])

        await drive(connections, await self.known(connections, times), one)
        return tokens

    async def passes(self, connections: Sequence[Connection], times: int) -> Sequence[Mapping[str, str]]:
        """Browsers that have been through the login of a protected host."""
        held: list[Mapping[str, str]] = []

        async def one(connection: Connection, cookies: Mapping[str, str]) -> None:
            begun = (await connection(self.site.get("/forward-auth", None, _proxied("/")))).expect(303)
            way = {"__Host-yett-way": begun.cookie("__Host-yett-way")}
            back = (await connection(self.site.get(begun.location(), cookies))).expect(303).location().removeprefix(f"https://{WIKI}")
            answered = (await connection(self.site.get("/forward-auth", way, _proxied(back)))).expect(303)
            held.append({"__Host-yett-pass": answered.cookie("__Host-yett-pass")})

        few = await self.known(connections, min(times, 100))
        await drive(connections, few, one)
        return [held[number % len(held)] for number in range(times)]

    # What is measured

    async def let_in(self, connection: Connection, cookies: Mapping[str, str]) -> None:
        (await connection(self.site.get("/forward-auth/status", cookies, _proxied("/page")))).expect(200)

    async def discovery(self, connection: Connection, _: int) -> None:
        (await connection(self.site.get("/.well-known/openid-configuration"))).expect(200)

    async def jwks(self, connection: Connection, _: int) -> None:
        (await connection(self.site.get("/.well-known/jwks.json"))).expect(200)

    async def answer(self, connection: Connection, page: Page) -> Reply:
        """The code, and back to the application with an authorization code."""
        fields = {**page.fields, "code": self.codes.next(page.person), "action": "default"}
        reply = (await connection(self.site.post(page.path, fields, page.cookies))).expect(303)
        code_of(reply)
        return reply

    async def assert_(self, connection: Connection, page: Page) -> None:
        """The key's answer, and then the application."""
        await self.redeem(connection, code_of((await connection(self.site.post(page.path, page.fields, page.cookies))).expect(303)))

    async def verify(self, connection: Connection, held: tuple[Person, str]) -> None:
        person, mfa_token = held
        asked = {**CREDENTIALS, "mfa_token": mfa_token, "challenge_type": "otp"}
        (await connection(self.site.post("/mfa/challenge", asked))).expect(200)
        grant = "http://auth0.com/oauth/grant-type/mfa-otp"
        given = {**CREDENTIALS, "grant_type": grant, "mfa_token": mfa_token, "otp": self.codes.next(person)}
        two_jwts(await connection(self.site.post("/oauth/token", given)))

    async def authorize(self, connection: Connection, cookies: Mapping[str, str], scope: str = SCOPE) -> str:
        return code_of((await connection(self.site.get(authorization_url(scope=scope), cookies))).expect(303))

    async def redeem(self, connection: Connection, code: str) -> None:
        two_jwts(await connection(code_request(self.site, "/oauth/token", code)))

    async def code(self, connection: Connection, cookies: Mapping[str, str]) -> None:
        await self.redeem(connection, await self.authorize(connection, cookies))

    async def silent(self, connection: Connection, cookies: Mapping[str, str]) -> None:
        """An application asks for a second factor without a page, and the session has one."""
        url = authorization_url(acr_values=MULTI_FACTOR, prompt="none")
        await self.redeem(connection, code_of((await connection(self.site.get(url, cookies))).expect(303)))

    async def step_up(self, connection: Connection, one: tuple[Person, str]) -> None:
        """It asks for one that the session has not: a page, the code, and the tokens that say so."""
        person, session = one
        begun = await connection(self.site.get(authorization_url(acr_values=MULTI_FACTOR), {"yett-session": session}))
        cookies = {"yett-session": session, "yett-attempt": begun.expect(303).cookie("yett-attempt")}
        page = await self._page(connection, begun, "mfa-otp-challenge", person, cookies)
        await self.redeem(connection, code_of(await self.answer(connection, page)))

    async def refresh(self, connection: Connection, token: str) -> None:
        two_jwts(await connection(self.site.post("/oauth/token", {**CREDENTIALS, "grant_type": "refresh_token", "refresh_token": token})))

    async def introspect(self, connection: Connection, token: str) -> None:
        reply = (await connection(self.site.post("/oauth/introspect", {**CREDENTIALS, "token": token}))).expect(200)
        if not reply.body.startswith(b'{"active":true'):
            raise Unexpected(f"not active: {reply.body[:300]!r}")

    async def login(self, connection: Connection, person: Person) -> None:
        """A browser that nobody knows, page by page, and then the application."""
        page = await self.at_password(connection, person, person.email)
        told = await connection(self.site.post(page.path, {**page.fields, "password": PASSWORD, "action": "default"}, page.cookies))
        last = await self._page(connection, told, "mfa-otp-challenge", person, page.cookies)
        await self.redeem(connection, code_of(await self.answer(connection, last)))

    # What several of them do

    async def at_password(self, connection: Connection, person: Person, typed: str) -> Page:
        """As far as the page that asks for the password."""
        begun = await connection(self.site.get(authorization_url()))
        cookies = {"yett-attempt": begun.expect(303).cookie("yett-attempt")}
        page = await self._page(connection, begun, "login-id", person, cookies)
        told = await connection(self.site.post(page.path, {**page.fields, "username": typed, "action": "default"}, cookies))
        return await self._page(connection, told, "login-password", person, cookies)

    def password_request(self, username: str, password: str) -> bytes:
        """The first request of the MFA API."""
        grant = "http://auth0.com/oauth/grant-type/password-realm"
        given = {"grant_type": grant, "realm": REALM, "username": username, "password": password, "audience": API, "scope": SCOPE}
        return self.site.post("/oauth/token", CREDENTIALS | given)

    async def _page(self, connection: Connection, to: Reply, screen: str, person: Person, cookies: Mapping[str, str]) -> Page:
        """Follow a redirect to the page that is expected there."""
        url = to.expect(303).location()
        shown = (await connection(self.site.get(url, cookies))).expect(200)
        names, csrf = _SCREEN.search(shown.body), _CSRF.search(shown.body)
        if names is None or names[1].decode() != screen or csrf is None:
            raise Unexpected(f"{url} instead of {screen}: {shown.body[:400]!r}")
        state = parse_qs(urlsplit(url).query)["state"][0]
        asked = _CEREMONY.search(shown.body)
        ceremony = html.unescape(asked[1].decode()) if asked else ""
        return Page(person, f"/u/{screen}", {"state": state, "csrf": csrf[1].decode()}, cookies, ceremony)

    def _shown(self, page: Page) -> str:
        """What a security key in software answers (WebAuthn Level 3, 6.3.3)."""
        challenge, origin = msgspec.json.decode(page.ceremony)["challenge"], self.site.issuer.rstrip("/")
        client = msgspec.json.encode({"type": "webauthn.get", "challenge": challenge, "origin": origin, "crossOrigin": False})
        data = hashlib.sha256(b"localhost").digest() + b"\x01" + bytes(4)
        signature = page.person.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        id = _base64url(page.person.credential)
        said = {"id": id, "rawId": id, "type": "public-key", "response": {name: _base64url(raw) for name, raw in parts.items()}}
        return msgspec.json.encode(said).decode()

    def _with_codes(self, people: Sequence[Person]) -> Sequence[Person]:
        self.codes.wait(people)
        return people


def authorization_url(path: str = "/authorize", **more: str) -> str:
    """What the application asks for."""
    asked = {
        "client_id": CLIENT_ID,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": SCOPE,
        "audience": API,
        "state": "bench-state-0123456789",
        "nonce": "bench-nonce-0123456789",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return f"{path}?{urlencode(asked | more)}"


def code_request(site: Site, path: str, code: str) -> bytes:
    """The application exchanges its code."""
    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return site.post(path, CREDENTIALS | given)


def _proxied(uri: str) -> Mapping[str, str]:
    """What a proxy tells of the request that it holds back."""
    said = {"x-forwarded-method": "GET", "x-forwarded-proto": "https", "x-forwarded-host": WIKI, "x-forwarded-uri": uri}
    return {**said, "sec-fetch-mode": "navigate"}


def code_of(reply: Reply) -> str:
    """The code that the application is sent."""
    url = reply.location()
    given = parse_qs(urlsplit(url).query)
    if not url.startswith(CALLBACK) or "code" not in given:
        raise Unexpected(f"no code in {url}")
    return given["code"][0]


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def two_jwts(reply: Reply) -> None:
    """An access token and an ID token, or it was another flow."""
    body = reply.expect(200).body
    if body.count(b'"eyJ') != 2:
        raise Unexpected(f"not two JWTs: {body[:300]!r}")
