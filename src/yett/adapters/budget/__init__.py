"""Rate limits of addresses and messages: leaky buckets, kept as GCRA arrival times."""

from yett.adapters.budget.process import ProcessLimiter
from yett.adapters.budget.sql import SqlLimiter
from yett.adapters.budget.valkey import ValkeyLimiter

__all__ = ["ProcessLimiter", "SqlLimiter", "ValkeyLimiter"]
