"""Auth0's own middleware for Express, unmodified, over https with the local CA: an application that logs in by ID token, and an API."""

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


def test_an_application_and_an_api_on_express_see_who_logged_in_and_how(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with serving(tmp_path, free_port(), "--demo", "--tls", "auto"):
        environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(tmp_path / "ca.pem")}
        script = [HERE / "express_apps.mjs", tmp_path / "demo.json", tmp_path / "admin.json"]
        ran = subprocess.run(["node", *map(str, script)], cwd=HERE, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said["screen"] == "form-post"
    assert (said["first"]["email"], said["first"]["amr"]) == ("demo@example.com", ["pwd"])
    assert "acr" not in said["first"]
    assert said["refused"] == "form-post"
    assert said["weak"] == [401, 200, 401, 401]
    assert (said["stepped"]["acr"], said["stepped"]["amr"]) == (MULTI_FACTOR, ["pwd", "otp", "mfa"])
    assert said["strong"] == 200
