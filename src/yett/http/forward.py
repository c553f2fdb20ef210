"""/forward-auth: what nginx, Traefik and Caddy ask before they let a request through to a protected host."""

from collections.abc import Mapping
from dataclasses import dataclass

from yett.domain.protected import CALLBACK, SIGN_OUT, Protected
from yett.flows.forward import SAID, Back, Forward, Inside
from yett.http.asgi import Request, Response, json_response, see_other
from yett.http.edge import Edge
from yett.http.pages import Pages
from yett.oauth import forward
from yett.oauth.forward import Asked, Demand

PASS, WAY = "yett-pass", "yett-way"
# As long as an attempt may live, in seconds.
ON_THE_WAY = 900
OK = 200
# Another host's answer carries no promise of ours about that name.
THEIRS = (("strict-transport-security", ""), ("cache-control", "no-store"))
STARTED = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class ForwardAuth:
    """Handlers. Whoever asks is a trusted proxy: it alone says which host and which path it holds back."""

    flow: Forward
    hosts: Mapping[str, Protected]
    edge: Edge
    pages: Pages

    async def check(self, request: Request) -> Response:
        """For a proxy that hands our answer on (Traefik, Caddy): 200, a login, or 401. Our own paths of the host are served here."""
        asked, demand = self._read(request)
        if asked is not None and asked.ours:
            return await self._ours(request, asked)
        if asked is None or demand is None:
            return _refused()
        inside = await self.flow.check(asked.host, demand, request.cookies.get(_name(PASS, asked.host), ""))
        return _let_in(inside) if inside else self._login(request, asked, demand)

    async def own(self, request: Request) -> Response:
        """Our own paths of a protected host, where the proxy hands them over as they are (nginx)."""
        asked = self._asked(request)
        return await self._ours(request, asked) if asked and asked.ours else _refused()

    async def status(self, request: Request) -> Response:
        """For nginx, whose auth_request knows 2xx, 401 and 403 alone."""
        asked, demand = self._read(request)
        if asked is None or demand is None:
            return _refused()
        inside = await self.flow.check(asked.host, demand, request.cookies.get(_name(PASS, asked.host), ""))
        return _let_in(inside) if inside else _told(demand)

    async def start(self, request: Request) -> Response:
        """For nginx after a 401: the login; back at once where somebody else's tab has logged in meanwhile."""
        response, asked = await self.check(request), self._asked(request)
        return see_other(asked.host.origin + asked.back, THEIRS) if response.status == OK and asked else response

    async def stopped(self, request: Request) -> Response:
        """Where a login led nowhere, on a page of our own."""
        why = dict(request.query).get("why", "")
        return await self.pages.stop(why if why in SAID.values() else "access_denied", "", self.edge.browser(request), 403)

    def _asked(self, request: Request) -> Asked | None:
        if not request.from_proxy:
            return None
        return forward.asked([(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.scope["headers"]], self.hosts)

    def _read(self, request: Request) -> tuple[Asked | None, Demand | None]:
        asked = self._asked(request)
        return (asked, forward.demand(asked.host, request.query)) if asked else (None, None)

    def _login(self, request: Request, asked: Asked, demand: Demand) -> Response:
        if not forward.may_leave(asked.method, request.headers):
            return _told(demand)
        login = self.flow.begin(asked, demand, request.cookies.get(_name(WAY, asked.host), ""))
        return see_other(login.url, (*THEIRS, _cookie(WAY, login.secret, asked.host, ON_THE_WAY)))

    async def _ours(self, request: Request, asked: Asked) -> Response:
        cookies, path = request.cookies, asked.ours
        cookie = cookies.get(_name(PASS, asked.host), "")
        if path == SIGN_OUT:
            if request.headers.get("sec-fetch-site", "none") not in STARTED:
                return _refused()
            away = await self.flow.leave(asked.host, cookie)
            return see_other(away, (*THEIRS, _cookie(PASS, "", asked.host, 0)))
        if path != CALLBACK or asked.method not in forward.READS:
            return json_response({"error": "not_found"}, 404, THEIRS)
        params = forward.params_of(asked)
        browser = self.edge.browser(request)
        step = await self.flow.back(asked.host, params, cookies.get(_name(WAY, asked.host), ""), cookie, browser)
        if isinstance(step, Back):
            return see_other(step.url, (*THEIRS, _cookie(PASS, step.cookie, asked.host)))
        return see_other(f"{self.edge.issuer}forward-auth/stopped?why={step.why}", THEIRS)


def _let_in(inside: Inside) -> Response:
    """Go on. All is said, also what is empty: a proxy puts it in the place of what the visitor said."""
    claims, account = inside.claims, inside.account
    said = {
        "x-yett-sub": account.id,
        "x-yett-email": account.email if account.email_verified else "",
        "x-yett-name": inside.name,
        "x-yett-acr": claims.acr or "",
        "x-yett-amr": " ".join(claims.amr),
        "x-yett-auth-time": str(claims.auth_time),
    }
    return Response(200, b"", "text/plain; charset=utf-8", (*THEIRS, *((name, _line(value)) for name, value in said.items())))


def _told(demand: Demand) -> Response:
    """Not let in, and nobody is looking who could log in."""
    body = {"error": "insufficient_user_authentication", "code": "mfa_required" if demand.any_of else "login_required"}
    return json_response(body, 401, (*THEIRS, ("www-authenticate", forward.challenge(demand))))


def _refused() -> Response:
    """A host that is not protected, a demand that cannot be met, or somebody who is no proxy of ours: nobody is let in."""
    description = "This is not a request of a trusted proxy for a protected host, or what it demands cannot be understood."
    return json_response({"error": "access_denied", "error_description": description}, 403, THEIRS)


def _line(value: str) -> str:
    """A header's value in UTF-8; what has a control character is not said."""
    return value.encode().decode("latin-1") if value.isprintable() else ""


def _name(name: str, host: Protected) -> str:
    return f"__Host-{name}" if host.secure else name


def _cookie(name: str, value: str, host: Protected, max_age: int | None = None) -> tuple[str, str]:
    """A cookie of the protected host alone: no sibling can set it, no other site's form or script brings it along."""
    lives = "" if max_age is None else f"; Max-Age={max_age}"
    return "set-cookie", f"{_name(name, host)}={value}; Path=/; HttpOnly; SameSite=Lax{lives}{'; Secure' if host.secure else ''}"
