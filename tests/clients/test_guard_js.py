"""yett-guard for Express: its own tests, and the application of its README against a real server and real tokens."""

import json
import os
import re
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tests.guard.customer import Customer, open_bank
from tests.harness.process import program, unused_port

pytestmark = pytest.mark.clients

HERE = Path(__file__).parents[2] / "sdk" / "yett-guard-js"
PATIENCE = 30.0


def node(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("node", install="Node 20"), *words], cwd=HERE, env=os.environ | more, capture_output=True, text=True, check=False)


def test_its_own_tests_pass() -> None:
    done = node("--test")
    assert done.returncode == 0, done.stdout
    ran = re.search(r"# pass (\d+)\n# fail 0\n", done.stdout)
    assert ran
    assert int(ran[1]) > 60


def test_the_double_loads_where_no_test_runs_only_if_it_is_told_to() -> None:
    unset = {"NODE_TEST_CONTEXT": "", "YETT_GUARD_TESTING": ""}
    assert "it is for tests" in node("testing.mjs", **unset).stderr
    assert node("testing.mjs", **unset | {"YETT_GUARD_TESTING": "1"}).returncode == 0


def test_its_types_are_those_of_an_application_in_typescript() -> None:
    strict = ("--noEmit", "--strict", "--skipLibCheck", "false", "--module", "nodenext", "--target", "es2022")
    done = node("node_modules/typescript/bin/tsc", *strict, "types/application.ts")
    assert done.returncode == 0, done.stdout


def test_what_is_published_is_the_guard_its_types_and_its_words() -> None:
    done = subprocess.run([program("npm", install="Node 20"), "pack", "--dry-run", "--json"], cwd=HERE, capture_output=True, text=True, check=True)
    files = {one["path"] for one in json.loads(done.stdout)[0]["files"]}
    code = {"index.mjs", "testing.mjs", "lib/judge.mjs", "lib/keys.mjs", "lib/refusal.mjs"}
    assert files == code | {"index.d.ts", "testing.d.ts", "README.md", "LICENSE", "package.json"}


def test_the_application_of_the_readme_asks_for_what_it_says(tmp_path: Path) -> None:
    with open_bank(tmp_path) as bank:
        customer, port = Customer(bank, tmp_path / "jar"), unused_port()
        found = re.search(r"^```js\n(.*?)^```$", (HERE / "README.md").read_text(), re.MULTILINE | re.DOTALL)
        assert found
        # Within the package its own name leads to itself, and express is there.
        words = [program("node", install="Node 20"), "--input-type=module", "--eval", found[1]]
        process = subprocess.Popen(words, cwd=HERE, env=os.environ | bank.environ | {"PORT": str(port)})
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as api:
                _await(api, process)
                _asks(api, customer)
        finally:
            process.terminate()
            process.wait(15)


def _await(api: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            api.get("/account")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("it did not start")


def _asks(api: httpx.Client, customer: Customer) -> None:
    def sent(token: str, amount: int) -> tuple[int, dict[str, object]]:
        answer = api.post("/transfers", json={"to": "you", "amount": amount}, headers={"authorization": f"Bearer {token}"})
        return answer.status_code, answer.json()

    first, stepped_up, subject = customer.tokens("read:accounts"), customer.token("transfer:funds"), customer.bank.subject
    assert api.get("/account").headers["www-authenticate"] == "Bearer"
    assert api.get("/account", headers={"authorization": f"Bearer {first['access_token']}"}).json() == {"owner": subject}
    assert api.get("/account", headers={"authorization": f"Bearer {first['id_token']}"}).json()["error"] == "invalid_token"
    assert sent(first["access_token"], 10)[1]["error"] == "insufficient_scope"
    assert sent(stepped_up, 10) == (200, {"from": subject, "sent": 10})
    approval = customer.approval("you", 1000)
    assert sent(approval, 1001)[1]["code"] == "mfa_required"
    assert sent(approval, 1000) == (200, {"from": subject, "sent": 1000})
    assert sent(approval, 1000)[1]["code"] == "mfa_required"
