"""Verbs: each a story. I/O and judgement meet here."""
