"""Pages: the name of a screen and what it shows, to HTML.

Templates are compiled once per language with their sentences already translated, so a page costs little more than its
variables. `SCREENS` says what `Page.data` holds for each screen; a test compares it with the templates.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from markupsafe import Markup

from yett.domain.tenant import Brand
from yett.http.assets import asset_href
from yett.http.brand import brand_href
from yett.http.speech import Speech, speech
from yett.http.words import NOT_THE_ANSWER

if TYPE_CHECKING:
    from jinja2 import Environment, Template

TEMPLATES = Path(__file__).parent / "templates"


class Page(NamedTuple):
    """What every screen has.

    `action` is the path that the form posts to. `error` is an id of words.ERRORS (on the screen `error`: of
    words.TROUBLES); `error_data` fills its %(names)s. `reasons` are the names of the unmet checks, `purpose` says in
    words what it is for (the text of a transaction), `scopes` what the application asks
    for. `account` is the label shown, an email. `demo` shows the banner. `elsewhere` is
    the name under which the account's keys work, where that is not ours.
    """

    locale: str
    brand: Brand
    action: str = ""
    state: str = ""
    csrf: str = ""
    error: str = ""
    error_data: Mapping[str, object] = {}
    client_name: str = ""
    reasons: tuple[str, ...] = ()
    purpose: str = ""
    scopes: tuple[str, ...] = ()
    account: str = ""
    demo: bool = False
    data: Mapping[str, object] = {}
    elsewhere: str = ""


class Option(NamedTuple):
    """One choice: the value of its button, the kind of factor; `label` and `hint` replace the kind's own words."""

    value: str
    kind: str
    label: str = ""
    hint: str = ""
    masked: str = ""
    last_used: bool = False


class Remember(NamedTuple):
    """The checkbox `rememberBrowser`: for how many days, and whether it is ticked already."""

    days: int
    ticked: bool = False


class Message(NamedTuple):
    """One message of the dev outbox; `at` in seconds, `code` what would be typed ("": none)."""

    id: str
    at: int
    channel: str
    to: str
    subject: str
    text: str
    code: str = ""


class Card(NamedTuple):
    """A method of somebody's: `name` is what they call it, `left` how many uses it has; one that is `fixed` cannot be changed.

    What was reported lost is removed at `leaves_at`. `model` and `picture` are of the thing that it lives in; one that is
    `suspended` works no longer, and one that has an `elsewhere` only under that name.
    """

    id: str
    kind: str
    created_at: int
    name: str = ""
    masked: str = ""
    used_at: int | None = None
    left: int | None = None
    fixed: bool = False
    fresh: bool = False
    leaves_at: int | None = None
    model: str = ""
    picture: str = ""
    suspended: bool = False
    elsewhere: str = ""


class Whereabouts(NamedTuple):
    """A browser: where somebody is logged in, or that is remembered `until`. `here`: the one that is looking."""

    id: str
    label: str
    since: int
    used_at: int
    ip: str = ""
    until: int = 0
    here: bool = False


class Happening(NamedTuple):
    """What happened, and whence: application, browser and address."""

    at: int
    says: str
    whence: tuple[str, ...] = ()
    alarming: bool = False


class Asks(NamedTuple):
    """What an application asks for of one API ("": what is told of a person), in words."""

    api: str
    says: tuple[str, ...]


class Applied(NamedTuple):
    """An application that has something of somebody's since a time: what it may, in words."""

    id: str
    name: str
    since: int
    says: tuple[str, ...]


class StepUp(NamedTuple):
    """One act of the demo application: the value of its `action`, what it says, and the parameters that it sends."""

    action: str
    label: str
    sends: str = ""


