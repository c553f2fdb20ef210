"""What holds for every factor: its words, its place among the others, and that nothing of it ever runs out."""

from collections.abc import Mapping

import pytest

from tests.core.factors.asking import NOW, ask, enrolled
from yett.domain.enrolment import State
from yett.factors.base import Factor, Words
from yett.factors.email import Email
from yett.factors.password import Password
from yett.factors.phone import Line, Phone, state_of
from yett.factors.recovery import Recovery
from yett.factors.totp import Totp

FACTORS: tuple[Factor, ...] = (Totp(), Phone(), Email(), Password(), Recovery())
AUTH0 = "http://auth0.com/oauth/grant-type/"
WORDS: Mapping[str, Words] = {
    "totp": Words(
        factor="otp",
        method="totp",
        requirement="otp",
        authenticator="otp",
        grant=AUTH0 + "mfa-otp",
        challenge_type="otp",
        screen_challenge="mfa-otp-challenge",
        screen_enrol="mfa-otp-enrollment-qr",
        id_prefix="totp",
    ),
    "email": Words(
        factor="email",
        method="email",
        requirement="email",
        authenticator="oob",
        channels=("email",),
        grant=AUTH0 + "mfa-oob",
        challenge_type="oob",
        screen_challenge="mfa-email-challenge",
        screen_enrol="mfa-email-enrollment",
        id_prefix="email",
    ),
    "phone": Words(
        factor="sms",
        method="phone",
        requirement="phone",
        authenticator="oob",
        channels=("sms", "voice"),
        grant=AUTH0 + "mfa-oob",
        challenge_type="oob",
        screen_challenge="mfa-sms-challenge",
        screen_enrol="mfa-phone-enrollment",
        screens={"sms": "mfa-sms-challenge", "voice": "mfa-voice-challenge"},
        id_prefix="phone",
    ),
    "password": Words(
        method="password",
        screen_challenge="login-password",
        log_done="s",
        log_failed="fp",
        log_limit="limit_wc",
        id_prefix="password",
    ),
    "recovery-code": Words(
        factor="recovery-code",
        method="recovery-code",
        requirement="recovery-code",
        authenticator="recovery-code",
        grant=AUTH0 + "mfa-recovery-code",
        screen_challenge="mfa-recovery-code-challenge",
        screen_enrol="mfa-recovery-code-enrollment",
        log_done="gd_recovery_succeed",
        log_failed="gd_recovery_failed",
        log_limit="gd_recovery_rate_limit_exceed",
        companion=True,
        id_prefix="recovery-code",
    ),
}


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.kind)
def test_its_words_are_those_of_auth0(factor: Factor) -> None:
    assert factor.words == WORDS[factor.kind]


def test_the_chooser_lists_the_strongest_first_and_recovery_codes_last() -> None:
    ordered = sorted(FACTORS, key=lambda factor: -factor.strength)
    assert [factor.kind for factor in ordered] == ["totp", "phone", "email", "password", "recovery-code"]


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.kind)
def test_no_answer_says_whose_it_is(factor: Factor) -> None:
    assert factor.locate(b"123456") is None


@pytest.mark.parametrize("factor", [Totp(), Email(), Password()], ids=lambda factor: factor.kind)
def test_only_recovery_codes_run_out(factor: Factor) -> None:
    assert not factor.spent(enrolled(State()))


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.kind)
def test_it_names_its_kind_and_reads_no_clock(factor: Factor) -> None:
    opens = {"email": b"joe@example.com", "phone": state_of(Line("+4917612345678", "sms")).open}
    one = enrolled(State(open=opens.get(factor.kind, b"")))
    for now in (0, NOW, 2 * NOW):
        asked = factor.challenge((one,), ask(now))
        assert asked == factor.challenge((one,), ask(now))
        assert (asked.kind, asked.id, asked.attempt, asked.offer) == (factor.kind, "c1", "a1", False)
        assert now < asked.expires_at <= now + 900
        assert factor.promise(one).kind == factor.kind
