"""Proofs as these tests want them: each factor that is planned, and any that one could think of."""

from hypothesis import strategies as st

from yett.domain.proof import Proof, Shown

NOW = 1_800_000_000
MAILBOX, PHONE = b"digest of a mailbox", b"digest of a number"

PASSWORD = Shown("password", "knowledge", None, ("pwd",), 3, first=True)
RESET = PASSWORD._replace(channel=MAILBOX)
TOTP = Shown("totp", "possession", None, ("otp",), 2, spendable=True)
EMAIL = Shown("email", "possession", MAILBOX, ("email",), 1, spendable=True)
SMS = Shown("sms", "possession", PHONE, ("sms",), 2, spendable=True, restricted=True)
RECOVERY = Shown("recovery-code", "possession", None, ("otp",), 2)
KEY = Shown("webauthn", "possession", None, ("pop", "hwk"), 3, phishing_resistant=True, hardware=True, spendable=True)
KEY_UV = KEY._replace(amr=("pop", "hwk", "user"), user_verified=True, first=True)
SYNCED = Shown("webauthn", "possession", None, ("pop", "swk"), 2, phishing_resistant=True, spendable=True)
SYNCED_UV = SYNCED._replace(amr=("pop", "swk", "user"), user_verified=True, first=True)
FACE = Shown("face", "inherence", None, ("face",), 1)

ANY_SHOWN = st.builds(
    Shown,
    kind=st.sampled_from(("a", "b")),
    category=st.sampled_from(("knowledge", "possession", "inherence")),
    channel=st.sampled_from((None, MAILBOX, PHONE)),
    amr=st.sampled_from((("pwd",), ("otp",), ("pop", "hwk"), ("sms",), ("zzz",))),
    aal=st.integers(1, 3),
    phishing_resistant=st.booleans(),
    hardware=st.booleans(),
    user_verified=st.booleans(),
    first=st.booleans(),
    spendable=st.booleans(),
    binds=st.sampled_from((None, b"x")),
    restricted=st.booleans(),
)
ANY_PROOF = st.builds(
    Proof,
    ANY_SHOWN,
    enrolment=st.sampled_from(("e1", "e2", "e3")),
    generation=st.integers(1, 2),
    attempt=st.sampled_from(("a1", "a2", "now")),
    completed_at=st.integers(NOW - 100, NOW),
)
ANY_SET = st.lists(ANY_SHOWN, max_size=5)
ANY_PROOFS = st.lists(ANY_PROOF, max_size=8)
SOME_PROOFS = st.lists(ANY_PROOF, min_size=1, max_size=8)


def proof(shown: Shown, enrolment: str, at: int, attempt: str = "a1", generation: int = 1) -> Proof:
    """A proof of this enrolment, completed `at`."""
    return Proof(shown, enrolment, generation, attempt, at)
