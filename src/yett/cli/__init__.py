"""Argv to flow calls or API calls, and back."""
