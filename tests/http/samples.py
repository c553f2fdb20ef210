"""One page of each kind and state, as a person would meet it."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from yett.domain.tenant import Brand
from yett.http.countries import Country
from yett.http.links_words import SAID
from yett.http.qr import qr
from yett.http.render import Applied, Asks, Card, Happening, Message, Option, Page, Remember, StepUp, Whereabouts
from yett.http.settings_words import ASKING, DONE, HAPPENED
from yett.http.speech import speech

ACME = Brand("Acme Bank", primary="#c2185b", support_email="help@acme.test", support_url="https://acme.test/help")
PAPE = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
URI = "otpauth://totp/Acme%20Bank:ada@example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Acme%20Bank"
CLAIMS = {
    "iss": "http://localhost:8000/",
    "sub": "auth0|6741c0ffee5ca1ab1e",
    "aud": "demo-app",
    "iat": 1764000000,
    "exp": 1764036000,
    "auth_time": 1763999940,
    "acr": PAPE,
    "amr": ["pwd", "otp", "mfa"],
    "email": "ada@example.com",
}


SERVED = (Country("AT", "Austria", 43), Country("DE", "Germany", 49), Country("US", "United States of America", 1))


class Sample(NamedTuple):
    """A screen in one state."""

    name: str
    screen: str
    page: Page


def samples(locale: str = "en", brand: Brand = Brand()) -> Iterator[Sample]:  # noqa: B008 - a NamedTuple
    """Every screen, the ones with an error or a reason twice."""
    login = Page(locale, brand, action="/u/page", state="st4te", csrf="t0ken", client_name="Acme Payments", account="ada@example.com")
    month = Remember(30)
    choices = (
        Option("1", "passkey", label="Ada\u2019s phone"),
        Option("2", "otp", last_used=True),
        Option("3", "email", masked="a••@e••••••.com"),
    )

    def sample(screen: str, state: str = "", page: Page = login, /, **data: object) -> Sample:
        return Sample(screen + (f"-{state}" if state else ""), screen, page._replace(data=data))

    yield sample("login-id", "", login._replace(account=""))
    yield sample("login-id", "passkey", login._replace(account=""), ceremony='{"challenge":"AAAA","allowCredentials":[]}')
    yield sample("login-id", "error", login._replace(account="", error="missing_username"))
    yield from _answers(sample, login)
    yield sample("login-password", username="ada@example.com")
    yield sample("login-password", "passkey", username="ada@example.com", ceremony='{"challenge":"AAAA","allowCredentials":[]}')
    yield sample("reset-password-request")
    yield sample("reset-password-methods", options=(Option("1", "otp"), Option("2", "recovery-code")))
    yield sample("reset-password-challenge", target="", resend=False)
    yield sample("reset-password-challenge", "sent", login._replace(error="wrong_code"), target="•••• 3456", resend=True)
    yield sample("reset-password", shortest=15)
    yield sample("reset-password", "error", login._replace(error="too_short"), shortest=15)
    yield sample("email-verification")
    for name, (heading, *says) in SAID.items():
        yield sample("link-note", name.replace("_", "-"), heading=speech(locale).say(heading), says=tuple(map(speech(locale).say, says)))
    yield sample("login-password", "error", login._replace(error="wrong_credentials", demo=True), username="ada@example.com")
    yield from (sample("remembered-browser"), sample("mfa-otp-challenge", remember=month, others=True, recovery=True))
    yield sample(
        "mfa-otp-challenge", "step-up", login._replace(reasons=("client_acr", "max_age"), purpose="Transfer of €1,250.00 to Grace Hopper"), recovery=True
    )
    yield sample("mfa-otp-challenge", "set-up", login._replace(reasons=("transaction", "set_up"), purpose="Transfer of €1,250.00 to Grace Hopper"))
    yield from _asking(sample, login, month)
    yield sample(
        "mfa-otp-challenge", "error", login._replace(error="wrong_code", demo=True, reasons=("tenant_always",)), digits=8, remember=month, attempts_left=1
    )
    yield sample("mfa-email-challenge", target="a••@e••••••.com", remember=month, others=True, recovery=True, resend_in=42, resends_left=3, attempts_left=4)
    yield sample("mfa-email-challenge", "spent", login._replace(error="too_many_messages"), target="a••@e••••••.com", others=True, resends_left=0)
    yield sample("mfa-email-challenge", "unasked", login._replace(error="too_many_messages"), target="x", unasked=True, instead=Option("1", "otp"), others=True)
    yield from _telephone(sample, login, month)
    yield sample("mfa-email-enrollment", target="ada@example.com", others=True, optional=True)
    yield sample("mfa-login-options", options=choices, recovery=True)
    yield sample("mfa-begin-enroll-options", options=(Option("a", "otp"), Option("b", "email")), optional=True)
    yield from _keys(sample, login, month)
    yield sample("mfa-recovery-code-challenge", remember=month, others=True)
    yield sample("mfa-recovery-code-challenge", "error", login._replace(error="wrong_recovery_code"), others=True, attempts_left=2)
    yield sample("mfa-otp-enrollment-qr", qr=qr(URI), uri=URI, secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", others=True, optional=True)
    yield sample("mfa-recovery-code-enrollment", codes=tuple(f"{n}K7Q-W2MX-{n}ZPA-9RTD" for n in range(10)))
    yield from _account(login, locale)
    yield sample("logout-confirm")
    yield sample("logged-out", back="https://app.acme.test/")
    yield sample("error", "", login._replace(error="expired"), correlation="7f3a-91c2", back="https://app.acme.test/")
    yield sample(
        "error", "developer", login._replace(error="redirect_mismatch"), detail="redirect_uri is not registered for this client", correlation="7f3a-91c2"
    )
    yield sample("demo-home", "", login._replace(demo=True, account=""))
    yield sample(
        "demo-home",
        "in",
        login._replace(demo=True),
        id_token=CLAIMS,
        access_token={**CLAIMS, "scope": "openid profile email read:accounts", "client_id": "demo-app"},
        step_ups=(
            StepUp("step-up", "Ask for a second step", f"acr_values={PAPE}"),
            StepUp("phr", "Ask for a passkey or security key", "acr_values=phr"),
            StepUp("fresh", "Ask for a fresh login", "max_age=0"),
        ),
    )
    yield sample("dev-outbox", "empty", login._replace(demo=True))
    yield sample(
        "dev-outbox",
        "",
        login._replace(demo=True),
        messages=(
            Message(
                "m2",
                1764000000,
                "email",
                "ada@example.com",
                "Your code is 493817",
                "Your code is 493817. It is good for ten minutes.\nNobody from Acme will ever ask you for it.",
                "493817",
            ),
            Message("m1", 1763999000, "email", "ada@example.com", "A new way to log in was added", "An authenticator app was added to your account just now."),
        ),
    )


def _answers(sample: Callable[..., Sample], login: Page) -> Iterator[Sample]:
    """What an application is let have, and how it is told."""
    asked = (Asks("", ("Know that it is you when you log in", "See your email address")), Asks("Bank of Acme", ("See your accounts", "transfer:funds")))
    yield sample("consent", wanted=asked, asked="a5ced", host="app.example.com")
    yield sample("consent", "again", login._replace(error="unknown_action"), wanted=(Asks("Bank of Acme", ()),), asked="a5ced", host="")
    yield sample("form-post", "quiet", to="https://app.example.com/callback", fields={"code": "c0de", "state": "st4te"})
    yield sample("web-message", origin="https://app.example.com", response='{"code":"c0de","state":"st4te"}')


def _keys(sample: Callable[..., Sample], login: Page, month: Remember) -> Iterator[Sample]:
    """What a browser asks a key, and what is said of keys that it cannot be asked."""
    yield sample("reset-password-mfa-webauthn-challenge", ceremony='{"challenge":"AAAA","allowCredentials":[]}')
    for screen in ("mfa-webauthn-roaming-challenge", "mfa-webauthn-platform-challenge", "passkey-challenge"):
        yield sample(screen, ceremony='{"challenge":"AAAA","allowCredentials":[]}', remember=month, others=True, recovery=True)
    yield sample("mfa-webauthn-roaming-challenge", "error", login._replace(error="cloned"), ceremony='{"challenge":"AAAA"}', others=True)
    for screen in ("mfa-webauthn-roaming-enrollment", "mfa-webauthn-platform-enrollment", "passkey-enrollment"):
        yield sample(screen, ceremony='{"challenge":"AAAA","user":{"id":"AAAA"}}', others=True, optional=True)
    yield sample("passkey-enrollment", "quiet", ceremony='{"challenge":"AAAA","user":{"id":"AAAA"}}', quiet=True, optional=True)
    moved = login._replace(elsewhere="login.old.example")
    yield sample(
        "mfa-login-options", "stranded", moved, options=(Option("2", "otp", last_used=True), Option("3", "email", masked="a••@e••••••.com")), recovery=True
    )
    yield sample("mfa-webauthn-not-available-error", "", moved)


def _asking(sample: Callable[..., Sample], login: Page, month: Remember) -> Iterator[Sample]:
    """Who asks, for what, and why now."""
    asks = ("Transfer money from your accounts", "read:accounts")
    yield sample("mfa-otp-challenge", "scopes", login._replace(reasons=("resource_scope", "max_age"), scopes=asks), others=True)
    yield sample("mfa-otp-challenge", "policy", login._replace(reasons=("tenant_always",)), remember=month)
    approves = "Transfer of \u20ac1,250.00 to \u2068\u05d3\u05d5\u05d3 \u05db\u05d4\u05df\u2069, DE89370400440532013000, for " + "Invoice2026" * 9
    yield sample("passkey-challenge", "approve", login._replace(reasons=("transaction", "resource_scope"), purpose=approves), ceremony='{"challenge":"AAAA"}')


def _telephone(sample: Callable[..., Sample], login: Page, month: Remember) -> Iterator[Sample]:
    """Codes by text and by call."""
    yield sample("mfa-phone-enrollment", "", phone="", country="DE", countries=SERVED, channels=("sms", "voice"), chosen="sms", others=True, optional=True)
    wrong = login._replace(error="bad_number")
    yield sample("mfa-phone-enrollment", "error", wrong, phone="0176 12", country="US", countries=SERVED, channels=("sms",), chosen="sms", notice=True)
    line: dict[str, object] = {"target": "•••• 4711", "remember": month, "others": True, "recovery": True}
    yield sample("mfa-sms-challenge", "", switch="voice", resend_in=30, **line)
    yield sample("mfa-sms-challenge", "enrolling", target="+49 176 12345678", switch="voice", enrolling=True, notice=True, others=True)
    yield sample("mfa-sms-challenge", "refused", login._replace(error="held_back"), unasked=True, instead=Option("2", "otp"), **line)
    yield sample("mfa-voice-challenge", "", switch="sms", digits=8, **line)
    yield sample("mfa-voice-challenge", "error", login._replace(error="wrong_code"), attempts_left=2, switch="sms", **line)
    yield sample("mfa-voice-challenge", "stuck", login._replace(error="not_served"), target="•••• 4711", unasked=True)


def _account(page: Page, locale: str) -> Iterator[Sample]:
    """Security settings: somebody who has much, somebody who has nothing, and every page that asks or tells."""
    say, then = speech(locale).say, 1764000000
    methods = (
        Card("totp%7C1", "otp", then - 9_000_000, "Ada\u2019s phone", used_at=then - 4000),
        Card("sms%7C1", "sms", then - 300, masked="+49 ••• 17", fresh=True),
        Card("email%7C1", "email", then - 20_000_000, masked="a•••@e•••.com", used_at=then - 800_000, fixed=True),
    )
    lost = Card("totp%7C2", "otp", then - 9_000_000, used_at=then - 4000, leaves_at=then + 250_000)
    chrome = Whereabouts("1", "Chrome · macOS", then - 90_000, then - 60, "203.0.113.7", then + 2_000_000, here=True)
    firefox = Whereabouts("2", "Firefox · Windows", then - 900_000, then - 80_000, "2001:db8::17:4", then + 1_000_000)
    events = (
        Happening(then - 60, say(HAPPENED["logged_in"]), ("Acme Payments", "Chrome · macOS", "203.0.113.7")),
        Happening(then - 4000, say(HAPPENED["wrong_password"]), ("198.51.100.23",), alarming=True),
        Happening(then - 90_000, say(HAPPENED["method_added"]), ("Authenticator", "Chrome · macOS", "203.0.113.7")),
    )
    lent = (Applied("books", "Bookkeeper", then, ("See your email address", "See your accounts")),)
    some: dict[str, object] = {
        "methods": methods,
        "sheet": Card("r", "recovery-code", then, left=8),
        "browsers": (chrome, firefox),
        "sessions": (chrome, firefox),
        "applications": lent,
    }
    some["password"] = password = Card("p", "password", then - 9_000_000, used_at=then - 60)
    yield Sample("account", "account", page._replace(data={**some, "events": events, "adds": True, "renewable": True, "told": say(DONE["remove"])}))
    few = {"sheet": Card("r", "recovery-code", then, used_at=then, left=2), "methods": methods[:1], "renewable": True}
    yield Sample("account-few", "account", page._replace(data={**few, "sessions": (chrome,), "events": events[:1], "adds": True}, demo=True))
    yield Sample("account-lost", "account", page._replace(data={**some, "methods": (lost, *methods), "events": events, "told": say(DONE["lost"])}))
    key = Card("passkey%7C1", "passkey", then - 9_000_000, used_at=then - 400_000, model="Example Key 5", elsewhere="login.old.example")
    yield Sample("account-stranded", "account", page._replace(data={**some, "methods": (key, *methods), "events": events, "adds": True}))
    yield Sample("account-bare", "account", page._replace(data={"sessions": (chrome,), "events": events[:1], "adds": True, "password": password}))
    yield Sample("account-activity", "account-activity", page._replace(data={"events": events * 3}))
    yield Sample("account-add", "account-add", page._replace(data={"options": (Option("otp", "otp"), Option("sms", "sms"))}))
    yield Sample("account-rename", "account-rename", page._replace(data={"label": "Ada\u2019s phone", "name": "Ada\u2019s phone"}))
    yield Sample("account-rename-error", "account-rename", page._replace(data={"label": "Ada\u2019s phone", "name": ""}, error="busy"))
    for name, asking in ASKING.items():
        data = {"heading": say(asking.title) % {"name": "Ada\u2019s phone"}, "says": tuple(map(say, asking.says)), "points": tuple(map(say, asking.points))}
        screen = "account-confirm" if asking.button else "account-note"
        shown = {**data, "button": say(asking.button)} if asking.button else data
        yield Sample(f"{screen}-{name}", screen, page._replace(data=shown))
    data = {"heading": "Log out?", "says": (say(ASKING["end"].says[0]),), "button": say(ASKING["end"].button)}
    yield Sample("account-confirm-error", "account-confirm", page._replace(data=data, error="moved_on"))
