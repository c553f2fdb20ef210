"""Hashes that another system made: those that are taken, and none that would stop the server."""

import pytest

from yett.domain.imported import bcrypt_hash, custom_hash

BCRYPT = "$2b$10$" + "a" * 53
ARGON2 = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$" + "a" * 43
PBKDF2 = "$pbkdf2-sha256$i=100000,l=32$c2FsdA$" + "a" * 43


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
def test_bcrypt_is_kept_as_it_is(prefix: str) -> None:
    assert bcrypt_hash(prefix + BCRYPT[4:]) == (prefix + BCRYPT[4:]).encode()
    assert custom_hash({"algorithm": "bcrypt", "hash": {"value": prefix + BCRYPT[4:]}}) == (prefix + BCRYPT[4:]).encode()


@pytest.mark.parametrize("value", ["", "password", "$2x$10$" + "a" * 53, "$2b$03$" + "a" * 53, "$2b$15$" + "a" * 53, "$2b$31$" + "a" * 53, BCRYPT + "a"])
def test_what_is_no_bcrypt_or_costs_too_much_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="bcrypt"):
        bcrypt_hash(value)


@pytest.mark.parametrize("algorithm, value", [("argon2", ARGON2), ("pbkdf2", PBKDF2)])
def test_phc_strings_are_kept_as_they_are(algorithm: str, value: str) -> None:
    assert custom_hash({"algorithm": algorithm, "hash": {"value": value, "encoding": "utf8"}}) == value.encode()


@pytest.mark.parametrize(
    "algorithm, value",
    [
        ("argon2", "nothing"),
        ("argon2", ARGON2.replace("m=19456", "m=999999")),
        ("argon2", ARGON2.replace("t=2", "t=99")),
        ("pbkdf2", "nothing"),
        ("pbkdf2", PBKDF2.replace("i=100000", "i=9999999")),
    ],
)
def test_what_a_login_cannot_afford_is_refused(algorithm: str, value: str) -> None:
    with pytest.raises(ValueError, match="hash is no"):
        custom_hash({"algorithm": algorithm, "hash": {"value": value}})


def test_a_digest_is_kept_with_its_salt_and_where_it_stands() -> None:
    hashed = {"value": "00" * 32, "encoding": "hex"}
    assert custom_hash({"algorithm": "sha256", "hash": hashed}) == b"$digest$sha256$prefix$$" + b"00" * 32
    salted = {"algorithm": "sha256", "hash": {"value": "A" * 43, "encoding": "base64"}, "salt": {"value": "salt", "position": "suffix"}}
    assert custom_hash(salted) == b"$digest$sha256$suffix$73616c74$" + b"00" * 32


@pytest.mark.parametrize(
    "said, why",
    [
        ({"algorithm": "md4", "hash": {"value": "00" * 16, "encoding": "hex"}}, "algorithm"),
        ({"algorithm": "md5"}, "hash is missing"),
        ({"algorithm": "md5", "hash": {"value": "zz", "encoding": "hex"}}, "value is not hex"),
        ({"algorithm": "md5", "hash": {"value": "!", "encoding": "base64"}}, "value is not base64"),
        ({"algorithm": "md5", "hash": {"value": "00", "encoding": "rot13"}}, "encoding"),
        ({"algorithm": "md5", "hash": {"value": "00", "encoding": "hex"}}, "none of md5"),
        ({"algorithm": "md5", "hash": {"value": "00" * 16, "encoding": "hex"}, "salt": {"value": "s" * 129}}, "none of md5"),
        ({"algorithm": "md5", "hash": {"value": "00" * 16, "encoding": "hex"}, "salt": {"value": "s", "position": "middle"}}, "none of md5"),
        ({"algorithm": "md5", "hash": {"value": "00" * 16, "encoding": "hex"}, "salt": "s"}, "salt is missing"),
    ],
)
def test_what_cannot_be_read_is_refused_and_says_why(said: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        custom_hash(said)
