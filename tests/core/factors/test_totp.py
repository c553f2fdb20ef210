"""TOTP: the vectors of RFC 4226 and RFC 6238, one use of each code, and whatever people type."""

import base64
import hashlib
import json
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.factors.asking import NOW, accepted, ask, comparisons, enrolled, over, refused, under
from yett.domain.enrolment import Enrolment, State
from yett.domain.proof import Shown
from yett.factors.totp import Terms, Totp, code

VECTORS = Path(__file__).parents[2] / "vectors"
HOTP = json.loads((VECTORS / "rfc4226-appendix-d.json").read_text())
TOTP = json.loads((VECTORS / "rfc6238-appendix-b.json").read_text())
FACTOR = Totp()
SECRET = bytes(range(20))
STEP = NOW // 30


def app(step: int, terms: Terms | None = None, secret: bytes = SECRET) -> bytes:
    """What the app shows in this step."""
    return code(secret, step, terms or Terms()).encode()


def held(mark: int = 0, terms: Terms | None = None) -> Enrolment:
    return enrolled(State(SECRET, json.dumps((terms or Terms())._asdict()).encode(), mark), "totp")


@pytest.mark.parametrize("vector", HOTP["vectors"], ids=lambda vector: str(vector["count"]))
def test_appendix_d_of_rfc_4226(vector: dict[str, object]) -> None:
    assert code(bytes.fromhex(HOTP["secret_hex"]), int(str(vector["count"])), Terms()) == vector["hotp"]


@pytest.mark.parametrize("vector", TOTP["vectors"], ids=lambda vector: f"{vector['algorithm']} {vector['time']}")
def test_appendix_b_of_rfc_6238(vector: dict[str, str]) -> None:
    terms = Terms(vector["algorithm"], TOTP["digits"], TOTP["step"])
    one = enrolled(State(bytes.fromhex(vector["secret_hex"]), json.dumps(terms._asdict()).encode()))
    verdict = FACTOR.verify(one, None, vector["totp"].encode(), ask(int(vector["time"])))
    assert accepted(verdict).state.mark == int(vector["counter_hex"], 16)


def test_the_current_and_the_previous_step_are_accepted_and_no_other() -> None:
    verdicts = [FACTOR.verify(held(), None, app(STEP + drift), ask()) for drift in (-2, -1, 0, 1)]
    assert [type(verdict).__name__ for verdict in verdicts] == ["Rejected", "Accepted", "Accepted", "Rejected"]
    assert refused(verdicts[0]) == refused(verdicts[3]) == "wrong_code"


@pytest.mark.parametrize("skew, drifts", [(0, [0]), (1, [-1, 0]), (2, [-1, 0]), (-1, [-1, 0]), ("0", [-1, 0])])
def test_the_tenant_may_refuse_the_previous_step_but_never_accept_more(skew: object, drifts: list[int]) -> None:
    judged = {drift: FACTOR.verify(held(), None, app(STEP + drift), under(skew=skew)) for drift in (-2, -1, 0, 1)}
    assert [drift for drift, verdict in judged.items() if type(verdict).__name__ == "Accepted"] == drifts


def test_an_accepted_code_forbids_itself_and_every_earlier_one() -> None:
    state = accepted(FACTOR.verify(held(), None, app(STEP), ask())).state
    assert state == held(STEP).state
    assert refused(FACTOR.verify(enrolled(state), None, app(STEP), ask())) == "already_used"
    assert refused(FACTOR.verify(enrolled(state), None, app(STEP - 1), ask())) == "already_used"
    assert refused(FACTOR.verify(enrolled(state), None, app(STEP), ask(NOW + 30))) == "already_used"
    assert accepted(FACTOR.verify(enrolled(state), None, app(STEP + 1), ask(NOW + 30))).state.mark == STEP + 1


