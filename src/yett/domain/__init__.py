"""Nouns: frozen values and the rules among them. Standard library only."""
