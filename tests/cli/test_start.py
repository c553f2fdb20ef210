"""What a start does not load: whoever needs it first loads it, and the first answer does not wait for it."""

from pathlib import Path

import httpx

from tests.cli.running import serving

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


def test_a_start_loads_nothing_that_its_first_answer_does_without(tmp_path: Path) -> None:
    with serving(tmp_path, env={"PYTHONPROFILEIMPORTTIME": "1"}) as running:
        assert httpx.get(f"{running.issuer}healthz").status_code == 200
        loaded = {line.rpartition("|")[2].strip() for line in running.log().splitlines() if line.startswith("import time:")}
    assert {"yett.main", "yett.house.served", "sqlalchemy"} <= loaded
    assert {f"{name}, for {LATER[name]}" for name in LATER if name in loaded} == set()