@pytest.mark.parametrize("mangle", ["{0} {1}", " {0}{1}", "{0}{1}\n", "{0}-{1}", "{0}\u2011{1}", "\u200b{0}\u00a0{1}"])
def test_a_code_typed_otherwise_is_the_same_code_cve_2025_6014(mangle: str) -> None:
    plain = app(STEP).decode()
    typed = mangle.format(plain[:3], plain[3:]).encode()
    used = accepted(FACTOR.verify(held(), None, typed, ask())).state
    assert refused(FACTOR.verify(enrolled(used), None, plain.encode(), ask())) == "already_used"
    assert refused(FACTOR.verify(held(STEP), None, typed, ask())) == "already_used"


@pytest.mark.parametrize("zero", ["\uff10", "\u0660", "\u0966", "\U0001d7ce"])
def test_digits_of_other_scripts_are_the_same_code_cve_2025_6014(zero: str) -> None:
    typed = "".join(chr(ord(zero) + int(digit)) for digit in app(STEP).decode())
    assert accepted(FACTOR.verify(held(), None, typed.encode(), ask())).state.mark == STEP
    assert refused(FACTOR.verify(held(STEP), None, typed.encode(), ask())) == "already_used"


@pytest.mark.parametrize(
    "mangle",
    [
        lambda plain: b"",
        lambda plain: plain[1:],
        lambda plain: b"0" + plain,
        lambda plain: plain + b"0",
        lambda plain: plain + plain,
        lambda plain: b"+" + plain,
        lambda plain: plain[:-1] + b"x",
        lambda plain: plain[:-1] + "\u00b2".encode(),
        lambda plain: plain + b"\xff",
        lambda plain: plain + b"\x00",
        lambda plain: b"\xff" * 6,
    ],
)
def test_what_is_not_exactly_the_code_is_wrong(mangle: object) -> None:
    assert callable(mangle)
    assert refused(FACTOR.verify(held(), None, mangle(app(STEP)), ask())) == "wrong_code"


def test_a_code_of_another_key_is_wrong() -> None:
    assert refused(FACTOR.verify(held(), None, app(STEP, secret=b"x" * 20), ask())) == "wrong_code"


def test_every_candidate_is_compared_whichever_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = comparisons(monkeypatch)
    for typed in (app(STEP - 1), app(STEP), b"", b"x"):
        compared.clear()
        FACTOR.verify(held(), None, typed, ask())
        assert compared == [app(STEP - 1), app(STEP)]