# What pages have of a code that was sent, and of one that was sent to a telephone.
SENT = ("digits", "attempts_left", "resend_in", "resends_left", "unasked", "instead", "others", "optional")
LINE = ("switch", "notice", "enrolling")
SCREENS: Mapping[str, tuple[str, ...]] = {
    "login-id": ("username", "ceremony"),
    "login-password": ("username", "ceremony"),
    "remembered-browser": ("key",),
    "mfa-login-options": ("options", "recovery"),
    "mfa-otp-challenge": ("digits", "attempts_left", "remember", "others", "recovery", "optional"),
    "mfa-email-challenge": ("target", *SENT, "remember", "recovery"),
    "mfa-sms-challenge": ("target", *SENT, *LINE, "remember", "recovery"),
    "mfa-voice-challenge": ("target", *SENT, *LINE, "remember", "recovery"),
    "mfa-phone-enrollment": ("phone", "country", "countries", "channels", "chosen", "notice", "others", "optional"),
    "mfa-recovery-code-challenge": ("attempts_left", "remember", "others", "optional"),
    "mfa-begin-enroll-options": ("options", "optional"),
    "mfa-otp-enrollment-qr": ("qr", "secret", "uri", "digits", "attempts_left", "others", "optional"),
    "mfa-email-enrollment": ("target", *SENT, "recovery"),
    "mfa-recovery-code-enrollment": ("codes",),
    "mfa-webauthn-roaming-challenge": ("ceremony", "remember", "others", "recovery", "optional"),
    "mfa-webauthn-roaming-enrollment": ("ceremony", "others", "optional"),
    "mfa-webauthn-platform-challenge": ("ceremony", "remember", "others", "recovery", "optional"),
    "mfa-webauthn-platform-enrollment": ("ceremony", "others", "optional"),
    "passkey-challenge": ("ceremony", "remember", "others", "recovery", "optional"),
    "passkey-enrollment": ("ceremony", "quiet", "others", "optional"),
    "mfa-webauthn-not-available-error": (),
    "account": ("told", "signals", "methods", "password", "adds", "sheet", "renewable", "browsers", "sessions", "events", "applications"),
    "account-activity": ("events",),
    "account-add": ("options",),
    "account-rename": ("label", "name"),
    "account-confirm": ("heading", "says", "points", "button"),
    "account-note": ("heading", "says", "points"),
    "consent": ("wanted", "asked", "host"),
    "form-post": ("to", "fields"),
    "web-message": ("origin", "response"),
    "logout-confirm": (),
    "logged-out": ("back",),
    "reset-password-request": (),
    "reset-password-methods": ("options",),
    "reset-password-challenge": ("target", "resend"),
    "reset-password-mfa-webauthn-challenge": ("ceremony",),
    "reset-password": ("shortest",),
    "email-verification": (),
    "link-note": ("heading", "says"),
    "error": ("detail", "correlation", "back"),
    "demo-home": ("id_token", "access_token", "step_ups", "told", "unmet"),
    "dev-outbox": ("messages",),
}
"""What the data are, and the default of those that may be left out:

username       str, ""       what was typed before (login-password: button action=edit)
options        sequence of Option, the strongest first
recovery       bool, False   a recovery code may be used (button action=recovery-code)
others         bool, False   there is another method (button action=pick-authenticator)
optional       bool, False   may be skipped (button action=skip)
remember       Remember, None where this browser cannot be remembered
digits         int, 6        how many the code has
attempts_left  int, None where it is not said
resend_in      int, 0        seconds until another code may be asked for (button action=resend)
resends_left   int, None where it is not said
target         str           the address, masked
unasked        bool, False   no code could be sent; `instead`: an Option that is the way on then, None where there is none
phone, country str           what was typed, and the country chosen; `countries`: sequence of Country
channels       sequence of "sms" and "voice", `chosen` one of them
switch         str, ""       the channel that a code may come by instead (button action=sms or voice)
notice         bool, False   say what the telephone network is worth
enrolling      bool, False   the number is not theirs yet (button action=edit)
qr             Markup of qr.qr(uri): a plain str would be escaped
secret         str           the key in base32
uri            str           its otpauth: address
codes          sequence of str
ceremony       str           what the browser is asked (WebAuthn), in JSON
key            str, ""       the name of the key that a remembered browser signs with
quiet          bool, False   the browser does it by itself, or leaves it (button action=skip)
back           str, ""       address of the application, checked by the caller; "": no link
detail         str, ""       one line for developers
correlation    str, ""       the number under which support finds this case
id_token       mapping, None while nobody is logged in (button action=login); access_token likewise
step_ups       sequence of StepUp: what the demo application can do (beside action=logout)
messages       sequence of Message, the newest first
told           str, ""       what was done a moment ago; `unmet`: bool, False where it was asked in vain (demo-home)
signals        str, ""       what browsers are told of the account's credentials, in JSON
methods        sequence of Card; `sheet` and `password` one, None where there is none
adds           bool, False   there is a method to add (page account-add)
renewable      bool, False   recovery codes may be made anew (page account-codes)
browsers       sequence of Whereabouts, those that are remembered; `sessions` likewise, those where somebody is logged in
applications   sequence of Applied, those that have something of theirs
events         sequence of Happening, the newest first
resend         bool, False   another code may be asked for (button action=resend)
label, name    str           what a method is, and what its owner calls it
wanted         sequence of Asks: what an application asks for, `asked` the same in short; `host` is where it is
to, fields     str           where an answer is posted, and what it says (a mapping)
origin, response  str        the one origin that an answer is for, and what it says, in JSON
heading        str           says and points: sequences of sentences; button: str

Every form has its main button with action=default (login-id to recovery-code-challenge), action=saved, logout or
login; action=cancel is on all but the last five, the recovery codes, and those of Security settings, which have links.
"""
DEFAULTS: Mapping[str, object] = {
    "username": "",
    "ceremony": "",
    "key": "",
    "quiet": False,
    "recovery": False,
    "others": False,
    "optional": False,
    "remember": None,
    "digits": 6,
    "attempts_left": None,
    "resend_in": 0,
    "resends_left": None,
    "unasked": False,
    "instead": None,
    "switch": "",
    "notice": False,
    "enrolling": False,
    "back": "",
    "detail": "",
    "correlation": "",
    "id_token": None,
    "access_token": None,
    "step_ups": (),
    "messages": (),
    "told": "",
    "unmet": False,
    "signals": "",
    "methods": (),
    "adds": False,
    "sheet": None,
    "password": None,
    "renewable": False,
    "browsers": (),
    "sessions": (),
    "applications": (),
    "events": (),
    "name": "",
    "points": (),
    "resend": False,
}
# Below their headings it is said whom one logs in to.
NAMED = frozenset({"login-id", "login-password"})
# What a field says of an error: where the words are, and whether it was the answer that was wrong.
MARKS: Mapping[tuple[bool, bool], str] = {
    (False, True): "",
    (True, False): Markup(' aria-describedby="error"'),
    (True, True): Markup(' aria-invalid="true" aria-describedby="error"'),
}


