"""`yett mds import`, as a command: BLOBs of a service of the tests' own, and a key whose model is revoked."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from tests.cli.running import Said, yett
from tests.core.factors.webauthn.authenticator import MODEL, Maker
from tests.mds import DAY, Service, entry
from yett.config import parse
from yett.domain.account import Account
from yett.domain.enrolment import Enrolment
from yett.factors.webauthn.credential import Credential
from yett.factors.webauthn.factor import state_of
from yett.main import begin, lay

OWNER = "auth0|ada"


async def has_a_key(folder: Path) -> None:
    """A store with one account, which has one key of this model."""
    ground = await lay(parse({"dir": str(folder)}, {}))
    try:
        await begin(ground, "http://localhost:8000/", demo=False)
        kept = Credential(b"id", b"key", 0, eligible=False, backed_up=False, verified=True, model=MODEL, attested=True, hardware=True, rp="localhost")
        one = Enrolment("webauthn-roaming|dev_1", OWNER, "webauthn-roaming", state_of(kept), lookup=b"id")
        assert await ground.store.open_account(Account(OWNER, "ada@example.test"), (one,), ())
    finally:
        await ground.store.close()


async def status(folder: Path) -> str:
    ground = await lay(parse({"dir": str(folder)}, {}))
    try:
        found = await ground.store.account(OWNER)
        assert found
        return found[1][0].status
    finally:
        await ground.store.close()


def test_editions_are_taken_refused_and_applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("YETT_DIR", "YETT_KEK", "YETT_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    now, folder = int(time.time()), tmp_path / "var"
    service, maker = Service(Maker(begins=now - 5 * DAY)), Maker()
    (tmp_path / "root.der").write_bytes(service.root)
    (tmp_path / "other.der").write_bytes(Maker(begins=now - 5 * DAY).root())
    asyncio.run(has_a_key(folder))

    def imports(*statuses: str, no: int = 1, due: int = now + 20 * DAY, bend: bool = False, root: str = "root.der") -> Said:
        blob = service.blob(entry(maker.root(), statuses=statuses), no=no, due=due)
        head, payload, signature = blob.split(b".")
        (tmp_path / "blob.jwt").write_bytes(b".".join((head, payload[:-2] + b"AA", signature)) if bend else blob)
        return yett("mds", "import", "blob.jwt", "--root", root, "--dir", str(folder), cwd=tmp_path)

    for refused, why in (
        (imports(bend=True), "cannot be read, or its signature is wrong"),
        (imports(root="other.der"), "do not lead to this root"),
        (imports(due=now - 2 * DAY), "out of date"),
    ):
        assert (refused.status, why in refused.err + refused) == (1, True), refused.err
    taken = imports(no=7)
    assert (taken.status, "edition 7: 1 models; 0 keys were taken out of use" in taken) == (0, True)
    assert asyncio.run(status(folder)) == "active"
    older = imports(no=6)
    assert (older.status, "older than 7" in older.err + older) == (1, True)
    revoked = imports("REVOKED", no=8)
    assert (revoked.status, "1 keys were taken out of use" in revoked) == (0, True)
    assert asyncio.run(status(folder)) == "suspended"
    found = json.loads(yett("doctor", "--json", "--dir", str(folder), cwd=tmp_path))
    assert next(one["level"] for one in found if one["name"] == "metadata") == "ok"
