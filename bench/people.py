"""The people of the bench: each follows from a number, so that who seeds and who asks need not tell each other."""

import hashlib
import hmac
import random
import time
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec

PASSWORD, WRONG = "correct horse battery staple", "battery staple correct horse"
CLIENT_ID, CLIENT_SECRET = "bench-application", "bench-secret-of-a-confidential-client-0"
CALLBACK, API, SCOPE = "https://app.bench.example/callback", "https://api.bench.example/", "openid profile email read:things"
WIKI = "wiki.bench.example"
STEP = 30
# As many as take part, of however many there are.
MOST = 4000
# Sessions that are there when the server starts: of a password alone, of password and code, and of a password by whoever has a key.
SESSIONS = 6000
# People who have a security key and no authenticator; their numbers follow upon all others.
KEYED, FIRST_KEYED = 200, 5_000_000


class Person(NamedTuple):
    """One account. Ids are as long as those that the flows make."""

    number: int

    @property
    def id(self) -> str:
        """The account's."""
        return f"auth0|{self.number:024x}"

    @property
    def email(self) -> str:
        """Also what is typed at a login."""
        return f"person-{self.number:07}@bench.example"

    @property
    def password_id(self) -> str:
        """The password enrolment's."""
        return f"password|dev_{self.number:016x}"

    @property
    def totp_id(self) -> str:
        """The TOTP enrolment's."""
        return f"totp|dev_{self.number:016x}"

    @property
    def secret(self) -> bytes:
        """The key of the authenticator."""
        return hashlib.sha256(b"bench totp %d" % self.number).digest()[:20]

    @property
    def key_id(self) -> str:
        """The security key's enrolment."""
        return f"webauthn-roaming|dev_{self.number:016x}"

    @property
    def credential(self) -> bytes:
        """The id of its credential."""
        return hashlib.sha256(b"bench credential %d" % self.number).digest()

    @property
    def key(self) -> ec.EllipticCurvePrivateKey:
        """The private key in it."""
        return _key(self.number)

    def code(self, step: int) -> str:
        """What the authenticator shows in this step (RFC 6238)."""
        mac = hmac.digest(self.secret, step.to_bytes(8), "sha1")
        at = mac[-1] & 15
        return str((int.from_bytes(mac[at : at + 4]) & 0x7FFFFFFF) % 10**6).zfill(6)


def taking_part(accounts: int) -> Sequence[Person]:
    """Those whom the load walks over: from all over the table, the same ones in each run."""
    chosen = range(accounts) if accounts <= MOST else random.Random(7).sample(range(accounts), MOST)
    return [Person(number) for number in chosen]


def keyed() -> Sequence[Person]:
    """Those who have a security key."""
    return [Person(number) for number in range(FIRST_KEYED, FIRST_KEYED + KEYED)]


@cache
def _key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(b"bench key %d" % number).digest()) >> 1, ec.SECP256R1())


def session_of(people: Sequence[Person], kind: str, number: int) -> tuple[Person, str]:
    """Whose the session of this number is, and its cookie."""
    return people[number % len(people)], f"bench-{kind}-session-{number:06}-of-a-browser"


class Codes:
    """One code for each person in each step: the server accepts no second one."""

    def __init__(self) -> None:
        self._last: dict[int, int] = {}

    def wait(self, people: Sequence[Person]) -> None:
        """Until every one of them has a code again, and there is time left to use it."""
        while max((self._last.get(person.number, 0) for person in people), default=0) >= _now() or time.time() % STEP > STEP - 3:
            time.sleep(STEP - time.time() % STEP + 0.05)

    def next(self, person: Person) -> str:
        """This step's code."""
        self._last[person.number] = step = _now()
        return person.code(step)


def _now() -> int:
    return int(time.time()) // STEP
