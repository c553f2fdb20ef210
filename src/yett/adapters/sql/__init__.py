"""The store in SQL: one schema and one set of operations, on SQLite and PostgreSQL."""

from yett.adapters.sql.opening import open_store, upgrade
from yett.adapters.sql.store import SqlStore

__all__ = ["SqlStore", "open_store", "upgrade"]
