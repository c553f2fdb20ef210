"""Yett: multi-factor, step-up and adaptive authentication, self-hosted."""

__version__ = "0.1.0"
