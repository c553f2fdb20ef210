"""Argon2id: what it accepts, and what it does when too many ask."""

import asyncio
import unicodedata

import bcrypt
import pytest

from yett.adapters.keys.hasher import Argon2
from yett.ports import Busy

HASHER = Argon2(threads=1)


async def test_a_hash_is_of_its_password_alone_and_says_its_cost() -> None:
    hashed = await HASHER.hash("correct horse")
    assert hashed.startswith(b"$argon2id$v=19$m=19456,t=2,p=1$")
    assert await HASHER.verify(hashed, "correct horse")
    assert not await HASHER.verify(hashed, "correct horsf")
    assert hashed != await HASHER.hash("correct horse")


async def test_nobody_has_the_password_of_an_account_that_does_not_exist() -> None:
    assert not await HASHER.verify(None, "")
    assert not await HASHER.verify(None, "correct horse")


async def test_the_same_word_typed_on_another_keyboard_is_the_same() -> None:
    hashed = await HASHER.hash(unicodedata.normalize("NFD", "Zürich für alle"))
    assert await HASHER.verify(hashed, unicodedata.normalize("NFC", "Zürich für alle"))


@pytest.mark.parametrize("prefix", [b"2a", b"2b"])
async def test_an_imported_bcrypt_hash_verifies_to_its_seventy_two_bytes(prefix: bytes) -> None:
    hashed = bcrypt.hashpw(b"p" * 72, bcrypt.gensalt(4, prefix))
    assert await HASHER.verify(hashed, "p" * 80)
    assert not await HASHER.verify(hashed, "p" * 71)


async def test_what_cannot_be_read_verifies_nothing() -> None:
    assert not await HASHER.verify(b"not a hash", "x")
    assert not await HASHER.verify(b"$2b$04$broken", "x")
    assert not await HASHER.verify(await HASHER.hash("x"), "\ud800")


async def test_whoever_comes_when_the_line_is_full_is_turned_away_and_later_let_in() -> None:
    small = Argon2(threads=1, waiting=3)
    answers = await asyncio.gather(*(small.verify(None, "x") for _ in range(8)), return_exceptions=True)
    assert [isinstance(one, Busy) for one in answers].count(True) == 5
    assert await small.verify(None, "x") is False
