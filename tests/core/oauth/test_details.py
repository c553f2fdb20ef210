"""authorization_details (RFC 9396): judged, told and digested; nothing is approved that was not shown."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.domain.client import Api, Detail
from yett.oauth import details
from yett.oauth.errors import OAuthError

SCHEMA: dict[str, Any] = {
    "required": ["amount", "creditor"],
    "additionalProperties": False,
    "properties": {
        "amount": {"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{2})?$"},
        "creditor": {"required": ["name"], "additionalProperties": False, "properties": {"name": {"type": "string"}, "iban": {"type": "string"}}},
        "copies": {"type": "integer"},
    },
}
WORDS = {"en": "Pay {{ amount }} EUR to {{ creditor.name }}", "de": "{{amount}} EUR an {{ creditor.name }} zahlen"}
PAYMENT = Detail("payment", json.dumps(SCHEMA), WORDS)
BANK = Api("api_1", "https://bank.test/", details=(PAYMENT, Detail("ping"), Detail("fein", words={"de": "Fein"})))


def payment(amount: str = "100.00", name: str = "Grace Hopper", **more: Any) -> dict[str, Any]:
    return {"type": "payment", "amount": amount, "creditor": {"name": name}, **more}


def judged(*asked: Any) -> str:
    return details.judge(json.dumps(list(asked)), BANK)


def refused(text: str, api: Api | None = BANK) -> str:
    with pytest.raises(OAuthError) as caught:
        details.judge(text, api)
    assert caught.value.code == "invalid_authorization_details"
    assert all(" " <= letter <= "~" and letter not in '"\\' for letter in caught.value.description), "as RFC 6749 wants a description"
    return caught.value.description


def test_nothing_asked_is_nothing() -> None:
    assert details.judge("", None) == ""
    assert details.digest("") is None
    assert details.words("", None, "en") == ""


def test_what_is_good_is_kept_in_its_one_spelling() -> None:
    spelled = judged(payment())
    assert spelled == '[{"amount":"100.00","creditor":{"name":"Grace Hopper"},"type":"payment"}]'
    assert details.parsed(spelled) == [payment()]
    assert details.digest(spelled) == hashlib.sha256(spelled.encode()).digest()
    assert judged(dict(reversed(payment().items()))) == spelled


@pytest.mark.parametrize("other", [payment("100.01"), payment(name="Grace Hoppen"), payment(copies=1)])
def test_one_digit_makes_another_digest(other: dict[str, Any]) -> None:
    assert details.digest(judged(other)) != details.digest(judged(payment()))


@pytest.mark.parametrize(
    "text",
    [
        "{", "{}", "null", "[]", "[1]", "[[]]", '["payment"]', '[{"amount":"1"}]', '[{"type":1}]', '[{"type":"transfer"}]', '[{"type":"ping","x":1}]',
        json.dumps([payment("1e9")]), json.dumps([payment("100.001")]), json.dumps([payment(copies="1")]), json.dumps([payment(copies=1.5)]),
        json.dumps([payment(memo="x")]), json.dumps([{"type": "payment", "amount": "1"}]), json.dumps([{**payment(), "creditor": {"name": 1}}]),
        json.dumps([{**payment(), "creditor": {"name": "x", "x": "y"}}]), json.dumps([payment(), {"type": "x"}]),
        json.dumps([payment()] * 6), json.dumps([payment(name="x" * 501)]), json.dumps([payment(name="x" * 180)]),
        '[{"type":"payment","amount":"1","amount":"2","creditor":{"name":"x"}}]', "[" * 70,
    ],
)  # fmt: skip
def test_what_is_none_of_its_type_is_refused(text: str) -> None:
    refused(text)


def test_the_place_of_a_fault_is_named_if_its_name_is_harmless() -> None:
    assert refused(json.dumps([payment("1e9")])).endswith("at amount.")
    assert refused(json.dumps([{**payment(), "creditor": {"name": 1}}])).endswith("at creditor/name.")


def test_without_an_api_there_are_no_types() -> None:
    refused(json.dumps([{"type": "ping"}]), None)


@pytest.mark.parametrize(
    "name",
    [
        "a\u202eb",
        "a\u2066b",
        "a\u200fb",
        "a\u061cb",
        "a\nb",
        "a\tb",
        "a\x00b",
        "a\x9bb",
        "a\u2028b",
        "a\u00adb",
        "a\ufeffb",
        "a\u3164b",
        "a\U000e0041b",
        "a\u200bb",
        "Grace\u200d",
        "Gr\u200cace",
        "\u200dGrace",
        "Grace\ufe0f",
        "100\ufe00",
        "Grace\U000e0100",
        "\u1780\u17b4",
        "\u1820\u180b",
    ],
)
def test_what_nobody_sees_or_turns_the_text_around_is_refused(name: str) -> None:
    assert "cannot be shown" in refused(json.dumps([payment(name=name)]))
    assert "cannot be shown" in refused(json.dumps([{**payment(), name: 1}]))


@pytest.mark.parametrize(
    "name", ["\u0915\u094d\u200d\u0937", "\u0646\u0645\u06cc\u200c\u062e", "\u8fbb\U000e0100", "\u2764\ufe0f", "\u2764\ufe0f\u200d\U0001f525"]
)
def test_what_gives_the_letter_before_its_shape_is_seen(name: str) -> None:
    assert name in details.words(judged(payment(name=name)), BANK, "en")


def test_whatever_its_words_do_not_name_is_told_behind_them() -> None:
    """Else the same words would be shown for another account, another number, another anything."""
    asked = {"type": "payment", "amount": "1.00", "creditor": {"name": "Grace", "iban": "AT02"}, "copies": 3}
    assert details.words(judged(asked), BANK, "en") == "Pay 1.00 EUR to Grace (copies: 3, creditor.iban: AT02)"
    schema = {"additionalProperties": False, "properties": {"to": {"type": "array"}, "note": {"type": "object"}}}
    api = BANK._replace(details=(Detail("share", json.dumps(schema)),))
    assert details.words(details.judge('[{"type":"share","to":["\u05d3",true,{"a":1.0}],"note":{}}]', api), api, "en") == (
        'share (note: {}, to: \u2068["\u05d3",true,{"a":1}]\u2069)'
    )


def test_it_is_told_in_the_language_of_its_person() -> None:
    spelled = judged(payment(), {"type": "ping"})
    assert details.words(spelled, BANK, "en-GB") == "Pay 100.00 EUR to Grace Hopper; ping"
    assert details.words(spelled, BANK, "de-AT") == "100.00 EUR an Grace Hopper zahlen; ping"
    assert details.words(spelled, BANK, "fr") == "Pay 100.00 EUR to Grace Hopper; ping"
    assert details.words(judged({"type": "fein"}), BANK, "en") == "Fein"
    assert details.words(spelled, None, "en") == "payment (amount: 100.00, creditor.name: Grace Hopper); ping", "a type that is gone is called by its name"


def test_a_number_is_told_as_it_is_signed() -> None:
    schema = {"additionalProperties": False, "required": ["n"], "properties": {"n": {"type": "number"}}}
    api = BANK._replace(details=(Detail("n", json.dumps(schema), {"en": "{{ n }}"}),))
    assert details.words(details.judge('[{"type":"n","n":1.50}]', api), api, "en") == "1.5"


def test_what_runs_from_the_right_stands_apart() -> None:
    assert details.words(judged(payment(name="\u05d3\u05d5\u05d3 50")), BANK, "en") == "Pay 100.00 EUR to \u2068\u05d3\u05d5\u05d3 50\u2069"


@pytest.mark.parametrize("name", ["{{ amount }}", "{{ creditor.name }}", "{% if 1 %}", "%(amount)s", "{amount}", "<script>", "${amount}", "\\1"])
def test_a_value_is_never_read_as_a_template(name: str) -> None:
    assert details.words(judged(payment(name=name)), BANK, "en") == f"Pay 100.00 EUR to {name}"


@given(st.text(max_size=40), st.text(max_size=60))
def test_whatever_is_sent_is_judged_or_refused(text: str, name: str) -> None:
    for sent in (text, json.dumps([payment(name=name)])):
        try:
            spelled = details.judge(sent, BANK)
        except OAuthError:
            refused(sent)
        else:
            assert not spelled or name in details.words(spelled, BANK, "en")


def test_the_types_of_all_apis_are_listed_once() -> None:
    assert details.supported((BANK, BANK._replace(details=(PAYMENT, Detail("x"))))) == ("payment", "ping", "fein", "x")


# --- registering ------------------------------------------------------------------------------------------------------


def test_a_type_that_is_good_has_no_fault() -> None:
    assert [details.fault(kind) for kind in BANK.details] == ["", "", ""]


@pytest.mark.parametrize(
    "schema, says",
    [
        ("{", "cannot be read"), ("[]", "must be an object"), ('{"a":1,"a":2}', "cannot be read"), ('{"x":"' + "y" * 17000 + '"}', "at most"),
        ({"additionalProperties": False, "$ref": "https://evil.test/"}, "refers to another"),
        ({"additionalProperties": False, "properties": {"a": {"$ref": "#"}}}, "refers to another"),
        ({}, "additionalProperties"), ({"additionalProperties": True}, "additionalProperties"),
        ({"additionalProperties": False, "properties": {"a": {"properties": {}}}}, "additionalProperties"),
        ({"additionalProperties": False, "properties": {"type": {}}}, "beside type"),
        ({"additionalProperties": False, "properties": 5}, "is none"), ({"additionalProperties": False, "minProperties": "x"}, "is none"),
        ({"additionalProperties": False, "properties": {"a": {"pattern": "(?=x)"}}}, "is none"),
    ],
)  # fmt: skip
def test_a_schema_that_is_none_or_leaves_a_gap_is_refused(schema: str | dict[str, Any], says: str) -> None:
    assert says in details.fault(Detail("t", schema if isinstance(schema, str) else json.dumps(schema)))


@pytest.mark.parametrize(
    "words, says",
    [
        ("Pay {{ amount", "in braces"), ("Pay {amount}", "in braces"), ("{% for a in b %}", "in braces"), ("{{ amount|safe }}", "in braces"),
        ("{{ amount.__class__ }}", "does not require"), ("{{ creditor['name'] }}", "in braces"), ("{# amount #}", "in braces"), ("a %} b", "in braces"),
        ("{{ amont }}", "does not require"), ("{{ creditor }}", "does not require"), ("{{ creditor.iban }}", "does not require"),
        ("{{ copies }}", "does not require"), (" ", "one line"), ("a\nb", "one line"), ("a\u202eb", "one line"), ("x" * 201, "one line"),
    ],
)  # fmt: skip
def test_words_with_anything_but_places_of_members_that_are_there_are_refused(words: str, says: str) -> None:
    assert says in details.fault(PAYMENT._replace(words={"en": words}))


def test_words_are_told_by_language() -> None:
    assert "is none" in details.fault(PAYMENT._replace(words={"english": "Pay"}))


def test_a_pattern_takes_no_more_time_for_a_longer_answer_than_its_length() -> None:
    schema = {"additionalProperties": False, "required": ["a"], "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}
    api = BANK._replace(details=(Detail("slow", json.dumps(schema)),))
    refused(json.dumps([{"type": "slow", "a": "a" * 499 + "b"}]), api)
