"""The double: for tests, and for nothing else."""

import os
import subprocess
import sys

import pytest
from yett_guard import Guard, Refusal, Settings
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


@pytest.mark.parametrize(
    "environ, importable", [({}, False), ({"YETT_GUARD_TESTING": "0"}, False), ({"YETT_GUARD_TESTING": "1"}, True), ({"PYTEST_VERSION": "9"}, True)]
)
def test_it_cannot_be_imported_where_no_test_runs(environ: dict[str, str], importable: bool) -> None:
    clean = {name: value for name, value in os.environ.items() if name not in {"PYTEST_VERSION", "YETT_GUARD_TESTING"}}
    done = subprocess.run([sys.executable, "-c", "import yett_guard.testing"], env=clean | environ, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is importable
    assert importable or "it is for tests" in done.stderr


def test_the_guard_itself_never_imports_it() -> None:
    names = ("guard", "starlette", "fastapi", "litestar", "flask", "django")
    code = f"import sys, {', '.join('yett_guard.' + name for name in names)}; sys.exit('yett_guard.testing' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
