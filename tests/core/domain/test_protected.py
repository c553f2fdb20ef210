"""Protected hosts, as an operator names them."""

import pytest

from yett.domain.protected import Protected, protected


@pytest.mark.parametrize(
    "url, origin",
    [
        ("https://wiki.example.com", "https://wiki.example.com"),
        ("https://Wiki.Example.com/", "https://wiki.example.com"),
        ("https://wiki.example.com:443", "https://wiki.example.com"),
        ("https://wiki.example.com:8443", "https://wiki.example.com:8443"),
        ("http://[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_a_host_is_an_origin(url: str, origin: str) -> None:
    assert protected(url, ("phr",), 600) == Protected(origin, ("phr",), 600)


@pytest.mark.parametrize("url", ["wiki.example.com", "https://wiki.example.com/path", "https://*.example.com", "https://a@b.example", "ftp://a.example", ""])
def test_what_is_no_origin_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not https"):
        protected(url)


def test_a_demand_that_nobody_meets_is_refused() -> None:
    with pytest.raises(ValueError, match="phrr"):
        protected("https://wiki.example.com", ("phr", "phrr"))
    with pytest.raises(ValueError, match="lets nobody in"):
        protected("https://wiki.example.com", (), 0)


def test_the_application_that_it_is_has_one_way_back_and_no_secret() -> None:
    client = protected("https://wiki.example.com").client
    assert (client.id, client.callbacks, client.secret) == ("forward-auth:wiki.example.com", ("https://wiki.example.com/.yett/callback",), None)
    assert (client.grant_types, client.require_pkce) == (("authorization_code",), True)
    assert protected("https://wiki.example.com").secure
    assert not protected("http://localhost:9000").secure