def render(screen: str, page: Page) -> bytes:
    """The page as it is sent. KeyError for a screen that there is not; data that is missing raises UndefinedError."""
    spoken, wrong = speech(page.locale), page.error
    why = spoken.why(page.reasons, page.client_name, page.brand.name) if page.reasons else ()
    everything = {
        **DEFAULTS,
        **page.data,
        "page": page,
        "brand": page.brand,
        "screen": screen,
        "language": spoken.language,
        "error": spoken.error(wrong, screen, page.error_data) if wrong and screen != "error" else "",
        "marks": MARKS[bool(wrong), wrong not in NOT_THE_ANSWER],
        "trouble": spoken.trouble(wrong) if screen == "error" else None,
        "why": why,
        # Who asks is said once.
        "named": screen in NAMED or any(page.client_name in sentence for sentence in why),
        "brand_href": brand_href(page.brand) if page.brand.primary else "",
    }
    return _template(screen, spoken).render(everything).encode()


@cache
def _template(screen: str, spoken: Speech) -> "Template":
    if screen not in SCREENS:
        raise KeyError(screen)
    return _environment(spoken).get_template(screen + ".html")


@cache
def _environment(spoken: Speech) -> "Environment":
    """Filters upon constants are worked out when a template is compiled: translated sentences, addresses of files."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # the first page needs it, no start does

    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, auto_reload=False, trim_blocks=True, lstrip_blocks=True)
    made.filters |= {
        "t": spoken.say,
        "count": spoken.count,
        "means": spoken.means,
        "asset": asset_href,
        "icon": icon,
        "link": link,
        "claim": claim,
        "grouped": grouped,
        "iso": iso,
        "day": day,
        "slots": slots,
    }
    made.globals.clear()  # no page wants `range` or `lipsum`, and each copies them
    return made


def link(address: str, *schemes: str) -> str:
    """The address if it is a path here or of such a scheme, else nothing: a `javascript:` in settings is no link."""
    here = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if here or urlsplit(address).scheme in (schemes or ("https", "http")) else ""


@cache
def icon(name: str) -> Markup:
    """A picture that only accompanies words."""
    return Markup((TEMPLATES / "icons" / f"{name}.svg").read_text("utf-8").strip())  # noqa: S704 - our own file


@cache
def slots(digits: int) -> Markup:
    """The boxes into which the digits of a code fall."""
    return Markup("<i></i>") * digits


def claim(value: object) -> str:
    """A claim as its token has it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def iso(seconds: object) -> str:
    """A moment as every reader understands it; the script shows it in the reader's own time."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ") if isinstance(seconds, int) else str(seconds)


def day(seconds: object) -> str:
    """The day of a moment."""
    return iso(seconds)[:10]


def grouped(secret: str) -> list[str]:
    """A key in groups of four, as it is read and typed."""
    return [secret[at : at + 4] for at in range(0, len(secret), 4)]
