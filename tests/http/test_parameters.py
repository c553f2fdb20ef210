"""Parameters of URLs and forms are read as the standard library reads them, with less work."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yett.http.asgi import MOST_FIELDS, Malformed, Request

PIECES = st.sampled_from(["a", "Z", "0", "-", "+", "&", "=", ";", "?", "/", "%", "%2", "%20", "%26", "%3D", "%2B", "%C3%A9", "%C3", "%A9", "%zz", "%e2%82%ac"])


def read(raw: bytes) -> list[tuple[str, str]]:
    return Request({"method": "GET", "path": "/", "query_string": raw, "headers": []}).query


def meant(text: str) -> list[tuple[str, str]] | None:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        return None


@given(st.lists(PIECES, max_size=30).map("".join))
def test_parameters_mean_what_the_standard_library_says(text: str) -> None:
    expected = meant(text)
    if expected is None:
        with pytest.raises(Malformed):
            read(text.encode())
    else:
        assert read(text.encode()) == expected


@pytest.mark.parametrize("raw", ["é".encode(), b"a=%00", b"&".join([b"a=b"] * (MOST_FIELDS + 1))])
def test_what_is_no_list_of_parameters_is_refused(raw: bytes) -> None:
    with pytest.raises(Malformed):
        read(raw)


def test_as_many_parameters_as_may_be_are_read() -> None:
    assert len(read(b"&".join([b"a=b"] * MOST_FIELDS))) == MOST_FIELDS
