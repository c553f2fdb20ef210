"""Users out of a file, one after another, however it is cut into pieces."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.flows.reading import LONGEST_ROW, Unreadable, users_of

USERS = [{"email": "ada@example.com", "name": 'Ada "}{[]," ü'}, {"email": "eve@example.com", "user_metadata": {"a": [1, {}]}}, {}]


def pieces(text: bytes, size: int) -> Iterator[bytes]:
    return (text[at : at + size] for at in range(0, len(text), size))


@given(size=st.integers(1, 60), indent=st.sampled_from([None, 2]), ascii_only=st.booleans())
def test_an_array_is_read_however_it_is_cut(size: int, indent: int | None, ascii_only: bool) -> None:
    assert list(users_of(pieces(json.dumps(USERS, indent=indent, ensure_ascii=ascii_only).encode(), size))) == USERS


@given(size=st.integers(1, 60))
def test_a_line_each_is_read_as_well(size: int) -> None:
    text = "\ufeff" + "\r\n".join(json.dumps(one) for one in USERS) + "\n"
    assert list(users_of(pieces(text.encode(), size))) == USERS


@pytest.mark.parametrize("text", [b"", b"[]", b" \n"])
def test_nobody_is_nobody(text: bytes) -> None:
    assert list(users_of([text])) == []


@pytest.mark.parametrize("text", [b"[1]", b"{", b'[{"a": 1}', b'[{"a": 1}] {"b": 2}', b'[{"a": nope}]', b'{"a": 1} x', b"\xff\xfe", b"null", b'[[{"a": 1}]] ]'])
def test_what_is_no_list_of_users_is_refused(text: bytes) -> None:
    if text == b'[{"a": 1}':
        assert list(users_of([text])) == [{"a": 1}]
        return
    with pytest.raises(Unreadable):
        list(users_of([text]))


def test_what_came_before_the_fault_was_read() -> None:
    read = users_of([b'[{"a": 1}, {"b": 2}, nonsense'])
    assert [next(read), next(read)] == [{"a": 1}, {"b": 2}]
    with pytest.raises(Unreadable):
        next(read)


def test_a_file_is_never_in_memory_as_a_whole() -> None:
    """A hundred thousand rows are read from a source that makes each when it is asked for it."""
    made = 0

    def source() -> Iterator[bytes]:
        nonlocal made
        for made in range(1, 100_001):  # noqa: B007 - counted
            yield b'{"a": 1}\n'

    read = users_of(source())
    for _ in range(10):
        next(read)
    assert made <= 11


def test_a_row_that_never_ends_and_one_that_is_too_deep_are_refused() -> None:
    with pytest.raises(Unreadable):
        list(users_of([b'{"a": "' + b"x" * LONGEST_ROW + b"y"]))
    with pytest.raises(Unreadable):
        list(users_of([b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}" + b" " * LONGEST_ROW]))
