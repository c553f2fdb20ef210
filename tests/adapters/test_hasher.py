"""Argon2id: what it accepts, and what it does when too many ask."""

import asyncio
import base64
import unicodedata

import bcrypt
import pytest

from yett.adapters.keys.hasher import Argon2, phc
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
    guessed = Argon2(threads=1)
    guessed._dummy = await HASHER.hash("correct horse")
    assert not await guessed.verify(None, "correct horse")


async def test_the_hash_of_nobody_is_written_as_a_real_one_so_that_it_is_computed_and_not_refused() -> None:
    real = await HASHER.hash("correct horse")
    salt, value = (base64.b64decode(part + b"==") for part in real.split(b"$")[-2:])
    assert phc(salt, value) == real
    assert len(HASHER._dummy) == len(real)
    assert HASHER._dummy != Argon2(threads=1)._dummy


async def test_the_same_word_typed_on_another_keyboard_is_the_same() -> None:
    hashed = await HASHER.hash(unicodedata.normalize("NFD", "Grüße aus Zürich"))
    assert await HASHER.verify(hashed, unicodedata.normalize("NFC", "Grüße aus Zürich"))


@pytest.mark.parametrize("prefix", [b"2a", b"2b", b"2y"])
async def test_an_imported_bcrypt_hash_verifies_to_its_seventy_two_bytes(prefix: bytes) -> None:
    hashed = bcrypt.hashpw(b"p" * 72, bcrypt.gensalt(4)).replace(b"2b", prefix, 1)
    assert await HASHER.verify(hashed, "p" * 80)
    assert not await HASHER.verify(hashed, "p" * 71)


@pytest.mark.parametrize("longest", ["x" * 4096, "ä" * 2048])
async def test_a_password_that_is_longer_than_any_is_refused_and_never_cut_off(longest: str) -> None:
    hashed = await HASHER.hash(longest)
    assert await HASHER.verify(hashed, longest)
    assert not await HASHER.verify(hashed, longest + "y")
    assert not await HASHER.verify(None, longest + "y")
    with pytest.raises(ValueError, match="too long"):
        await HASHER.hash(longest + "y")


async def test_a_zero_byte_ends_no_password() -> None:
    hashed = await HASHER.hash("be\0fore")
    assert await HASHER.verify(hashed, "be\0fore")
    assert not await HASHER.verify(hashed, "be")
    assert not await HASHER.verify(hashed, "be\0hind")
    assert not await HASHER.verify(bcrypt.hashpw(b"be", bcrypt.gensalt(4)), "be\0fore")


async def test_as_much_is_computed_for_nobody_and_for_too_long_a_password_as_for_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[bytes] = []

    def look(hashed: bytes, _: bytes) -> bool:
        looked.append(hashed[:31])
        return False

    monkeypatch.setattr("nacl.pwhash.verify", look)
    real = await HASHER.hash("x")
    for hashed, password in ((real, "x"), (None, "x"), (real, "x" * 5000), (None, "x" * 5000)):
        assert not await HASHER.verify(hashed, password)
    assert looked == [real[:31]] * 4


async def test_whoever_goes_away_leaves_the_line() -> None:
    small = Argon2(threads=1, waiting=2)
    for _ in range(5):
        gone = [asyncio.create_task(small.verify(None, "x")) for _ in range(2)]
        await asyncio.sleep(0)
        for one in gone:
            one.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
    assert await small.verify(None, "x") is False


async def test_what_cannot_be_read_verifies_nothing() -> None:
    assert not await HASHER.verify(b"not a hash", "x")
    assert not await HASHER.verify(b"$2b$04$broken", "x")
    assert not await HASHER.verify(await HASHER.hash("x"), "\ud800")


async def test_whoever_comes_when_the_line_is_full_is_turned_away_and_later_let_in() -> None:
    small = Argon2(threads=1, waiting=3)
    answers = await asyncio.gather(*(small.verify(None, "x") for _ in range(8)), return_exceptions=True)
    assert [isinstance(one, Busy) for one in answers].count(True) == 5
    assert await small.verify(None, "x") is False
