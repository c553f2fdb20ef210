"""The applications of the guard's README, as they stand there: started as it says, and asked with real tokens of a real server."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.guard.customer import Bank, Customer, Tokens
from tests.harness.process import unused_port

README = Path(__file__).parents[2] / "sdk" / "yett-guard" / "README.md"
PATIENCE = 30.0
UVICORN, FLASK = ("uvicorn", "app:app"), ("flask", "--app", "app", "run")
STARTED_BY = {"FastAPI": UVICORN, "Starlette": UVICORN, "Litestar": UVICORN, "Flask": FLASK, "Django": (*UVICORN, "--interface", "wsgi")}


@pytest.fixture(params=STARTED_BY)
def api(request: pytest.FixtureRequest, bank: Bank, tmp_path: Path) -> Iterator[httpx.Client]:
    (tmp_path / "app.py").write_text(application(request.param))
    port = unused_port()
    command = [sys.executable, "-m", *STARTED_BY[request.param], "--port", str(port)]
    with (tmp_path / "app.log").open("w") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | bank.environ, stdout=log, stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client:
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until and process.poll() is None:
                try:
                    client.get("/account")
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            else:
                raise AssertionError((tmp_path / "app.log").read_text())
            yield client
    finally:
        process.terminate()
        process.wait(15)


def application(framework: str) -> str:
    """The one complete application below this heading."""
    found = re.search(rf"^## {framework}\n.*?^```python\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("error", "")


def test_an_application_of_the_readme_asks_for_what_it_says(api: httpx.Client, bank: Bank, customer: Customer, tokens: Tokens) -> None:
    def sent(token: str, amount: int, to: str = "you") -> httpx.Response:
        return api.post("/transfers", json={"to": to, "amount": amount}, headers={"authorization": f"Bearer {token}"})

    assert told(api.get("/account")) == (401, "unauthorized")
    assert api.get("/account", headers={"authorization": f"Bearer {tokens.read}"}).json() == {"owner": bank.subject}
    assert told(api.get("/account", headers={"authorization": f"Bearer {tokens.identity}"})) == (401, "invalid_token")
    assert told(api.get("/account", headers={"authorization": f"Bearer {tokens.stepped_up}"})) == (403, "insufficient_scope")

    assert told(sent(tokens.read, 10)) == (403, "insufficient_scope")
    assert sent(tokens.stepped_up, 10).json() == {"from": bank.subject, "sent": 10}
    assert told(sent(tokens.stepped_up, 1000)) == (403, "insufficient_scope")

    approval = customer.approval("you", 1000)
    assert told(sent(approval, 1001)) == (401, "insufficient_user_authentication")
    assert told(sent(approval, 1000, "somebody else")) == (401, "insufficient_user_authentication")
    assert sent(approval, 1000).json() == {"from": bank.subject, "sent": 1000}
    again = sent(approval, 1000)
    assert told(again) == (401, "insufficient_user_authentication")
    assert again.json()["code"] == "mfa_required"
    assert 'error="insufficient_user_authentication"' in again.headers["www-authenticate"]


def test_the_test_of_the_readme_passes(tmp_path: Path, bank: Bank) -> None:
    (tmp_path / "app.py").write_text(application("FastAPI"))
    (tmp_path / "test_app.py").write_text(application("Tests of your own").replace("from fastapi.testclient import TestClient", CLIENT))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "test_app.py"]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | bank.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


# FastAPI's own client warns of the httpx that the rest of our tests need.
CLIENT = "from litestar.testing import TestClient"
