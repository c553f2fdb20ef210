"""Requests to flow calls and back; no rule of its own."""
