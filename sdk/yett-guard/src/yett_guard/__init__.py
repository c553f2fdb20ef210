"""Guards an API: verifies access tokens and asks for step-up (RFC 6750, RFC 9068, RFC 9470).

Each framework has a module of its own with a `Guard`: yett_guard.fastapi, .starlette, .litestar, .flask, .django.
"""

from yett_guard.acr import MULTI_FACTOR, PHISHING_RESISTANT
from yett_guard.claims import Token
from yett_guard.guard import Guard
from yett_guard.refusal import Refusal
from yett_guard.requirement import Requirement, enough, same
from yett_guard.settings import Settings

__version__ = "0.1.0"
__all__ = ["MULTI_FACTOR", "PHISHING_RESISTANT", "Guard", "Refusal", "Requirement", "Settings", "Token", "enough", "same"]
