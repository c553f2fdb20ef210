"""A database that is not there: its own reason is said, not that somebody waited."""

import socket

import psycopg
import pytest

from yett.adapters.sql import postgres


async def test_who_waits_for_a_database_in_vain_is_told_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "PATIENCE", 1)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        with pytest.raises(psycopg.OperationalError, match="Connection refused"):
            await postgres.Postgres(f"postgresql://u:hidden@127.0.0.1:{silent.getsockname()[1]}/x", 1).open()
