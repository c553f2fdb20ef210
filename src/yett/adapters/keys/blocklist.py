"""Passwords that are tried first: a list of the commonest, read when the first password is chosen."""

import gzip
from functools import cache
from pathlib import Path

LIST = Path(__file__).parent / "data" / "common-passwords.txt.gz"


def common(password: str) -> bool:
    """Whether this password (case-folded) is on the list."""
    return password in _read()


@cache
def _read() -> frozenset[str]:
    return frozenset(gzip.decompress(LIST.read_bytes()).decode().splitlines())
