"""What the flows ask of the world."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, Protocol

from yett.domain.account import Account
from yett.domain.attempt import Attempt
from yett.domain.client import Api, Client, ClientGrant, Credential
from yett.domain.consent import Consent
from yett.domain.enrolment import Challenge, Enrolment, Message, State
from yett.domain.fact import Fact
from yett.domain.job import Job
from yett.domain.role import Permission, Role
from yett.domain.session import Conclusion, Device, Ending, Grant, Session, Token
from yett.domain.tenant import Catalogue, Contract, SigningKey, Tenant
from yett.domain.tries import Bucket, Budget
from yett.domain.verdict import Settled, Verdict


class Arrival(NamedTuple):
    """What one load finds for a browser. `version` is that of the configuration in force; `consents` are loaded only where one is wanted."""

    version: int
    attempt: Attempt | None = None
    account: Account | None = None
    enrolments: tuple[Enrolment, ...] = ()
    challenge: Challenge | None = None
    session: Session | None = None
    device: Device | None = None
    stolen: str | None = None
    """Account of a device whose rotated token was shown again: the record is to be revoked."""
    stolen_device: str | None = None
    """That record: `forget` it by name."""
    consents: tuple[Consent, ...] = ()


class Redemption(NamedTuple):
    """What one load finds for a token. `replayed`: it was used before and its leeway is over."""

    version: int
    token: Token
    grant: Grant
    account: Account
    enrolments: tuple[Enrolment, ...]


class Passed(NamedTuple):
    """What one load finds for a pass: its grant and the session that this rests on, which both stand, and whose they are."""

    version: int
    grant: Grant
    session: Session
    account: Account
    enrolments: tuple[Enrolment, ...]


class Granted(NamedTuple):
    """What one load finds for a grant that stands."""

    version: int
    grant: Grant
    account: Account
    enrolments: tuple[Enrolment, ...]


class Judged(NamedTuple):
    """An enrolment as it was read, and what its factor said of the answer."""

    enrolment: Enrolment
    verdict: Verdict


class Page(NamedTuple):
    """A part of a list, and how many there are in all."""

    items: tuple[object, ...]
    total: int


# The channel of what applications are told, and nobody else.
APART: Final = "backchannel"


class Delivery(NamedTuple):
    """One message on its way out, with the challenge whose code it shall carry (None: a notice). `tries` are those before this one."""

    id: str
    message: Message
    challenge: Challenge | None
    tries: int
    created_at: int
    account: str | None = None
    client: str | None = None


class Entry(NamedTuple):
    """A line of the ledger: what became of one message, by its id. `country` is where a telephone rings (ISO 3166), `price` as the provider says it."""

    id: str
    channel: str
    template: str
    provider: str
    reference: str
    outcome: Literal["sent", "delivered", "failed"]
    detail: str = ""
    price: str = ""
    country: str = ""
    account: str | None = None
    client: str | None = None
    challenge: str | None = None
    at: int = 0
    updated_at: int = 0


Change = Client | Api | ClientGrant | Tenant | SigningKey | Contract


class Configuration(Protocol):
    """The configuration: read whole, changed with a new version."""

    async def version(self) -> int:
        """The version of the configuration in force: the cheapest question of all."""
        ...

    async def catalogue(self) -> Catalogue: ...
    async def configure(
        self,
        put: Sequence[Change],
        drop: Sequence[tuple[Literal["client", "api", "client_grant", "key", "contract"], str]],
        facts: Sequence[Fact],
        seen: int | None = None,
    ) -> int:
        """Write and drop in one commit; returns the new version. Dropping what is absent is no error.

        With `seen`, only if that is still the version: else nothing is written, and 0 is returned. So of two
        administrators neither undoes what the other did.
        """
        ...

    async def remembered(self, name: str) -> bytes | None:
        """A value of the store itself (admin, demo, regime): None where it was never kept."""
        ...

    async def keep(self, name: str, expect: bytes | None, value: bytes, facts: Sequence[Fact] = ()) -> bool:
        """Compare-and-set of such a value; whoever loses writes nothing."""
        ...


class Consents(Protocol):
    """What people let applications have."""

    async def consents(
        self, account: str, client: str = "", *, audience: str | None = None, offset: int = 0, limit: int = 1000
    ) -> tuple[tuple[Consent, ...], int]:
        """A page of them, the oldest first, and how many there are; an empty account or client is any."""
        ...

    async def consent(self, id: str) -> Consent | None: ...
    async def withdraw(self, account: str, client: str, now: int, facts: Sequence[Fact], only: str = "") -> bool:
        """Take back what an application was let have (all of it, or the one consent), and revoke its grants. False where there is no such consent."""
        ...


class Attempts(Consents, Protocol):
    """Attempts and what becomes of them. Each write is one durable commit; a loser writes nothing but its fact."""

    async def arrive(self, session: bytes | None, device: bytes | None, now: int) -> Arrival:
        """One load before an attempt exists: session, account, enrolments, device, by digests of cookies."""
        ...

    async def scene(self, attempt: str, holder: bytes, session: bytes | None, device: bytes | None, now: int) -> Arrival:
        """One load in an attempt. Its `holder` is checked in the statement that loads it; expired or done: not found.

        `account` and `enrolments` are those of the attempt's account (by `account`, else by `identifier`).
        """
        ...

    async def bearer(self, lookup: bytes) -> tuple[Account, tuple[Enrolment, ...]] | None:
        """The account, with its enrolments, of whoever has the one that is found by `lookup`, in use or not."""
        ...

    async def begin(self, attempt: Attempt, facts: Sequence[Fact]) -> None: ...
    async def renew(self, attempt: Attempt) -> None:
        """Write an attempt whose id says what it is about, in the place of the one of that id; whoever has seen that one has lost it."""
        ...

    async def update(self, seen: Attempt, new: Attempt, facts: Sequence[Fact] = ()) -> bool:
        """Replace the attempt if nobody else has moved it on since (`version`, which is then that of `seen` + 1)."""
        ...

    async def ask(self, seen: Attempt, new: Challenge, facts: Sequence[Fact]) -> bool:
        """Store the question, void the one before, put its messages into the outbox."""
        ...

    async def settle(
        self,
        seen: Attempt,
        judged: Sequence[Judged],
        asked: Challenge | None,
        budget: Budget,
        now: int,
        facts: Mapping[Settled, Sequence[Fact]],
        after: Attempt | None = None,
        conclusion: Conclusion | None = None,
        notices: Sequence[Message] = (),
    ) -> Settled:
        """Spend the try, swap the mark, write the proof and the fact: one commit, or none of it.

        At most one of `judged` is accepted. Accepted: the enrolment's state is swapped if `mark` and `generation` are
        those read (and the challenge is still open, where there is one: it becomes accepted); its failures and
        bucket are reset; the attempt becomes `after` (version checked); `conclusion` is written along. Rejected: one
        try of the enrolment's bucket and failures, and one of the account's bucket. `no tries`: a bucket or the cap
        is spent; whether the answer was right is not said. `facts` are those for each outcome; for "done" of a
        rejected answer they are the failure's. A rejected answer costs its try even where the attempt has moved on
        (`after` is then left out); one that `ends` ends it all the same. `conclusion` ends the attempt.
        """
        ...

    async def enrol(
        self,
        seen: Attempt,
        asked: Challenge,
        verdict: Verdict,
        account: Account,
        new: Sequence[Enrolment],
        budget: Budget,
        now: int,
        facts: Mapping[Settled, Sequence[Fact]],
        after: Attempt | None = None,
        conclusion: Conclusion | None = None,
        notices: Sequence[Message] = (),
        *,
        verifies: bool = False,
        opens: bool = False,
        spends: Attempt | None = None,
    ) -> Settled:
        """Complete an enrolment: "no active factor" is decided again here, by compare-and-set on `security_version`.

        A confirm is a try, counted per challenge and on the account. Accepted: the challenge is used up, `new` are
        written, the account's security_version moves on; with `verifies` its address is confirmed by that. What rests on
        an enrolment that is replaced is revoked. With `opens` the account is opened by it: "used" where its address is taken.
        `spends` is the link that led here: it ends along with it, or all is "used".
        """
        ...

    async def conclude(self, seen: Attempt, conclusion: Conclusion, facts: Sequence[Fact], now: int) -> bool:
        """End the attempt: raise the session, write device, grant and tokens. False if it had ended already."""
        ...

    async def miss(self, identifier: bytes, budget: Budget, now: int, facts: Mapping[Settled, Sequence[Fact]]) -> bool:
        """A wrong password of an account that does not exist, paced like one that does. False: no tries."""
        ...


class Tokens(Protocol):
    """Grants and the tokens that rest on them."""

    async def token(self, kind: str, digest: bytes, now: int) -> Redemption | None:
        """One load: the token whether used or not, its grant unless revoked or ended, account and enrolments."""
        ...

    async def redeem(
        self, token: Token, successors: Sequence[Token], leeway: int, now: int, facts: Mapping[str, Sequence[Fact]]
    ) -> Literal["done", "replayed"]:
        """Use the token up and write its successors; used before and out of `leeway`: the grant is revoked."""
        ...

    async def grant(self, grant: Grant, tokens: Sequence[Token], facts: Sequence[Fact], session: Session | None = None, idle_at: int | None = None) -> bool:
        """Write a new grant without an attempt; `session` is what it rests on, whose `idle_at` moves on where one is given.

        False, and nothing is written, where that session has ended meanwhile.
        """
        ...

    async def revoke(self, grant: str, now: int, facts: Sequence[Fact]) -> None: ...
    async def granted(self, grant: str, now: int) -> Granted | None:
        """One load: the grant unless revoked or ended, whose it is, and their enrolments."""
        ...

    async def spend(self, name: bytes, until: int, now: int, facts: Sequence[Fact] = (), grant: str = "") -> bool:
        """Use up a name that is good once, and remember it `until` what it names is over: of all who come, on any node, the first.

        False, and nothing is written, for whoever comes later, and where the grant that is named stands no longer.
        """
        ...

    async def spent(self, name: bytes) -> bool: ...

    async def passed(self, digest: bytes, now: int) -> Passed | None:
        """One load: what a pass rests on, unless the grant is revoked or the session has ended."""
        ...

    async def touch(self, session: Session, idle_at: int) -> None:
        """The session is in use: it ends at `idle_at` unless it is used again."""
        ...

    async def grant_live(self, grant: str, now: int) -> bool: ...
    async def sign_out(self, session: bytes, now: int, facts: Sequence[Fact]) -> Session | None:
        """End the session that has this id (or had it within its 60 s), and its grants but for those with offline_access (OIDC logout)."""
        ...


class Accounts(Protocol):
    """Accounts and enrolments, as the helpdesk and their owners change them."""

    async def account(self, id: str) -> tuple[Account, tuple[Enrolment, ...]] | None: ...
    async def find(self, identifier: str) -> Account | None:
        """By canonical e-mail or username."""
        ...

    async def accounts(self, offset: int, limit: int, text: str = "") -> tuple[tuple[Account, ...], int]: ...
    async def open_account(self, account: Account, enrolments: Sequence[Enrolment], facts: Sequence[Fact]) -> bool:
        """False where id, e-mail or username is taken."""
        ...

    async def change_account(
        self,
        seen: Account,
        new: Account,
        put: Sequence[Enrolment],
        *,
        ends: bool,
        now: int,
        facts: Sequence[Fact],
        notices: Sequence[Message] = (),
        voids: Sequence[str] = (),
        drops: Sequence[str] = (),
        spends: Attempt | None = None,
    ) -> bool:
        """Replace the account if `security_version` is that of `seen`, and write `put` (by id) along.

        An enrolment that is there already is replaced by a newer generation, or where its mark is still the one in
        `put`; else all of it is refused: what was used meanwhile must not come back.
        With `ends` (password, block) its sessions end, its grants are revoked and its devices are no longer remembered.
        The grants that rest on the enrolments in `voids` are revoked in any case; those in `drops` are deleted besides.
        `spends` is the link that led here: it ends along with it, or nothing is written.
        """
        ...

    async def close_account(self, id: str, facts: Sequence[Fact]) -> bool: ...
    async def unenrol(
        self, account: str, enrolments: Sequence[str], now: int, facts: Sequence[Fact], notices: Sequence[Message] = (), seen: Account | None = None
    ) -> int:
        """Delete them; revoke the grants that rest on them; no device of the account is remembered any longer.

        With `seen`, only while `security_version` is still the one that was read: else nothing is deleted, and 0 returned.
        """
        ...

    async def alike(self, kind: str, after: str, limit: int) -> tuple[Enrolment, ...]:
        """The enrolments of this kind that are in use, by id, beginning behind `after`."""
        ...

    async def whose(self, enrolment: str) -> str | None:
        """The account of an enrolment."""
        ...

    async def leaving(self, now: int, limit: int) -> tuple[str, ...]:
        """The accounts of which an enrolment is to be deleted by now: its `leaves_at` is over."""
        ...

    async def devices(self, account: str) -> tuple[Device, ...]: ...
    async def sessions(self, account: str, now: int) -> tuple[Session, ...]: ...
    async def forget(self, account: str, facts: Sequence[Fact], device: str | None = None, notices: Sequence[Message] = (), now: int = 0) -> int:
        """Remembered browsers (all, or one) are remembered no longer."""
        ...

    async def end_session(self, account: str, sid: str, now: int, facts: Sequence[Fact]) -> bool:
        """End the session of this name, and revoke the grants that rest on it. False where the account has no such session."""
        ...

    async def end_others(self, account: str, sid: str, now: int, facts: Sequence[Fact], notices: Sequence[Message] = (), device: str | None = None) -> int:
        """End every session but this one, and revoke the grants that rest on none or on another; returns how many ended.

        With `device` ("": none) all grants are revoked, all consents are taken back, every browser but that one is known no longer, and none
        is remembered.
        """
        ...

    async def facts(
        self, offset: int, limit: int, *, account: str | None = None, type: str | None = None, after: str | None = None, newest_first: bool = True
    ) -> tuple[tuple[Fact, ...], int]: ...
    async def fact(self, id: str) -> Fact | None: ...
    async def record(self, facts: Sequence[Fact], notices: Sequence[Message] = (), now: int = 0) -> None:
        """Facts that stand alone, and who is told of them."""
        ...


class Rights(Protocol):
    """Who may do what at which API."""

    async def held(self, account: str, audience: str) -> frozenset[str]:
        """The permissions that an account has at an API, by its roles and by itself."""
        ...

    async def roles(self, offset: int, limit: int, name: str = "") -> tuple[tuple[Role, ...], int]:
        """A page of those whose name contains `name`, the oldest first, and how many there are."""
        ...

    async def role(self, id: str) -> Role | None: ...
    async def roles_of(self, account: str) -> tuple[Role, ...]: ...
    async def members(self, role: str, offset: int, limit: int, after: str = "") -> tuple[tuple[Account, ...], int]:
        """Whoever has it, by id, from the first one after `after`; and how many have it."""
        ...

    async def permissions(self, *, role: str = "", account: str = "") -> tuple[Permission, ...]:
        """Those of a role, or those that an account has by itself."""
        ...

    async def open_role(self, role: Role, facts: Sequence[Fact]) -> bool:
        """False where its id or name is taken."""
        ...

    async def change_role(self, role: Role, facts: Sequence[Fact]) -> bool:
        """False where it is gone, or its name is taken."""
        ...

    async def close_role(self, id: str, facts: Sequence[Fact]) -> bool: ...
    async def allow(self, role: str, these: Sequence[Permission], facts: Sequence[Fact], *, away: bool = False) -> bool:
        """Give permissions to a role, or take them `away`. False where the role or an API is gone."""
        ...

    async def permit(self, account: str, these: Sequence[Permission], facts: Sequence[Fact], *, away: bool = False) -> bool:
        """The same for an account by itself."""
        ...

    async def assign(self, pairs: Sequence[tuple[str, str]], facts: Sequence[Fact], *, away: bool = False) -> bool:
        """Give roles to accounts, or take them `away`: (account, role). False where one of them is gone."""
        ...


class Jobs(Protocol):
    """Work that goes on after its request was answered, on whichever node takes it."""

    async def open_job(self, job: Job, facts: Sequence[Fact]) -> None: ...
    async def job(self, id: str) -> Job | None: ...
    async def claim_job(self, now: int, lease: int) -> Job | None:
        """The oldest that is not done and that nobody works on, leased to the caller for so many seconds."""
        ...

    async def job_on(self, seen: Job, after: Job, facts: Sequence[Fact] = (), notices: Sequence[Message] = ()) -> bool:
        """It has come so far. False, and nothing is written, where somebody else has brought it on since it was `seen`."""
        ...


class Outbox(Protocol):
    """Messages on their way out, in the store."""

    async def farewell(self, limit: int, now: int, words: Callable[[Ending], Message | None]) -> int:
        """Put what is to be told of sessions that have ended into the outbox; returns how many endings there were. Each is told once."""
        ...

    async def claim(self, now: int, lease: int, limit: int, *, apart: bool = False) -> tuple[Delivery, ...]:
        """Due messages, leased to the caller: `apart` those to applications, else all others.

        Those whose challenge is over are dropped, and one that cannot be read has failed.
        """
        ...

    async def may_leave(self, one: Delivery, now: int) -> bool:
        """Asked right before it leaves: the lease is still ours, and the question whose code it carries is open."""
        ...

    async def sent(self, entry: Entry, facts: Sequence[Fact] = ()) -> None:
        """It has left: off the outbox and into the ledger, in one commit."""
        ...

    async def failed(self, id: str, next_at: int | None, error: str, entry: Entry | None = None, facts: Sequence[Fact] = ()) -> None:
        """Try again at `next_at`; None: never, and `entry` goes into the ledger."""
        ...

    async def delivered(self, provider: str, receipts: Sequence["Receipt"], now: int) -> int:
        """What a provider tells later, by its references; returns how many it knew. Delivered is final, and a reference nobody knows is no error."""
        ...

    async def ledger(self, offset: int, limit: int) -> tuple[tuple[Entry, ...], int]:
        """A page of the ledger, the newest first, and how many lines there are."""
        ...

    async def conversion(self, country: str, since: int) -> tuple[int, int]:
        """Codes sent to telephones of this country since then, and how many of them were answered rightly.

        Of those whose questions are still kept: a day, after which they are swept.
        """
        ...

    async def outgoing(self, limit: int) -> tuple[Delivery, ...]:
        """The newest, sent or not: what the dev outbox shows."""
        ...


class Upkeep(Protocol):
    """What operators and sweepers do."""

    async def number(self, limit: int) -> int:
        """Give numbers without gaps to facts that have none; returns how many."""
        ...

    async def sweep(self, now: int) -> int:
        """Remove what ended long ago."""
        ...

    async def rotate_data_key(self, now: int) -> int:
        """A new data key, under which everything is sealed from now on; returns its number. Raises Busy where the key that wraps it was replaced meanwhile."""
        ...

    async def rewrap(self) -> int:
        """Wrap every data key by another key-encryption key; returns how many. Raises Busy where somebody else is about it.

        0 where the one that is wanted wraps them all already, and none was to be made.
        """
        ...

    async def reseal(self, limit: int) -> int:
        """Seal up to `limit` secrets again that are under an older data key; 0: done."""
        ...

    async def restored(self, now: int, roll: Callable[[str, State], State]) -> int:
        """A backup came back: new epoch; sessions, attempts, challenges and grants of the old one are void.

        `roll` gives each enrolment the state in which nothing used since the backup works again. Returns the epoch.
        """
        ...

    async def close(self) -> None: ...


class Store(Configuration, Attempts, Tokens, Accounts, Rights, Jobs, Outbox, Upkeep, Protocol):
    """Durable truth. One schema and one set of operations, on SQLite and PostgreSQL."""


class Clock(Protocol):
    """Seconds since the epoch; never runs backwards within a process."""

    def __call__(self) -> int: ...


class Randomness(Protocol):
    """Fresh random bytes."""

    def __call__(self, size: int) -> bytes: ...


class Hasher(Protocol):
    """Argon2id in a bounded pool. Raises Busy when too many wait: a flood gets 429, not a dead server."""

    async def hash(self, password: str) -> bytes: ...
    async def verify(self, hashed: bytes | None, password: str) -> bool:
        """Equal work where there is no hash: False after the same time."""
        ...

    def outdated(self, hashed: bytes) -> bool:
        """Whether it was made in another way than `hash` makes one: by another system, or at another cost."""
        ...


class Busy(Exception):
    """Too much work is waiting; try again in a moment."""


class Signer(Protocol):
    """Signs and verifies JWTs with the keys of the catalogue; alg, typ and aud are pinned by the caller."""

    def sign(self, catalogue: Catalogue, alg: str, typ: str, claims: Mapping[str, object]) -> str: ...
    def verify(self, catalogue: Catalogue, token: str, typs: Sequence[str]) -> Mapping[str, object] | None:
        """The claims of a token that one of our keys signed; None for anything else. Times and aud are not judged."""
        ...

    def new_key(self, alg: str, now: int, use: str) -> SigningKey: ...
    def jwks(self, catalogue: Catalogue) -> bytes: ...


class PublicKey(NamedTuple):
    """A key that an application registers: a JWK in JSON without a name, and its RFC 7638 thumbprint. `ends_at` is the end of its certificate."""

    jwk: bytes
    thumbprint: str
    ends_at: int | None = None


class ClientKeys(Protocol):
    """The keys of applications, and what they sign."""

    def read(self, pem: str, alg: str) -> PublicKey:
        """A public key or a certificate, if it may verify `alg`. Raises ValueError that says what is wrong, and quotes nothing."""
        ...

    def claimed(self, token: str) -> str:
        """Which client an assertion says it is of, unverified: to find its keys, and for nothing else. "" where it does not say."""
        ...

    def verify(self, token: str, credentials: Sequence[Credential]) -> Mapping[str, object] | None:
        """The claims of an assertion that one of these keys signed, by its own algorithm; where it names a key, by that one. Times and aud are not judged."""
        ...


class Limiter(Protocol):
    """Rate limits of addresses and messages (GCRA). Unreachable: raises Busy, and factors fail closed."""

    async def take(self, key: str, bucket: Bucket, now: int) -> bool: ...


class Post(Protocol):
    """Wakes whoever carries messages out, after the commit that wrote them."""

    def __call__(self) -> None: ...


class Files(Protocol):
    """The folder of the process: files are written whole or not at all, and readable by their owner alone."""

    def read(self, name: str) -> bytes | None: ...
    def write(self, name: str, value: bytes) -> None: ...
    def mode(self, name: str) -> int | None:
        """The permission bits; None where there is no such file."""
        ...


class Letter(NamedTuple):
    """A message in words, as a provider takes it; only a mail has `subject` and `html`.

    `id` is the same at every try, so that whoever has it knows it again. `locale` is the language of `text`; `code` what
    a voice reads digit by digit, empty for a notice; `approves` what it says before, where the code approves something. `sender` is
    whom it comes from, where that is not whoever the provider was told.
    """

    channel: Literal["email", "sms", "voice", "push", "backchannel"]
    to: str
    text: str
    subject: str = ""
    html: str = ""
    id: str = ""
    locale: str = "en"
    code: str = ""
    sender: str = ""
    approves: str = ""


class Sent(NamedTuple):
    """A provider's yes: its own name for the message ("" where it gives none), and the price where it says one ("0.0075 USD")."""

    reference: str = ""
    price: str = ""


