"""An attempt: what it came with, and what was proven in it."""

from yett.domain.attempt import Attempt
from yett.domain.proof import Proof, Shown
from yett.domain.requirement import RESOURCE_FIRST, SOURCES

PASSWORD = Shown("password", "knowledge", None, ("pwd",), 3, first=True)
CODE = Shown("totp", "possession", None, ("otp",), 2)
OLD = Proof(PASSWORD, "e1", 1, "a1", 1000)


def test_all_proofs_of_an_attempt_carry_the_time_at_which_it_completes() -> None:
    attempt = Attempt("a2", "browser", b"", "shop", 4000, 4900, base=(OLD,), shown=(("e1", 1, PASSWORD), ("e2", 3, CODE)))
    own = (Proof(PASSWORD, "e1", 1, "a2", 4500), Proof(CODE, "e2", 3, "a2", 4500))
    assert attempt.proofs(4500) == (OLD, *own)
    assert {proof.completed_at for proof in attempt.proofs(4600)} == {1000, 4600}


def test_an_access_token_names_its_resource_first_and_else_keeps_the_order_of_sources() -> None:
    assert RESOURCE_FIRST[0] == "resource_scope"
    assert sorted(RESOURCE_FIRST) == sorted(SOURCES)
    assert [source for source in SOURCES if source != "resource_scope"] == list(RESOURCE_FIRST[1:])
