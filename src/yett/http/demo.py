"""The demo application: an OpenID Connect client that shows what it was told. Only behind --demo."""

import hashlib
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from yett.domain.assurance import MULTI_FACTOR
from yett.flows.current import Current
from yett.flows.mint import Mint
from yett.flows.steps import Browser
from yett.flows.tokens import Tokens
from yett.http.asgi import Request, Response, json_response, see_other
from yett.http.edge import Edge
from yett.http.outbox import Outbox
from yett.http.render import Page, StepUp, render
from yett.oauth.errors import OAuthError
from yett.oauth.lang import choose_locale
from yett.ports import Signer

COOKIE = "yett-demo"
SIGHTSEERS = 200
STEP_UPS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "step-up": ("Ask for multi-factor", {"acr_values": MULTI_FACTOR}),
    "fresh": ("Ask for multi-factor, now", {"acr_values": MULTI_FACTOR, "max_age": "0"}),
    "recent": ("Ask for a login of the last minute", {"max_age": "60"}),
    "phishing-resistant": ("Ask for a phishing-resistant login", {"acr_values": "phr"}),
    "transfer": ("Transfer funds (an API that demands it)", {"audience": "https://api.demo.example/", "scope": "openid profile email transfer:funds"}),
    "approve": (
        "Approve one payment (and no other)",
        {
            "audience": "https://api.demo.example/",
            "scope": "openid profile email transfer:funds",
            "authorization_details": '[{"type":"payment","amount":"1250.00","creditor":"Grace Hopper"}]',
        },
    ),
}


@dataclass
class Visit:
    """What one browser has of the demo application."""

    state: str = ""
    verifier: str = ""
    id_token: str = ""
    claims: Mapping[str, object] | None = None
    access: Mapping[str, object] | None = None
    error: str = ""
    asked: str = ""


@dataclass(frozen=True)
class Demo:
    """Logs in by authorization code with PKCE, like any other client."""

    tokens: Tokens
    current: Current
    signer: Signer
    mint: Mint
    edge: Edge
    outbox: Outbox
    client_id: str
    client_secret: str
    visits: OrderedDict[str, Visit] = field(default_factory=OrderedDict)

    async def to_home(self, _: Request) -> Response:
        """The demo is all that there is to see at the root."""
        return see_other("/demo")

    async def home(self, request: Request) -> Response:
        """What the tokens say, and buttons that ask for more; a form here begins a login."""
        key, visit = self._visit(request)
        if request.method == "POST":
            return await self._act(dict(request.form).get("action", ""), key, visit)
        tenant = (await self.current.latest()).tenant
        data = {
            "id_token": visit.claims,
            "access_token": visit.access,
            "step_ups": tuple(
                StepUp(action, label, " ".join(f"{name}={value}" for name, value in sends.items())) for action, (label, sends) in STEP_UPS.items()
            )
            if visit.claims
            else (),
            **_answered(visit),
        }
        locale = choose_locale((), request.headers.get("accept-language", ""), tenant.locales)
        body = render("demo-home", Page(locale, tenant.brand, action="/demo", error=visit.error, demo=True, data=data))
        visit.error = ""
        return Response(200, body, headers=(self._cookie(key),))

    async def callback(self, request: Request) -> Response:
        """The code, exchanged; state and issuer compared first (RFC 9207)."""
        key, visit = self._visit(request)
        answer = dict(request.query)
        if not visit.state or answer.get("state") != visit.state or answer.get("iss") != self.edge.issuer:
            visit.error = "expired"
        elif "code" in answer:
            await self._exchange(visit, answer["code"], self.edge.browser(request))
        else:
            visit.error = answer.get("error", "")
        visit.state = ""
        if visit.error:
            visit.asked = ""
        return see_other("/demo", (self._cookie(key),))

    async def messages(self, request: Request) -> Response:
        """The dev outbox: every message that would have left, newest first."""
        tenant = (await self.current.latest()).tenant
        locale = choose_locale((), request.headers.get("accept-language", ""), tenant.locales)
        return Response(200, render("dev-outbox", Page(locale, tenant.brand, demo=True, data={"messages": await self.outbox.shown()})))

    async def messages_json(self, _: Request) -> Response:
        """The same for programs."""
        return json_response(await self.outbox.items())

    async def _act(self, action: str, key: str, visit: Visit) -> Response:
        if action == "logout":
            hint = visit.id_token
            self.visits.pop(key, None)
            return see_other("/oidc/logout?" + urlencode({"id_token_hint": hint, "post_logout_redirect_uri": self.edge.issuer + "demo"}))
        visit.state, visit.verifier, visit.asked = self.mint.token(), self.mint.token(), action
        challenge = urlsafe_b64encode(hashlib.sha256(visit.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.edge.issuer + "demo/callback",
            "scope": "openid profile email",
            "state": visit.state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **STEP_UPS.get(action, ("", {}))[1],
        }
        return see_other("/authorize?" + urlencode(asked), (self._cookie(key),))

    async def _exchange(self, visit: Visit, code: str, browser: Browser) -> None:
        fields = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "code": code,
            "redirect_uri": self.edge.issuer + "demo/callback",
            "code_verifier": visit.verifier,
        }
        try:
            answer = await self.tokens(fields, "", browser)
        except OAuthError as refused:
            visit.error = refused.code
            return
        catalogue = await self.current.latest()
        visit.id_token = str(answer.get("id_token", ""))
        visit.claims = self.signer.verify(catalogue, visit.id_token, ("JWT",))
        visit.access = self.signer.verify(catalogue, str(answer["access_token"]), ("JWT", "at+jwt"))

    def _visit(self, request: Request) -> tuple[str, Visit]:
        key = request.cookies.get(COOKIE, "")
        if key not in self.visits:
            key = self.mint.token()
            self.visits[key] = Visit()
            while len(self.visits) > SIGHTSEERS:
                self.visits.popitem(last=False)
        return key, self.visits[key]

    def _cookie(self, key: str) -> tuple[str, str]:
        return "set-cookie", f"{COOKIE}={key}; Path=/demo; HttpOnly; SameSite=Lax" + ("; Secure" if self.edge.secure else "")


def _answered(visit: Visit) -> Mapping[str, object]:
    """Which wish the tokens are the answer to, and whether they lack what was asked: a page that looks as before would puzzle."""
    if visit.asked not in STEP_UPS or visit.claims is None or visit.state:
        return {}
    label, sends = STEP_UPS[visit.asked]
    return {"told": label, "unmet": sends.get("acr_values", visit.claims.get("acr")) != visit.claims.get("acr")}
