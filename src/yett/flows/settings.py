"""Security settings: what people see of their own account and change, by the session of their browser."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.enrolment import Enrolment
from yett.domain.model import Model
from yett.factors.base import Factor, Signalled
from yett.flows.accounts import IMPLICIT
from yett.flows.activity import Activity, Event
from yett.flows.applications import Application, Applications
from yett.flows.change_password import ChangePassword
from yett.flows.elsewhere import Elsewhere, Place
from yett.flows.kept import Kept
from yett.flows.leave import HOME
from yett.flows.login import csrf_token, same
from yett.flows.own import Own
from yett.flows.owner import Missing
from yett.flows.steps import Browser, Step
from yett.flows.visit import Errand, Inside, Visit
from yett.policy.lost import lacks

SHOWN, ALL = 5, 50


class Method(NamedTuple):
    """An enrolment as its owner meets it: where codes go (masked), how many uses are left (None: nobody counts).

    `model` is what kind of thing it lives in. `fixed`: it comes with the account. `companion`: it is there to recover the others.
    `elsewhere`: the name under which it works, where that is not ours.
    """

    enrolment: Enrolment
    masked: str
    left: int | None
    fixed: bool = False
    companion: bool = False
    model: Model = Model()
    model_id: str = ""
    elsewhere: str = ""


class Overview(NamedTuple):
    """Everything on one page. `signals` are what browsers keep of the account.

    `adds`: whether a method may be added; `codes`: whether recovery codes are on, for whoever has a method.
    """

    inside: Inside
    methods: Sequence[Method]
    browsers: Sequence[Place]
    sessions: Sequence[Place]
    events: Sequence[Event]
    adds: bool
    codes: bool
    password: Method | None = None
    signals: Sequence[Mapping[str, object]] = ()
    applications: Sequence[Application] = ()


class Question(NamedTuple):
    """Before something is done: what (an act's name), to which thing of theirs, and an error of the last try."""

    inside: Inside
    act: str
    id: str = ""
    subject: object = None
    error: str = ""


class Note(NamedTuple):
    """Something to be told, and nothing to be done."""

    inside: Inside
    name: str


class Listed(NamedTuple):
    """More of what happened."""

    inside: Inside
    events: Sequence[Event]


class Adding(NamedTuple):
    """The kinds that may be added, the strongest first."""

    inside: Inside
    kinds: Sequence[str]
    error: str = ""


class Done(NamedTuple):
    """It is done."""

    inside: Inside
    act: str


class Absent(NamedTuple):
    """There is no such thing of theirs (any longer)."""

    inside: Inside


Shown = Overview | Question | Note | Listed | Adding | Done | Absent | Step
Refusal = Missing | Step | str | None


class Act(NamedTuple):
    """Something that people do here: `find` says to what (None: it is not theirs), `do` does it.

    `proven`: only after a fresh proof, which is asked for before the question is.
    """

    find: Callable[[Inside, str], Awaitable[object]]
    do: Callable[[Inside, str, Mapping[str, str]], Awaitable[Refusal]]
    proven: bool = False


def token(browser: Browser) -> str:
    """Stands in every form: only a page of this very session knows it."""
    return csrf_token(browser.session, "account")


@dataclass(frozen=True, slots=True)
class Settings:
    """Each method lets somebody in first; whoever does not get in is sent to where they can prove themselves."""

    visit: Visit
    own: Own
    elsewhere: Elsewhere
    activity: Activity
    kept: Kept
    passwords: ChangePassword
    applications: Applications

    async def overview(self, browser: Browser) -> Shown:
        """The page that everything starts from."""
        inside = await self.visit(HOME, browser)
        if not isinstance(inside, Inside):
            return inside
        owner = inside.owner
        return Overview(
            inside,
            [await self._modelled(self.method(inside, one.enrolment)) for one in self.own.ownership.listed(owner)],
            await self.elsewhere.browsers(inside),
            await self.elsewhere.sessions(inside),
            await self.activity.recent(owner.account, owner.catalogue, SHOWN),
            adds=bool(self._kinds(inside)),
            codes=self._sheet(inside) is not None,
            password=await self._password(inside, ""),
            signals=self._signals(inside),
            applications=await self.applications.all(inside),
        )

    def _signals(self, inside: Inside) -> Sequence[Mapping[str, object]]:
        """What browsers shall keep of the account, by the name that it is kept under."""
        owner, gate = inside.owner, self.own.ownership.gate
        keeping = [one for one in gate.factors.values() if isinstance(one, Signalled) and gate.on(one, owner.catalogue)]
        told = [one.signal(self.own.ownership.ask(owner, one), owner.enrolments) for one in keeping]
        return [one for at, one in enumerate(told) if one not in told[:at]]

    async def happened(self, path: str, browser: Browser) -> Shown:
        """What happened, as far as it fits on a page."""
        inside = await self.visit(path, browser)
        if not isinstance(inside, Inside):
            return inside
        return Listed(inside, await self.activity.recent(inside.owner.account, inside.owner.catalogue, ALL))

    async def log(self, path: str, browser: Browser) -> list[Mapping[str, object]] | Step:
        """Everything that is kept about them."""
        inside = await self.visit(path, browser)
        return await self.activity.log(inside.owner.account) if isinstance(inside, Inside) else inside

    async def note(self, path: str, name: str, browser: Browser) -> Shown:
        """A page that only tells something."""
        inside = await self.visit(path, browser)
        return Note(inside, name) if isinstance(inside, Inside) else inside

    async def adding(self, path: str, browser: Browser, form: Mapping[str, str] | None = None) -> Shown:
        """What may be added; with a form the choice: what comes then are the pages of a login, which end here."""
        inside = await self.visit(path, browser)
        if not isinstance(inside, Inside):
            return inside
        kinds = [one.kind for one in self._kinds(inside)]
        if form is None or form.get("action") not in kinds:
            return Adding(inside, kinds)
        if not same(form.get("csrf", ""), token(browser)):
            return Adding(inside, kinds, "moved_on")
        begun = await self._enrol(inside, next(one for one in self._kinds(inside) if one.kind == form["action"]))
        return Adding(inside, kinds, begun) if isinstance(begun, str) else begun

    def method(self, inside: Inside, one: Enrolment) -> Method:
        """One of theirs, as they meet it."""
        factor = self._factor(one)
        shown = factor.challenge((one,), self.own.ownership.ask(inside.owner, factor)).show if factor.words.channels else {}
        strayed = self.own.ownership.gate.strayed(one, inside.owner.catalogue)
        return Method(one, shown.get("masked", ""), factor.left(one), one.link == IMPLICIT, factor.words.companion, elsewhere=strayed)

    async def _modelled(self, method: Method) -> Method:
        id, model = await self.own.models.of(self._factor(method.enrolment), method.enrolment)
        return method._replace(model=model, model_id=id if model.picture else "")

    async def question(self, act: str, id: str, path: str, browser: Browser) -> Shown:
        """What is about to be done. Whoever must prove something first does so before they are asked."""
        inside = await self.visit(path, browser)
        if not isinstance(inside, Inside):
            return inside
        subject = await self._act(act).find(inside, id)
        if subject is None:
            return Absent(inside)
        return await self._proof(inside, act, subject, path) or Question(inside, act, id, subject)

    async def act(self, act: str, id: str, path: str, form: Mapping[str, str], browser: Browser) -> Shown:
        """Do it: by a form of this very session, if it is still there to be done."""
        asked = await self.question(act, id, path, browser)
        if not isinstance(asked, Question):
            return asked
        if not same(form.get("csrf", ""), token(browser)):
            return asked._replace(error="moved_on")
        match await self._act(act).do(asked.inside, id, form):
            case None:
                return Done(asked.inside, act)
            case Missing():
                return await self.question(act, id, path, browser)
            case str() as error:
                return asked._replace(error=error)
            case step:
                return step

    def _act(self, name: str) -> Act:
        match name:
            case "rename":
                return Act(self._mine, self._rename)
            case "remove":
                return Act(self._mine, self._remove, proven=True)
            case "lost":
                return Act(self._losable, _by_reporting)
            case "keep":
                return Act(self._suspended, self._keep, proven=True)
            case "password":
                return Act(self._password, self._new_password, proven=True)
            case "codes":
                return Act(self._codes, self._new_codes)
            case "forget":
                return Act(self._browser, self._forget)
            case "end":
                return Act(self._session, self._end)
            case "withdraw":
                return Act(self._application, self._withdraw)
            case "end-others":
                return Act(_all, self._end_others)
            case _:
                return Act(_all, self._not_me)

    async def _proof(self, inside: Inside, act: str, subject: object, path: str) -> Shown | None:
        """On to what must be proven first; None: nothing. Whoever has nothing left keeps what is lost by the link in the mail."""
        if not isinstance(subject, Method):
            return None
        errand = self._errand(inside, act, subject)
        if errand is None:
            return None
        if act == "keep" and not errand.able:
            return Note(inside, "keep-by-mail")
        asked = await self.visit(path, inside.owner.browser, errand)
        return None if isinstance(asked, Inside) else asked

    def _errand(self, inside: Inside, act: str, subject: Method) -> Errand | None:
        owner, now, about = inside.owner, self.own.mint.clock(), self._factor(subject.enrolment).promise(subject.enrolment)
        if act == "lost":
            password = "password" in lacks(self.own.ownership.case(owner, now), subject.enrolment.id, now)
            return Errand(first=True) if password else None
        missing = self.own.ownership.missing(owner, about, now) if self._act(act).proven else None
        return Errand(about, able=bool(missing.acceptable)) if missing else None

    async def _mine(self, inside: Inside, id: str) -> Method | None:
        held = self.own.ownership.mine(inside.owner, id)
        return self.method(inside, held.enrolment) if held else None

    async def _losable(self, inside: Inside, id: str) -> Method | None:
        mine = await self._mine(inside, id)
        return mine if mine and not mine.fixed and mine.enrolment.leaves_at is None else None

    async def _suspended(self, inside: Inside, id: str) -> Method | None:
        mine = await self._mine(inside, id)
        return mine if mine and mine.enrolment.leaves_at is not None else None

    async def _keep(self, inside: Inside, id: str, _: Mapping[str, str]) -> Refusal:
        return None if await self.kept.call_off(inside.owner, id) else "moved_on"

    async def _password(self, inside: Inside, _: str) -> Method | None:
        """The password that the account has; there may be none."""
        kind, has = self.passwords.births.password.kind, inside.owner.enrolments
        return next((self.method(inside, one) for one in has if one.kind == kind and one.status == "active"), None)

    async def _new_password(self, inside: Inside, _: str, form: Mapping[str, str]) -> Refusal:
        return await self.passwords(inside.owner, form.get("password", ""))

    async def _rename(self, inside: Inside, id: str, form: Mapping[str, str]) -> Refusal:
        done = await self.own.rename(inside.owner, id, form.get("name", ""))
        return done if isinstance(done, str) else None

    async def _remove(self, inside: Inside, id: str, _: Mapping[str, str]) -> Refusal:
        return await self.own.remove(inside.owner, id)

    async def _codes(self, inside: Inside, _: str) -> Factor | None:
        return self._sheet(inside)

    async def _new_codes(self, inside: Inside, _id: str, _form: Mapping[str, str]) -> Refusal:
        sheet = self._sheet(inside)
        return await self._enrol(inside, sheet) if sheet else "unusable"

    async def _browser(self, inside: Inside, id: str) -> Place | None:
        return next((one for one in await self.elsewhere.browsers(inside) if one.id == id), None)

    async def _forget(self, inside: Inside, id: str, _: Mapping[str, str]) -> Refusal:
        return None if await self.elsewhere.forget(inside, id) else "moved_on"

    async def _session(self, inside: Inside, sid: str) -> Place | None:
        return next((one for one in await self.elsewhere.sessions(inside) if one.id == sid and not one.here), None)

    async def _end(self, inside: Inside, sid: str, _: Mapping[str, str]) -> Refusal:
        return None if await self.elsewhere.end(inside, sid) else "moved_on"

    async def _application(self, inside: Inside, id: str) -> Application | None:
        return next((one for one in await self.applications.all(inside) if one.id == id), None)

    async def _withdraw(self, inside: Inside, id: str, _: Mapping[str, str]) -> Refusal:
        return None if await self.applications.end(inside, id) else "moved_on"

    async def _end_others(self, inside: Inside, _id: str, _form: Mapping[str, str]) -> Refusal:
        await self.elsewhere.end_others(inside)
        return None

    async def _not_me(self, inside: Inside, _id: str, _form: Mapping[str, str]) -> Refusal:
        await self.elsewhere.not_me(inside)
        return None

    async def _enrol(self, inside: Inside, factor: Factor) -> Step | str:
        """On to the pages that ask, then to those that enrol: the ones of a login, which come back here."""
        asked = await self.visit(HOME, inside.owner.browser, Errand(factor.promise(None), factor.kind))
        return "unusable" if isinstance(asked, Inside) else asked

    def _factor(self, one: Enrolment) -> Factor:
        return self.own.ownership.gate.factors[one.kind]

    def _kinds(self, inside: Inside) -> Sequence[Factor]:
        """What may be added: not the mailbox that the account has anyway, and not the codes that come along with the rest."""
        owner, ownership = inside.owner, self.own.ownership
        known = {one.kind for one in owner.enrolments if any(sent.to == owner.account.email for sent in ownership.reached(owner, one))}
        return [one for one in ownership.kinds(owner) if not one.words.companion and one.kind not in known]

    def _sheet(self, inside: Inside) -> Factor | None:
        """The factor of recovery codes, for whoever has something to recover."""
        ownership, now = self.own.ownership, self.own.mint.clock()
        sheet = next((one for one in ownership.kinds(inside.owner) if one.words.companion), None)
        return None if sheet is None or isinstance(ownership.refused(inside.owner, sheet, now), str) else sheet


async def _by_reporting(_inside: Inside, _id: str, _form: Mapping[str, str]) -> Refusal:
    """More than a button: flows.reporting."""
    return "moved_on"


async def _all(_inside: Inside, _id: str) -> bool:
    return True
