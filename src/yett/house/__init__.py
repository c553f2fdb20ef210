"""The wiring: every flow, built with what it uses. What is slow to load is imported where it is used."""
