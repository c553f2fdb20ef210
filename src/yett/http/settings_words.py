"""What the pages of Security settings say, by id: sentences in English, which are also the keys of the catalogues."""

from collections.abc import Mapping
from typing import NamedTuple


class Asking(NamedTuple):
    """A page that asks before something is done, or tells what was: its heading, what it means, and the button (none: a note).

    `%(name)s` is the thing that it is about. `says` are paragraphs, `points` a list below them.
    """

    title: str
    says: tuple[str, ...]
    button: str = ""
    points: tuple[str, ...] = ()


ASKING: Mapping[str, Asking] = {
    "enrolled": Asking("You are all set", ("From now on you confirm with your new method that it is you.",)),
    "remove": Asking(
        "Remove %(name)s?",
        (
            "You will no longer be able to confirm with it that it is you.",
            "Applications in which you confirmed with it will ask you to log in again, and no browser is remembered any longer.",
            "If you have lost it, report it lost instead: that works without it.",
        ),
        "Remove",
    ),
    "lost": Asking(
        "Report %(name)s lost?",
        (
            "It stops working at once, and in three days it is removed. Until then you can take that back.",
            "We ask for a code by another way, and write to you everywhere we can, so that nobody does this in your name.",
        ),
        "Report it lost",
    ),
    "keep": Asking("Keep %(name)s?", ("It is not removed, and works again at once, unless its model is trusted no longer.",), "Keep it"),
    "keep-by-mail": Asking(
        "Keep it by the link in our message",
        (
            "We have written to you everywhere we can.",
            "The link in that message keeps it. It needs no other proof, and you have none left that we could ask for.",
        ),
    ),
    "kept": Asking("It is kept", ("It works again. If you did not report it lost, somebody knows your password: change it.",)),
    "kept-out-of-use": Asking(
        "It is kept, but out of use",
        (
            "Its maker has told the world that keys of this model can no longer be trusted. Set up another one in its place, and remove this one.",
            "If you did not report it lost, somebody knows your password: change it.",
        ),
    ),
    "codes": Asking(
        "Make new recovery codes?",
        ("You get a new sheet of codes. As soon as you have saved it, the codes that you have now are void.",),
        "Make new codes",
    ),
    "forget": Asking("Forget %(name)s?", ("The next login in that browser asks for your second step again.",), "Forget this browser"),
    "end": Asking(
        "Log out %(name)s?",
        ("You will be logged out there, and so will the applications that were opened from there, as soon as they ask again.",),
        "Log out",
    ),
    "withdraw": Asking(
        "Take access from %(name)s?",
        ("It loses what you let it have, at once and everywhere. If you use it again, it will ask you first.",),
        "Take it back",
    ),
    "end-others": Asking(
        "Log out everywhere else?",
        ("You stay logged in here. Everywhere else you will be logged out, and so will the applications, as soon as they ask again.",),
        "Log out everywhere else",
    ),
    "not-me": Asking(
        "Was it somebody else?",
        ("If something in your account was not your doing, we shut everybody else out at once:",),
        "Shut everybody else out",
        (
            "All other browsers are logged out.",
            "All applications have to log in again, here too, and ask you anew for what you let them have.",
            "No browser is remembered any longer.",
            "We write to you that this has happened.",
        ),
    ),
    "shut-out": Asking(
        "Everybody else is shut out",
        ("Whoever it was knows a way in, so take it from them now:",),
        points=(
            "Change your password, and use it nowhere else.",
            "Look at your methods: remove whatever is not yours.",
            "Make new recovery codes, if somebody may have seen yours.",
            "Check that nobody else reads your mailbox.",
        ),
    ),
    "stuck": Asking(
        "This needs a proof that you cannot give",
        (
            "To change how you log in, we need a fresh proof that it is you. None of your methods can give it at the moment.",
            "If a method was closed because of too many wrong codes, wait a while and try again.",
            "If you have lost it, report it lost, or ask support for help.",
        ),
    ),
    "new-password": Asking(
        "Your password is changed",
        ("You were logged out everywhere, here too, and no browser is remembered any longer.", "Log in with the new one from now on."),
    ),
    "absent": Asking("This is gone already", ("Somebody has removed it in the meantime, or it was never yours.",)),
}

# What was just done, said once at the top of the page.
DONE: Mapping[str, str] = {
    "rename": "The name was changed.",
    "remove": "The method was removed.",
    "lost": "It no longer works, and will be removed. We have written to you.",
    "keep": "It is kept.",
    "forget": "That browser is forgotten.",
    "end": "You are logged out there.",
    "withdraw": "It has nothing of yours any longer.",
    "end-others": "You are logged out everywhere else.",
}

# What happened (flows.activity), in plain words.
HAPPENED: Mapping[str, str] = {
    "logged_in": "You logged in",
    "login_failed": "A login was not finished",
    "wrong_password": "Somebody gave a wrong password",
    "too_many_tries": "Too many wrong answers: we stopped accepting them for a while",
    "method_accepted": "You confirmed that it is you",
    "method_refused": "A second step failed",
    "method_added": "A method was added",
    "method_removed": "A method was removed",
    "method_changed": "A method was changed",
    "browser_forgotten": "A browser was forgotten",
    "browser_copied": "An old copy of a remembered browser was shown to us",
    "logged_out": "You logged out",
    "session_ended": "Another browser was logged out",
    "access_ended": "You took access from an application",
    "sessions_ended": "You were logged out everywhere else",
    "not_me": "You told us that somebody else was here",
    "by_support": "Support changed your account",
    "rejected": "You turned a request down",
    "password_changed": "Your password was changed",
}

# Browsers, by what is known of them.
BROWSER, ANY_BROWSER, SOME_BROWSER = "%(browser)s on %(system)s", "A browser on %(system)s", "A browser"


def every_message() -> set[str]:
    """All sentences of these tables."""
    asking = {part for one in ASKING.values() for part in (one.title, *one.says, one.button, *one.points) if part}
    return {*asking, *DONE.values(), *HAPPENED.values(), BROWSER, ANY_BROWSER, SOME_BROWSER}
