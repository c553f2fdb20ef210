"""Chromium for tests: the system's own, driven by Playwright, cut off from everything but this machine."""

import base64
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import Browser, Page, Playwright

from tests.harness.process import program

# It calls home otherwise, whatever the --disable flags. Names under idp.test are this machine.
_HERE = "--host-resolver-rules=MAP idp.test 127.0.0.1,MAP *.idp.test 127.0.0.1,MAP * ~NOTFOUND,EXCLUDE localhost,EXCLUDE 127.0.0.1,EXCLUDE [::1]"
_AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"


def pin(certificate: bytes) -> str:
    """What the browser is told to trust: the digest of the public key of this certificate (PEM)."""
    key = x509.load_pem_x509_certificate(certificate).public_key()
    return base64.b64encode(hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()).decode()


async def launch(playwright: Playwright, pins: Iterable[str] = (), arguments: Iterable[str] = ()) -> Browser:
    """Start a browser that trusts the keys in `pins`; certificate errors are otherwise what they are for a user."""
    path = program("chromium", "chromium-browser", "google-chrome", install="run `make test`, or install Chromium")
    trust = ",".join(pins)
    return await playwright.chromium.launch(
        executable_path=path,
        chromium_sandbox=os.geteuid() != 0,  # as root it cannot make one
        args=[
            _HERE,
            "--disable-component-update",
            *([f"--ignore-certificate-errors-spki-list={trust}"] if trust else []),
            *arguments,
        ],
    )


async def audit(page: Page) -> list[str]:
    """Look at the page with axe-core; one line for each violation (WCAG 2.2 A and AA, and best practices)."""
    await page.evaluate(_AXE.read_text())  # works under `script-src 'self'`: no bypass, which would hide what is tested
    found: dict[str, Any] = await page.evaluate("axe.run()")
    return [f"{one['id']}: {one['help']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]