@given(st.lists(st.tuples(st.integers(-3, 90), st.integers(-2, 1)), max_size=12))
def test_whatever_is_shown_whenever_no_step_is_accepted_twice(tries: list[tuple[int, int]]) -> None:
    one, now, marks = held(), NOW, [0]
    for passes, drift in tries:
        now += passes
        verdict = FACTOR.verify(one, None, app(now // 30 + drift), ask(now))
        if type(verdict).__name__ == "Accepted":
            one = one._replace(state=accepted(verdict).state)
            marks.append(one.state.mark)
    assert all(earlier < later for earlier, later in pairwise(marks))


@pytest.mark.parametrize("algorithm, length", [("SHA1", 20), ("SHA256", 32), ("SHA512", 64)])
def test_a_key_is_as_long_as_its_hash_and_comes_from_the_random_bytes(algorithm: str, length: int) -> None:
    secrets = {FACTOR.offer(under(algorithm=algorithm)._replace(random=bytes([seed]) * 64), ()).remember.secret for seed in range(20)}
    assert {len(secret) for secret in secrets} == {length}
    assert len(secrets) == 20


def test_an_offer_shows_what_an_app_needs() -> None:
    offered = FACTOR.offer(under(algorithm="SHA256", digits=8, period=60)._replace(issuer="Müller & Co: 1/2", label="joe+x@example.com"), ())
    uri = urlsplit(offered.show["uri"])
    assert offered.offer
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert uri.path == "/M%C3%BCller%20%26%20Co%3A%201%2F2:joe%2Bx@example.com"
    assert unquote(uri.path) == "/Müller & Co: 1/2:joe+x@example.com"
    assert "+" not in uri.query
    said = {name: values[0] for name, values in parse_qs(uri.query, strict_parsing=True).items()}
    secret = offered.show["secret"]
    assert said == {"secret": secret, "issuer": "Müller & Co: 1/2", "algorithm": "SHA256", "digits": "8", "period": "60"}
    assert base64.b32decode(secret + "=" * (-len(secret) % 8)) == offered.remember.secret
    assert {name: offered.show[name] for name in ("algorithm", "digits", "period")} == {"algorithm": "SHA256", "digits": "8", "period": "60"}
    assert offered.send == ()


def test_by_default_an_offer_is_what_every_app_can_do() -> None:
    secret = FACTOR.offer(ask(), ()).show["secret"]
    uri = f"otpauth://totp/Example:joe@example.com?secret={secret}&issuer=Example&algorithm=SHA1&digits=6&period=30"
    assert FACTOR.offer(ask(), ()).show["uri"] == uri


def test_without_a_name_for_the_tenant_the_label_stands_alone() -> None:
    uri = FACTOR.offer(ask()._replace(issuer=""), ()).show["uri"]
    assert uri.startswith("otpauth://totp/joe@example.com?")


@pytest.mark.parametrize("rules", [{"algorithm": "MD5"}, {"digits": 4}, {"digits": 7}, {"period": 1}, {"period": 3600}])
def test_what_apps_cannot_do_is_not_offered(rules: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no authenticator app"):
        FACTOR.offer(under(**rules), ())


def test_the_code_that_completed_an_enrolment_cannot_log_in() -> None:
    pending = FACTOR.offer(ask(), ())
    typed = app(STEP, secret=pending.remember.secret)
    done = accepted(FACTOR.confirm(pending, typed, ask()))
    assert done.shown == FACTOR.promise(None)
    assert done.state._replace(mark=0) == pending.remember
    assert refused(FACTOR.verify(enrolled(done.state), None, typed, ask())) == "already_used"


def test_a_wrong_code_completes_no_enrolment() -> None:
    pending = FACTOR.offer(ask(), ())
    assert refused(FACTOR.confirm(pending, app(STEP), ask())) == "wrong_code"


def test_an_offer_that_is_over_or_was_none_completes_no_enrolment() -> None:
    pending = FACTOR.offer(ask(), ())
    for one, now in (*over(pending), (pending._replace(offer=False), NOW)):
        assert refused(FACTOR.confirm(one, app(now // 30, secret=pending.remember.secret), ask(now))) == "expired"


def test_a_code_approves_what_the_question_was_about_and_nothing_without_one() -> None:
    digest = hashlib.sha256(b"100 EUR to Bob").digest()
    asked = FACTOR.challenge((held(),), ask()._replace(transaction=digest))
    about = ask()._replace(transaction=digest)
    for question, binds in ((asked, digest), (asked._replace(binds=None), None), (None, None)):
        shown = accepted(FACTOR.verify(held(), question, app(STEP), about)).shown
        assert shown == FACTOR.promise(None)._replace(binds=binds)


def test_a_question_says_how_many_digits() -> None:
    eight = held(terms=Terms(digits=8))
    assert FACTOR.challenge((eight,), ask()).show == {"digits": "8"}
    assert FACTOR.challenge((eight,), ask()).to == ("e1",)
    assert FACTOR.challenge((), ask()).show == {}


def test_after_a_backup_no_step_that_has_begun_works() -> None:
    now = NOW + 86_400
    state = FACTOR.restored(held(STEP).state, now)
    assert refused(FACTOR.verify(enrolled(state), None, app(now // 30), ask(now))) == "already_used"
    assert accepted(FACTOR.verify(enrolled(state), None, app(now // 30 + 1), ask(now + 30)))


def test_a_backup_from_a_fast_clock_does_not_turn_the_mark_back() -> None:
    assert FACTOR.restored(held(STEP + 9).state, NOW).mark == STEP + 9


def test_an_older_state_without_terms_has_the_usual_ones() -> None:
    assert accepted(FACTOR.verify(enrolled(State(SECRET)), None, app(STEP), ask()))


def test_it_is_possession_and_may_approve() -> None:
    assert FACTOR.promise(held()) == Shown("totp", "possession", None, ("otp",), 2, spendable=True)


def test_at_the_beginning_of_time_there_is_no_earlier_step() -> None:
    assert refused(FACTOR.verify(held(), None, app(0), ask(0))) == "already_used"
