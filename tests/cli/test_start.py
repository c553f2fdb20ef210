"""What a start and a short command do not load: whoever needs it first loads it."""

from pathlib import Path

import httpx

from tests.cli.running import serving, yett

TOLD = {"PYTHONPROFILEIMPORTTIME": "1"}

# What a real server over SQLite has not loaded when it has answered, with who loads it.
LATER = {
    "alembic": "an older schema",
    "fido2": "metadata of authenticators",
    "jinja2": "a page",
    "joserfc": "a token",
    "litestar": "the management API",
    "phonenumbers": "a telephone",
    "psycopg": "PostgreSQL",
    "sqlalchemy.dialects.postgresql": "PostgreSQL",
    "typer": "other commands",
    "yett.flows.demo_seed": "a demo",
    "yett.flows.doctor": "a verb",
    "yett.flows.operate": "a verb",
    "yett.flows.protect": "--protect",
    "yett.house.management": "the management API",
    "yett.http.demo": "a demo",
}


def loaded_by(said: str) -> set[str]:
    """The modules that Python told of on standard error."""
    return {line.rpartition("|")[2].strip() for line in said.splitlines() if line.startswith("import time:")}


def test_a_start_loads_nothing_that_its_first_answer_does_without(tmp_path: Path) -> None:
    with serving(tmp_path, env=TOLD) as running:
        assert httpx.get(f"{running.issuer}healthz").status_code == 200
        loaded = loaded_by(running.log())
    assert {"yett.main", "yett.house.served", "sqlalchemy"} <= loaded
    assert {f"{name}, for {LATER[name]}" for name in LATER if name in loaded} == set()


def test_a_command_that_asks_a_server_loads_none(tmp_path: Path) -> None:
    loaded = loaded_by(yett("api", "--help", cwd=tmp_path, env=TOLD).err)
    assert "yett.cli.api" in loaded
    assert loaded & {"cryptography", "jinja2", "sqlalchemy", "uvicorn", "yett.adapters"} == set()
    assert {name for name in loaded if name.startswith("yett.flows.")} <= {"yett.flows.event"}