class Undelivered(Exception):
    """A provider did not take it. `permanent`: this one never will, whenever it is asked."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Provider(Protocol):
    """Whoever carries messages of one channel."""

    @property
    def name(self) -> str:
        """What the ledger calls it."""
        ...

    async def send(self, letter: Letter) -> Sent:
        """Hand the message over. Raises Undelivered."""
        ...


class Makes(Protocol):
    """Which providers there are, and how one is made."""

    def make(self, channel: str, contract: Contract) -> Provider:
        """A provider of this channel. Raises ValueError that says what is missing or wrong, and quotes no value."""
        ...

    def secrets(self, channel: str, name: str) -> frozenset[str]:
        """Which of its settings are told to nobody. Raises ValueError where there is no such provider."""
        ...

    def settings(self, channel: str, name: str) -> frozenset[str]:
        """All that it can be told. Raises ValueError where there is no such provider."""
        ...


class Receipt(NamedTuple):
    """What a provider tells later of a message that it took, by its own name for it."""

    reference: str
    outcome: Literal["delivered", "failed"]
    detail: str = ""
    price: str = ""


class Unsigned(Exception):
    """A report of receipts that does not come from the provider it names."""


class Reporting(Protocol):
    """A provider that tells of deliveries by calling us."""

    def report(self, url: str, headers: Mapping[str, str], body: bytes) -> Sequence[Receipt]:
        """What its call says; names of `headers` are in lower case. Raises Unsigned, and ValueError for what cannot be read."""
        ...


Compose = Callable[[Message, str, Tenant], Letter]
