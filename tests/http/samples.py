"""One page of each kind and state, as a person would meet it."""

from collections.abc import Iterator
from typing import NamedTuple

from yett.domain.tenant import Brand
from yett.http.qr import qr
from yett.http.render import Message, Option, Page, Remember, StepUp

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
        Option("2", "totp", last_used=True),
        Option("3", "email", masked="a••@e••••••.com"),
    )

    def sample(screen: str, state: str = "", page: Page = login, /, **data: object) -> Sample:
        return Sample(screen + (f"-{state}" if state else ""), screen, page._replace(data=data))

    yield sample("login-id", "", login._replace(account=""))
    yield sample("login-id", "error", login._replace(account="", error="missing_username"))
    yield sample("login-password", username="ada@example.com")
    yield sample("login-password", "error", login._replace(error="wrong_credentials", demo=True), username="ada@example.com")
    yield sample("mfa-otp-challenge", remember=month, others=True, recovery=True)
    yield sample(
        "mfa-otp-challenge", "step-up", login._replace(reasons=("client_acr", "max_age"), purpose="Transfer of €1,250.00 to Grace Hopper"), recovery=True
    )
    yield sample(
        "mfa-otp-challenge", "error", login._replace(error="wrong_code", demo=True, reasons=("tenant_always",)), digits=8, remember=month, attempts_left=1
    )
    yield sample("mfa-email-challenge", target="a••@e••••••.com", remember=month, others=True, recovery=True, resend_in=42, resends_left=3, attempts_left=4)
    yield sample("mfa-email-challenge", "spent", login._replace(error="too_many_messages"), target="a••@e••••••.com", others=True, resends_left=0)
    yield sample("mfa-email-enrollment", target="ada@example.com", others=True, optional=True)
    yield sample("mfa-login-options", options=choices, recovery=True)
    yield sample("mfa-begin-enroll-options", options=(Option("a", "totp"), Option("b", "email")), optional=True)
    yield sample("mfa-recovery-code-challenge", remember=month, others=True)
    yield sample("mfa-recovery-code-challenge", "error", login._replace(error="wrong_recovery_code"), others=True, attempts_left=2)
    yield sample("mfa-otp-enrollment-qr", qr=qr(URI), uri=URI, secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", others=True, optional=True)
    yield sample("mfa-recovery-code-enrollment", codes=tuple(f"{n}K7Q-W2MX-{n}ZPA-9RTD" for n in range(10)))
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
