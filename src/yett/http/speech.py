"""Languages: the sentences of words.py and of the templates in the language nearest to a person's own."""

import gettext
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from yett.http.words import ERRORS, MEANS, MEANS_ALIASES, REASONS, SAID_BY, SAME_REASON, SAME_TROUBLE, SCOPES, TROUBLES, UNKNOWN_ERROR, Means, Trouble

CATALOGUES = Path(__file__).parent / "locale"
LANGUAGES = ("en", "de")


class Speech:
    """One language. English is what the messages are written in, so it needs no catalogue."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._words = gettext.translation("yett", CATALOGUES, [language]) if language != "en" else gettext.NullTranslations()

    def say(self, message: str) -> str:
        """The sentence in this language."""
        return self._words.gettext(message)

    def count(self, number: int, one: str, many: str) -> str:
        """The sentence for so many, with the number where it says %(n)s."""
        return self._words.ngettext(one, many, number) % {"n": number}

    def error(self, reason: str, screen: str, data: Mapping[str, object]) -> str:
        """What was wrong with an answer. A factor may have reasons of its own: one without words gets a general sentence."""
        said = self.say(ERRORS.get(f"{reason}@{screen}") or ERRORS.get(reason, UNKNOWN_ERROR))
        return said % data if data else said

    def trouble(self, reason: str) -> Trouble:
        """What an error page says."""
        return Trouble(*map(self.say, TROUBLES.get(SAME_TROUBLE.get(reason, reason), TROUBLES["server_error"])))

    def why(self, reasons: Sequence[str], client: str, tenant: str) -> tuple[str, ...]:
        """Why we ask, once each; a login as such needs no reason."""
        said = {SAID_BY.get(reason, "") for reason in reasons}
        names = dict.fromkeys(SAME_REASON.get(reason, reason) for reason in reasons if reason not in said)
        return tuple(self.say(REASONS[name]) % {"client": client or tenant, "tenant": tenant} for name in names if name in REASONS)

    def scope(self, name: str, description: str) -> str:
        """What a scope lets an application do: as its API describes it, else in our words for it, else by its name."""
        return description or (self.say(SCOPES[name]) if name in SCOPES else name)

    def means(self, kind: str) -> Means:
        """A kind of factor as a person knows it; one that has no words here is called by its name."""
        found = MEANS.get(MEANS_ALIASES.get(kind, kind))
        return found._replace(label=self.say(found.label), hint=self.say(found.hint)) if found else Means(kind, "", "lock")


def speech(locale: str) -> Speech:
    """The language nearest to a tag such as `de-AT`; English where there is none."""
    return _speech(_nearest(locale))


@cache
def _speech(language: str) -> Speech:
    return Speech(language)


def _nearest(locale: str) -> str:
    wanted = locale[:2].lower()
    return wanted if wanted in LANGUAGES and locale[2:3] in {"", "-", "_"} else "en"
