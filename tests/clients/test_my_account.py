"""Auth0's own client of the My Account API (npm's `@auth0/auth0-spa-js`), unmodified, over https with the local CA."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.serving import serving

pytestmark = pytest.mark.clients
HERE = Path(__file__).parent


def test_auth0s_client_enrols_lists_renames_and_removes(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with serving(tmp_path, free_port(), "--demo", "--tls", "auto"):
        environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(tmp_path / "ca.pem")}
        script = [HERE / "my_account.mjs", tmp_path / "demo.json"]
        ran = subprocess.run(["node", *map(str, script)], cwd=HERE, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert {"totp", "email", "recovery-code"} <= set(said["factors"])
    assert said["begun"] == ["auth_session", "barcode_uri", "id", "location", "manual_input_code"]
    assert said["wrong"] == [400, "urn:yett:wrong_code", "otp_code"]
    assert said["done"] == ["totp", True, True]
    assert said["stale"][:2] == [401, "urn:yett:insufficient_user_authentication"]
    assert (said["listed"], said["one"], said["renamed"]) == ([True], "totp", "Work phone")
    assert (said["codes"], said["saved"]) == (24, "recovery-code")
    assert said["bad"] == [400, "urn:yett:bad_address", "email"]
    assert said["foreign"][0] == 404
    assert said["removed"] is None
    statuses = {(method, status) for method, status, _ in said["requests"]}
    assert {("GET", 200), ("POST", 202), ("POST", 201), ("PATCH", 200), ("DELETE", 204)} <= statuses
