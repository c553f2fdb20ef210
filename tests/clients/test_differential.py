"""The same facts of the protocol, asked of us and of npm's certified `oidc-provider`: where both fail, the test is wrong."""

import json
import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.harness.process import await_ready, start, stop
from tests.serving import YETT, serving

pytestmark = pytest.mark.clients
HERE = Path(__file__).parent
MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"


def asked(site: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What one server answers, by the name of the fact."""
    file = folder / "site.json"
    file.write_text(json.dumps(site))
    ran = subprocess.run(["node", str(HERE / "differential.mjs"), str(file)], cwd=HERE, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def strictly(folder: Path, client: str) -> None:
    """Its refresh tokens are exchanged each time, and an old one has no leeway (Auth0's default has neither)."""
    rotating = {"rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0, "token_lifetime": 86400, "idle_token_lifetime": 3600}
    command = [str(YETT), "api", "--dir", str(folder), "patch", f"clients/{client}", "--data", json.dumps({"refresh_token": rotating})]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def test_ours_and_the_peer_answer_alike(tmp_path: Path, free_port: Callable[[], int]) -> None:
    port, secret = free_port(), secrets.token_urlsafe(24)
    callback, log = f"http://localhost:{free_port()}/callback", tmp_path / "peer.log"
    peer = start(["node", HERE / "peer.mjs", str(port), "shop", secret, callback], log, cwd=HERE)
    await_ready(peer, log, lambda: "ready" in log.read_text())
    try:
        theirs = asked(
            {"issuer": f"http://localhost:{port}", "client_id": "shop", "client_secret": secret, "callback": callback, "stronger": "urn:stronger"}, tmp_path
        )
    finally:
        stop(peer)
    with serving(tmp_path, free_port(), "--demo") as issuer:
        demo = json.loads((tmp_path / "demo.json").read_text())
        strictly(tmp_path, demo["client_id"])
        ours = asked({**demo, "callback": f"{issuer}demo/callback", "stronger": MULTI_FACTOR}, tmp_path)
    assert ours == theirs
    assert len(ours) > 30
    assert not [fact for fact, said in ours.items() if str(said).startswith("failed") or said is False]
