"""`yett api`: whom it asks, and as whom."""

import json
from pathlib import Path

import pytest

from yett.cli.api import Access, Call, Unusable, access, home, parse

KEPT = {"issuer": "http://localhost:8000/", "domain": "localhost:8000", "client_id": "id", "client_secret": "secret"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "admin.json").write_text(json.dumps(KEPT))
    return tmp_path


@pytest.mark.parametrize(
    "words,data,query,call",
    [
        (["users"], None, [], Call("GET", "users")),
        (["users"], '{"a":1}', [], Call("POST", "users", (), {"a": 1}, has_body=True)),
        (["patch", "/users/auth0|1"], "null", [], Call("PATCH", "users/auth0|1", (), None, has_body=True)),
        (["Delete", "api/v2/users/1/"], None, [], Call("DELETE", "users/1")),
        (["get", "users?page=1&q="], None, ["per_page=5", "q2=a=b"], Call("GET", "users", (("page", "1"), ("q", ""), ("per_page", "5"), ("q2", "a=b")))),
    ],
)
def test_words_are_read_as_auth0s_cli_reads_them(words: list[str], data: str | None, query: list[str], call: Call) -> None:
    assert parse(words, data, query) == call


def test_admin_json_says_where_and_as_whom(folder: Path) -> None:
    assert access(folder, {}) == Access("http://localhost:8000/", "id", "secret")


def test_a_local_authority_beside_it_is_trusted(folder: Path) -> None:
    (folder / "ca.pem").write_text("")
    assert access(folder, {}).trust == folder / "ca.pem"


@pytest.mark.parametrize(
    "domain,issuer",
    [
        ("id.example", "https://id.example/"),
        ("id.example/", "https://id.example/"),
        ("localhost:8000", "http://localhost:8000/"),
        ("localhost:9000", "https://localhost:9000/"),
        ("http://localhost:9000", "http://localhost:9000/"),
    ],
)
def test_a_domain_means_https_but_where_admin_json_knows_better(folder: Path, domain: str, issuer: str) -> None:
    given = {"YETT_DOMAIN": domain, "YETT_CLIENT_ID": "other", "YETT_CLIENT_SECRET": "more"}
    assert access(folder, given) == Access(issuer, "other", "more")


@pytest.mark.parametrize("text", ["", "[]", "nonsense", '{"issuer": "x"}'])
def test_an_admin_json_that_is_none_of_ours_is_not_guessed_at(tmp_path: Path, text: str) -> None:
    (tmp_path / "admin.json").write_text(text)
    with pytest.raises(Unusable, match="not what Yett wrote"):
        access(tmp_path, {})


def test_dir_is_the_one_given_else_the_one_that_runs_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert home(Path("given"), {"YETT_DIR": "environment"}) == Path("given")
    assert home(None, {"YETT_DIR": "environment"}) == Path("environment")
    assert home(None, {}) == Path("var")
    (tmp_path / "var-demo").mkdir()
    assert home(None, {}) == Path("var-demo")
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "admin.json").write_text("{}")
    assert home(None, {}) == Path("var")
