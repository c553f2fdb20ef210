"""npm's `openid-client`, certified by the OpenID Foundation, as a relying party over https with the local CA."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.serving import serving

pytestmark = pytest.mark.clients
HERE = Path(__file__).parent
MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"


def test_a_certified_client_discovers_logs_in_refreshes_and_steps_up(tmp_path: Path, free_port: Callable[[], int]) -> None:
    port = free_port()
    with serving(tmp_path, port, "--demo", "--tls", "auto"):
        environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(tmp_path / "ca.pem")}
        script = [HERE / "openid_client.mjs", tmp_path / "demo.json"]
        ran = subprocess.run(["node", *map(str, script)], cwd=HERE, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said["issuer"] == f"https://localhost:{port}/"
    assert said["first"]["amr"] == ["pwd"]
    assert "acr" not in said["first"]
    assert said["enrolling"] == "mfa-otp-enrollment-qr"
    assert (said["stepped"]["acr"], said["stepped"]["amr"]) == (MULTI_FACTOR, ["pwd", "otp", "mfa"])
    assert said["userinfo"] == "demo@example.com"
    for claim in ("acr", "amr", "auth_time", "sub", "sid"):
        assert said["refreshed"][claim] == said["stepped"][claim], claim
    assert said["again"]["auth_time"] == said["first"]["auth_time"]
    assert said["unmet"] == "unmet_authentication_requirements"
    assert said["none"] == "login_required"
    assert said["revoked"] == "invalid_grant"
