"""The double: for tests, and for nothing else."""

import importlib
from pathlib import Path

import pytest
from yett_guard import Guard, Refusal, Settings, testing
from yett_guard.testing import Issuer


def test_the_guard_of_an_application_takes_its_tokens_within_the_block_and_not_after_it() -> None:
    guard = Guard(Settings(issuer="https://real.test/", audience="api"))
    issuer = Issuer()
    with issuer.trusted_by(guard):
        assert guard.check([issuer.authorization(scope="a")["Authorization"]]).scope == {"a"}
    assert guard.settings.issuer == "https://real.test/"
    issuer.down = True
    guard.web = issuer
    with pytest.raises(Refusal):
        guard.check([issuer.authorization()["Authorization"]])


@pytest.mark.parametrize("said", ["", "0", "true"])
def test_it_cannot_be_imported_where_no_test_runs(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.delenv("PYTEST_VERSION")
    monkeypatch.setenv("YETT_GUARD_TESTING", said)
    with pytest.raises(ImportError, match="mints tokens"):
        importlib.reload(testing)
    monkeypatch.setenv("YETT_GUARD_TESTING", "1")
    importlib.reload(testing)


def test_the_guard_itself_never_imports_it() -> None:
    package = Path(testing.__file__).parent
    assert [file.name for file in package.glob("*.py") if "yett_guard.testing import" in file.read_text() or "import testing" in file.read_text()] == []
