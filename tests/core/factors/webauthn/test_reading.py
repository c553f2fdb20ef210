"""CBOR and DER, read strictly: one spelling, nothing cut off, nothing behind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.factors.webauthn.authenticator import cbor
from yett.factors.webauthn import der
from yett.factors.webauthn.cbor import decode

LEAVES = st.one_of(st.integers(-(2**64), 2**64 - 1), st.binary(max_size=300), st.text(max_size=40), st.booleans(), st.none())
VALUES = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.integers(-9, 9) | st.text(max_size=3), inner, max_size=3)), max_leaves=4
)


@given(st.one_of(LEAVES, st.lists(LEAVES, max_size=30), st.dictionaries(st.integers(-300, 300) | st.text(max_size=3), st.lists(LEAVES, max_size=3))))
def test_what_is_written_in_the_shortest_form_is_read_back(value: object) -> None:
    assert decode(cbor(value)) == value


@given(st.binary(max_size=60))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    try:
        value = decode(data)
    except (ValueError, RecursionError):
        return
    assert cbor(value) == data


@pytest.mark.parametrize(
    "data",
    [
        "", "1801", "190001", "1a00000001", "1b0000000000000001", "18", "42ff", "5f41ff", "c000", "f90000", "f818", "f7", "0000", "a2010101",
        "a201010101", "a1f501", "a20101f502", "a1820101", "61ff", "818181818181818101", "9bffffffffffffffff",
    ],
)  # fmt: skip
def test_any_other_form_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        decode(bytes.fromhex(data))


def test_values_of_der_are_told_apart_by_class_and_tag() -> None:
    assert [(one.of_class, one.tag, one.content) for one in der.items(bytes.fromhex("0201ff bf853e03020105 04820080") + b"x" * 128)] == [
        (0, 2, b"\xff"), (0x80, 702, bytes.fromhex("020105")), (0, 4, b"x" * 128),
    ]  # fmt: skip
    assert next(der.items(bytes.fromhex("0201ff"))).number == -1


@pytest.mark.parametrize("data", ["02", "0202ff", "028001ff", "0281ff", "02810101", "0285000000000101", "02828000", "1f", "1f8080808080", "1f85", "bf853e"])
def test_what_is_no_der_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        list(der.items(bytes.fromhex(data)))


@pytest.mark.parametrize("data", ["", "0401000401ff", "0201ff", "8401ff"])
def test_only_the_one_value_that_is_expected_is_taken(data: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        der.only(bytes.fromhex(data), der.OCTETS)
