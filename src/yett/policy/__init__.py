"""Enough proof, more, or no. Pure."""
