"""Auth0's own client for the MFA API, npm's `@auth0/auth0-auth-js`, unmodified, over https with the local CA."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.serving import serving

pytestmark = pytest.mark.clients
HERE = Path(__file__).parent
AMR = {"sms": "sms", "voice": "tel", "email": "email"}


def test_auth0s_client_lists_enrolls_challenges_verifies_and_deletes(tmp_path: Path, free_port: Callable[[], int]) -> None:
    with serving(tmp_path, free_port(), "--demo", "--tls", "auto"):
        environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(tmp_path / "ca.pem")}
        script = [HERE / "auth_js.mjs", tmp_path / "demo.json"]
        ran = subprocess.run(["node", *map(str, script)], cwd=HERE, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said["first"] == [403, "mfa_required", ["enroll"]]
    assert said["codes"] == 10
    assert [(one["authenticatorType"], one["type"], one["active"]) for one in said["coming"]] == [("oob", "email", True), ("otp", "otp", False)]
    assert said["wrong"] == ["invalid_grant", "Invalid otp_code."]
    assert (said["otp"], said["refreshes"], said["challenged"]) == (["pwd", "otp", "mfa"], True, "otp")
    assert said["own"] == [403, {"challenge": [{"type": "otp"}, {"type": "email"}, {"type": "recovery-code"}]}]
    assert (said["recovered"], said["again"], said["lives"]) == (24, 24, 600)
    for channel, amr in AMR.items():
        assert said[f"enrolled {channel}"] == [channel, "prompt", channel]
        assert said[f"wrong {channel}"] == ["invalid_grant", "Invalid binding_code."]
        assert said[f"verified {channel}"] == ["oob", "prompt", channel, ["pwd", amr, "mfa"]]
    assert said["used"] == ["invalid_grant", "MFA Authorization rejected."]
    assert [one[0] for one in said["listed"]] == ["totp", *["sms", "voice"] * 2, "email", "email", "recovery-code"]
    assert {one[3] for one in said["listed"]} == {True}
    assert said["kept"][0] == "insufficient_scope"
    assert said["left"] == ["totp", "sms", "voice", "email", "email", "recovery-code"]
    assert said["malformed"] == ["invalid_grant", "Malformed mfa_token"]
