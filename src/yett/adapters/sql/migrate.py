"""Alembic, which is imported only where a schema is to be brought up to date."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import create_engine, text
from sqlalchemy.pool import StaticPool

from yett.adapters.sql.schema import HEAD, metadata

# Whoever starts at the same moment waits here; the number means nothing.
_ONE_AT_A_TIME = 0x79657474


class TooNew(Exception):
    """A store is never taken back to an older schema."""


def run(dialect: str, connect: Callable[[], Any]) -> None:
    """Every migration up to ours, in one transaction. Raises TooNew where the store is ahead of this version of us."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    environment = EnvironmentContext(config, scripts)
    engine = create_engine(f"{dialect}://", creator=connect, poolclass=StaticPool)
    with engine.connect() as connection, connection.begin():
        if dialect != "sqlite":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
        environment.configure(
            connection=connection,
            target_metadata=metadata,
            fn=lambda revision, _: scripts._upgrade_revs(HEAD, revision),  # noqa: SLF001 -- as alembic.command does
        )
        try:
            environment.run_migrations()
        except CommandError as unknown:
            raise TooNew(f"the store was made by a newer version of Yett than this one: {unknown}") from unknown
    if dialect != "sqlite":
        engine.dispose()
