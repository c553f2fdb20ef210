"""What a guard is told: unsafe settings are refused when it is made, not when it is asked."""

from typing import Any

import pytest
from yett_guard import Settings
from yett_guard.settings import safe

GOOD: dict[str, Any] = {"issuer": "https://issuer.test/", "audience": "api"}


def test_the_environment_says_what_is_needed() -> None:
    said = {
        "YETT_ISSUER": "https://issuer.test",
        "YETT_AUDIENCE": "https://api.test/",
        "YETT_CLIENT_ID": "id",
        "YETT_CLIENT_SECRET": "secret",
        "YETT_CLIENTS": "web app",
    }
    settings = Settings.from_environment(said)
    assert (settings.issuer, settings.audience) == ("https://issuer.test/", "https://api.test/")
    assert (settings.client_id, settings.client_secret, settings.clients) == ("id", "secret", {"web", "app"})


@pytest.mark.parametrize("said", [{}, {"YETT_ISSUER": "https://issuer.test/"}, {"YETT_AUDIENCE": "api"}])
def test_without_issuer_and_audience_there_is_no_guard(said: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="YETT_"):
        Settings.from_environment(said)


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "http://issuer.test/"},
        {"issuer": "https://issuer.test/?a=b"},
        {"issuer": "https://issuer.test/#a"},
        {"client_id": "id"},
        {"client_secret": "secret"},
        {"algorithms": frozenset({"RS256", "HS256"})},
        {"algorithms": frozenset({"none"})},
        {"algorithms": frozenset()},
        {"leeway": -1},
        {"leeway": 3600},
    ],
)
def test_what_is_not_safe_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        Settings(**GOOD | change)


@pytest.mark.parametrize(
    "url", ["https://a.test/", "http://localhost:8000/", "http://app.localhost/", "http://127.0.0.1:1/", "http://[::1]/", "https://[::1]:1/"]
)
def test_safe_is_https_or_what_stays_on_this_machine(url: str) -> None:
    assert safe(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://a.test/",
        "http://localhost.test/",
        "http://127.0.0.1.test/",
        "ftp://localhost/",
        "file:///etc/passwd",
        "https:///",
        "",
        "https://u@a.test/",
        "http://[::1/",
        "http://192.168.0.1/",
    ],
)
def test_nothing_else_is(url: str) -> None:
    assert not safe(url)
