"""An application of each sort, an API, and a grant, as these tests want them."""

import hashlib

from yett.domain.assurance import MULTI_FACTOR
from yett.domain.client import Api, Client
from yett.domain.proof import Proof, Shown
from yett.domain.requirement import Clause, Requirement
from yett.domain.session import Grant

ISSUER = "https://id.example/"
AUDIENCE = "https://api.example/"
SECRET = "s3cret of the shop+%"
CALLBACK = "https://shop.example/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
NOW = 1_800_000_000
ALL_GRANTS = ("authorization_code", "refresh_token", "client_credentials", "password", "http://auth0.com/oauth/grant-type/mfa-otp")

SHOP = Client(
    "shop",
    "Shop",
    secret=hashlib.sha256(SECRET.encode()).digest(),
    callbacks=(CALLBACK,),
    allowed_logout_urls=("https://shop.example/bye",),
    web_origins=("https://shop.example",),
    grant_types=ALL_GRANTS,
)
SPA = Client("spa", "Spa", "spa", "none", callbacks=("https://spa.example/",), grant_types=("authorization_code", "refresh_token"))
PHONE = Client("phone", "Phone", "native", "none", callbacks=("http://127.0.0.1/callback", "http://[::1]/callback", "com.example.app:/callback"))
CLIENTS = {client.id: client for client in (SHOP, SPA, PHONE)}

API = Api(
    "api",
    AUDIENCE,
    scopes=("read:orders", "transfer:funds", "pay:once"),
    allow_offline_access=True,
    scope_requirements={
        "transfer:funds": Requirement((MULTI_FACTOR,), lifetime=600),
        "pay:once": Requirement((MULTI_FACTOR,), one_use=True),
    },
)
APIS = {API.identifier: API}

PASSWORD = Shown("password", "knowledge", None, ("pwd",), 2, first=True)
TOTP = Shown("totp", "possession", None, ("otp",), 2)


def grant(*wants: Clause, proofs: tuple[Proof, ...] = (), session: str | None = "sid-1") -> Grant:
    """A grant from a password an hour old and a code of a minute ago, unless other proofs are given."""
    own = proofs or (Proof(PASSWORD, "e1", 1, "a1", NOW - 3600), Proof(TOTP, "e2", 1, "a2", NOW - 60))
    return Grant("g1", "auth0|ann", "shop", NOW - 30, NOW + 2_592_000, own, wants, session=session)
