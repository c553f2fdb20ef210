"""TOTP as another implementation sees it: oathtool of the OATH Toolkit."""

import json
import subprocess
from datetime import UTC, datetime
from itertools import product

import pytest

from tests.core.factors.asking import NOW, accepted, ask, enrolled, refused, under
from yett.domain.enrolment import State
from yett.factors.totp import LENGTHS, Terms, Totp

MATRIX = [Terms(*terms) for terms in product(LENGTHS, (6, 8), (30, 60))]
TIMES = (119, 1_111_111_111, NOW, NOW + 29, NOW + 59, 2**32 + 7)


def oathtool(secret: str, terms: Terms, at: int) -> bytes:
    """The code that oathtool makes of a key in base32."""
    when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    options = [f"--totp={terms.algorithm.lower()}", f"--digits={terms.digits}", f"--time-step-size={terms.period}s"]
    made = subprocess.run(["oathtool", *options, f"--now={when}", "--base32", secret], capture_output=True, check=True)
    return made.stdout.strip()


@pytest.mark.parametrize("terms", MATRIX, ids=lambda terms: "-".join(map(str, terms)))
def test_oathtool_agrees(terms: Terms) -> None:
    factor = Totp()
    offered = factor.offer(under(**terms._asdict()), ())
    for at in TIMES:
        typed = oathtool(offered.show["secret"], terms, at)
        assert len(typed) == terms.digits
        done = accepted(factor.verify(enrolled(offered.remember), None, typed, ask(at)))
        assert done.state.mark == at // terms.period
        assert accepted(factor.verify(enrolled(offered.remember), None, typed, ask(at + terms.period)))
        assert refused(factor.verify(enrolled(done.state), None, typed, ask(at))) == "already_used"
        assert refused(factor.verify(enrolled(offered.remember), None, typed, ask(at + 2 * terms.period))) == "wrong_code"


def test_what_was_enrolled_elsewhere_goes_on_to_work() -> None:
    secret = b"12345678901234567890123456789012"
    state = State(secret, json.dumps(Terms("SHA256", 8, 60)._asdict()).encode())
    typed = oathtool("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA", Terms("SHA256", 8, 60), NOW)
    assert accepted(Totp().verify(enrolled(state), None, typed, ask()))
