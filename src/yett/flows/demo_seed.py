"""What --demo begins with: an application, an API and a user, kept in DIR/demo.json and printed at every start."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from yett.domain.assurance import MULTI_FACTOR
from yett.domain.client import Api, Client, Detail
from yett.domain.requirement import Requirement
from yett.domain.tenant import Catalogue, Tenant
from yett.flows.mint import Mint, digest
from yett.flows.people import People
from yett.ports import Change, Configuration, Files

DEMO = "demo.json"
API = "https://api.demo.example/"
SCOPES = ("read:accounts", "transfer:funds")
GRANTS = (
    "authorization_code",
    "refresh_token",
    "http://auth0.com/oauth/grant-type/password-realm",
    "http://auth0.com/oauth/grant-type/mfa-otp",
    "http://auth0.com/oauth/grant-type/mfa-oob",
    "http://auth0.com/oauth/grant-type/mfa-recovery-code",
)
FACTORS = ("otp", "sms", "recovery-code", "email")
# Every way is there to be tried.
SETTINGS = {"sms": {"message_types": ["sms", "voice"]}}
# Proquints: sixteen bits in five letters that can be read aloud.
CONSONANTS, VOWELS = "bdfghjklmnprstvz", "aiou"


class Demo(NamedTuple):
    """DIR/demo.json."""

    client_id: str
    client_secret: str
    email: str
    password: str
    connection: str = "Username-Password-Authentication"
    api: str = API
    scopes: tuple[str, ...] = SCOPES


@dataclass(frozen=True, slots=True)
class DemoSeed:
    """Makes what demo.json names, whenever some of it is missing."""

    store: Configuration
    people: People
    mint: Mint
    files: Files
    issuer: str

    def demo(self) -> Demo:
        """The demo as it was, or a new one."""
        try:
            kept = json.loads(self.files.read(DEMO) or b"")
            return Demo(str(kept["client_id"]), str(kept["client_secret"]), str(kept["email"]), str(kept["password"]))
        except (ValueError, KeyError, TypeError):
            return Demo(self.mint.name(size=24), self.mint.token(), "demo@example.com", readable(self.mint.random(8)))

    def changes(self, demo: Demo) -> Sequence[Change]:
        """What the first start of the store writes along."""
        return Tenant(factors=dict.fromkeys(FACTORS, True), factor_settings=SETTINGS), self._client(demo), api()

    async def __call__(self, demo: Demo, catalogue: Catalogue) -> None:
        """The file says what there is: the application follows the issuer, the user has the password that is printed."""
        whole = {"issuer": self.issuer, "domain": urlsplit(self.issuer).netloc, **demo._asdict()}
        self.files.write(DEMO, json.dumps(whole, indent=2).encode() + b"\n")
        client = self._client(demo)
        kept = catalogue.clients.get(demo.client_id)
        if kept is None or kept.callbacks != client.callbacks:
            await self.store.configure((client,), (), ())
        await self.people.ensure(demo.email, demo.password)

    def _client(self, demo: Demo) -> Client:
        return Client(
            id=demo.client_id,
            name="Demo application",
            secret=digest(demo.client_secret),
            callbacks=(f"{self.issuer}demo/callback",),
            allowed_logout_urls=(f"{self.issuer}demo",),
            grant_types=GRANTS,
        )


PARTS: Mapping[str, object] = {
    "amount": {"type": "string", "pattern": "^[0-9]{1,9}\\.[0-9]{2}$"},
    "creditor": {"type": "string", "minLength": 1, "maxLength": 70},
}
PAYMENT = Detail(
    "payment",
    json.dumps({"required": list(PARTS), "additionalProperties": False, "properties": PARTS}),
    {"en": "Pay {{ amount }} EUR to {{ creditor }}", "de": "{{ amount }} EUR an {{ creditor }} zahlen"},
)


def api() -> Api:
    """An API one of whose scopes demands more than a password."""
    return Api(
        "demo",
        API,
        "Demo API",
        SCOPES,
        allow_offline_access=True,
        scope_requirements={"transfer:funds": Requirement((MULTI_FACTOR,))},
        descriptions={"read:accounts": "See your accounts", "transfer:funds": "Move money from your accounts"},
        details=(PAYMENT,),
    )


def readable(random: bytes) -> str:
    """Random bytes as words: 16 bits each."""
    return "-".join(_word(int.from_bytes(random[at : at + 2])) for at in range(0, len(random) - 1, 2))


def _word(bits: int) -> str:
    return "".join((CONSONANTS[bits >> 12 & 15], VOWELS[bits >> 10 & 3], CONSONANTS[bits >> 6 & 15], VOWELS[bits >> 4 & 3], CONSONANTS[bits & 15]))
