"""Report a method lost on the pages of Security settings: a fresh password, then a code to another channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from yett.domain.enrolment import Challenge, Enrolment
from yett.flows.kept import Suspended
from yett.flows.leave import HOME
from yett.flows.login import same
from yett.flows.lost import Lost, Report
from yett.flows.owner import Missing
from yett.flows.settings import Done, Method, Question, Settings, Shown, token
from yett.flows.steps import Browser, Leave
from yett.flows.visit import Inside


class Ways(NamedTuple):
    """Which of these shall speak for the lost one? `handle` is the report that waits."""

    inside: Inside
    handle: str
    ways: tuple[Method, ...]


class Code(NamedTuple):
    """The code of one of them, asked for on its own page: `show` is what the page shows of the question."""

    inside: Inside
    handle: str
    way: Method
    screen: str
    show: Mapping[str, str]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Reporting:
    """One form after the other; what waits in between belongs to the account that began it."""

    settings: Settings
    lost: Lost

    async def __call__(self, id: str, path: str, form: Mapping[str, str], browser: Browser) -> Shown | Ways | Code:
        """Take a form. Without a report that waits, one is begun."""
        asked = await self.settings.question("lost", id, path, browser)
        if not isinstance(asked, Question):
            return asked
        if not same(form.get("csrf", ""), token(browser)):
            return asked._replace(error="moved_on")
        handle, _, way = form.get("state", "").partition(" ")
        match form.get("action", ""):
            case "cancel":
                return Leave(HOME)
            case _ if not handle:
                return await self._begin(asked, path, browser)
            case "pick-authenticator":
                return await self._begin(asked, path, browser)
            case "default" if way:
                return await self._answer(asked, handle, way, form.get("code") or form.get("response", ""))
            case chosen:
                return await self._ask(asked, handle, way or chosen)

    async def _begin(self, asked: Question, path: str, browser: Browser) -> Shown | Ways:
        match await self.lost.begin(asked.inside.owner, asked.id):
            case Missing():
                return await self.settings.question("lost", asked.id, path, browser)
            case told:
                return self._told(asked, told)

    async def _ask(self, asked: Question, handle: str, way: str) -> Shown | Ways | Code:
        question = await self.lost.ask(asked.inside.owner, handle, way)
        if isinstance(question, str):
            return self._again(asked, handle, way, question)
        return self._code(asked, handle, way, question)

    async def _answer(self, asked: Question, handle: str, way: str, code: str) -> Shown | Ways | Code:
        told = await self.lost.answer(asked.inside.owner, handle, way, code)
        if not isinstance(told, str):
            return self._told(asked, told)
        one = self._one(asked, way)
        if one is not None and not self.lost.ownership.gate.factors[one.kind].words.channels:
            question = await self.lost.ask(asked.inside.owner, handle, way)
            return asked._replace(error="moved_on") if isinstance(question, str) else self._code(asked, handle, way, question, told)
        return self._again(asked, handle, way, told)

    def _told(self, asked: Question, told: Report | Suspended | str) -> Shown | Ways:
        match told:
            case Report(handle, ways, _):
                return Ways(asked.inside, handle, tuple(self.settings.method(asked.inside, one) for one in ways))
            case Suspended():
                return Done(asked.inside, "lost")
            case error:
                return asked._replace(error=error)

    def _again(self, asked: Question, handle: str, way: str, error: str) -> Shown | Code:
        """The page of that way once more, for a code that is on its way already; where there is none, back to the beginning."""
        one = self._one(asked, way)
        if one is None or error == "absent":
            return asked._replace(error="moved_on")
        factor, ownership = self.lost.ownership.gate.factors[one.kind], self.lost.ownership
        return self._code(asked, handle, way, factor.challenge((one,), ownership.ask(asked.inside.owner, factor)), error)

    def _code(self, asked: Question, handle: str, way: str, question: Challenge, error: str = "") -> Shown | Code:
        one = self._one(asked, way)
        if one is None:
            return asked._replace(error="moved_on")
        words = self.lost.ownership.gate.factors[one.kind].words
        screen = words.screens.get(question.channel, words.screen_challenge)
        return Code(asked.inside, handle, self.settings.method(asked.inside, one), screen, question.show, error)

    def _one(self, asked: Question, way: str) -> Enrolment | None:
        return next((one for one in asked.inside.owner.enrolments if one.id == way), None)
