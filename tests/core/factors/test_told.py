"""Factors that can be bound by being told."""

import pytest

from yett.domain.enrolment import Enrolment, State
from yett.factors.base import Told
from yett.factors.email import Email
from yett.factors.password import Password
from yett.factors.phone import Phone
from yett.factors.recovery import Recovery
from yett.factors.totp import Totp

KEY = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def one(factor: Told, state: State) -> Enrolment:
    return Enrolment("e", "a", factor.kind, state)


def test_what_is_proven_by_a_ceremony_or_shown_once_cannot_be_told() -> None:
    assert not isinstance(Password(), Told)
    assert not isinstance(Recovery(), Told)


@pytest.mark.parametrize("spelt", [KEY, KEY.lower(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ", KEY + "===="])
def test_a_key_is_told_in_base32_however_it_is_spelt_and_shown_to_nobody(spelt: str) -> None:
    state = Totp().bound(spelt)
    assert (state.secret, state.mark) == (b"12345678901234567890", 0)
    assert Totp().described(one(Totp(), state)) == {}


@pytest.mark.parametrize("secret", ["JBSWY3DPEHPK3PXP", "A" * 400, "1", "ÄÖ", ""])
def test_a_key_that_is_short_or_is_none_is_refused_cve_2024_8796(secret: str) -> None:
    with pytest.raises(ValueError, match="the secret"):
        Totp().bound(secret)


def test_an_address_is_told_and_shown_in_canonical_form() -> None:
    assert Email().described(one(Email(), Email().bound(" Ada@Example.com"))) == {"email": "ada@example.com"}


@pytest.mark.parametrize("channel, kept", [("voice", "voice"), ("sms", "sms"), ("", "sms")])
def test_a_number_is_told_with_what_is_preferred(channel: str, kept: str) -> None:
    said = Phone().described(one(Phone(), Phone().bound("+447400123456", channel)))
    assert said == {"phone_number": "+447400123456", "preferred_authentication_method": kept}
