"""BLOBs of the metadata service: what is believed, and of whom (attacks: row 28)."""

from base64 import b64encode
from functools import partial
from typing import Any

import pytest

from tests.core.factors.webauthn.authenticator import MODEL, NOW, Maker, key_for
from tests.mds import DAY, Service, entry, png
from yett.adapters import mds
from yett.domain.model import Model
from yett.factors.webauthn.certificates import trusted

SERVICE, MAKER = Service(), Maker()
read = partial(mds.read, trusted)
ROOT = MAKER.root()


def test_what_the_service_has_signed_is_read() -> None:
    said = read(SERVICE.blob(entry(ROOT)), SERVICE.root, NOW)
    assert (said.no, said.vouches(NOW), said.vouches(NOW + 32 * DAY)) == (1, True, False)
    assert said.models == {MODEL.hex(): Model("Example Key 5", png(32, 32), (ROOT,), True, "")}


def tampered(blob: bytes) -> bytes:
    head, payload, signature = blob.split(b".")
    return b".".join((head, payload[:-1] + (b"A" if payload[-1:] != b"A" else b"B"), signature))


BENT: dict[str, Any] = {
    "tampered": lambda: tampered(SERVICE.blob(entry(ROOT))),
    "signed by another key": lambda: SERVICE.blob(entry(ROOT), by=key_for(-257)),
    "signed by another service": lambda: Service().blob(entry(ROOT)),
    "a certificate of another name by the same authority": lambda: SERVICE.blob(entry(ROOT), name="evil.test"),
    "a certificate that is over": lambda: SERVICE.blob(entry(ROOT), ends=NOW - 1),
    "no algorithm": lambda: SERVICE.blob(entry(ROOT), alg="none"),
    "an algorithm with a shared key": lambda: SERVICE.blob(entry(ROOT), alg="HS256"),
    "another key's algorithm": lambda: SERVICE.blob(entry(ROOT), alg="ES256"),
    "nothing": lambda: b"",
    "no BLOB": lambda: b"a.b.c",
    "an entry of another shape": lambda: SERVICE.blob({"aaguid": "no"}),
}


@pytest.mark.parametrize("what", BENT)
def test_what_the_service_has_not_signed_is_refused(what: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(BENT[what](), SERVICE.root, NOW)


def test_another_authority_may_be_told_to_sign() -> None:
    blob = SERVICE.blob(entry(ROOT), name="metadata.example.test")
    assert read(blob, SERVICE.root, NOW, "metadata.example.test").no == 1


@pytest.mark.parametrize(
    "status", ["REVOKED", "USER_VERIFICATION_BYPASS", "ATTESTATION_KEY_COMPROMISE", "USER_KEY_REMOTE_COMPROMISE", "USER_KEY_PHYSICAL_COMPROMISE"]
)
def test_a_status_of_distrust_is_kept_whatever_was_said_after_it(status: str) -> None:
    said = read(SERVICE.blob(entry(ROOT, statuses=(status, "UPDATE_AVAILABLE"))), SERVICE.root, NOW)
    assert (said.models[MODEL.hex()].distrusted, said.distrusted()) == (status, frozenset({MODEL}))


def test_keys_in_software_are_not_in_hardware() -> None:
    for protection, hardware in ((["software"], False), (["software", "tee"], False), (["hardware", "tee"], True), ([], False)):
        said = read(SERVICE.blob(entry(ROOT, keyProtection=protection)), SERVICE.root, NOW)
        assert said.models[MODEL.hex()].hardware == hardware


def test_a_root_that_cannot_be_read_spoils_nothing_and_elders_have_no_model() -> None:
    said = read(SERVICE.blob(entry(b"no certificate", ROOT), entry(ROOT, model=None), entry(model=None, statuses=("REVOKED",))), SERVICE.root, NOW)
    assert (said.models[MODEL.hex()].roots, said.elders) == ((ROOT,), (ROOT,))


def test_an_elder_that_is_trusted_no_longer_is_known_by_its_certificates() -> None:
    """Others lead to the same root, and are trusted as before."""
    revoked = {**entry(ROOT, model=None, statuses=("REVOKED",)), "attestationCertificateKeyIdentifiers": ["cd" * 20]}
    said = read(SERVICE.blob(entry(ROOT, model=None), revoked), SERVICE.root, NOW)
    assert (said.elders, said.withdrawn, said.distrusted()) == ((ROOT,), ("cd" * 20,), frozenset())


def test_an_entry_may_come_without_a_statement() -> None:
    bare = {name: value for name, value in entry(statuses=("REVOKED",)).items() if name != "metadataStatement"}
    assert read(SERVICE.blob(bare), SERVICE.root, NOW).models[MODEL.hex()] == Model(distrusted="REVOKED")


DATA = "data:image/png;base64,"


@pytest.mark.parametrize(
    "icon",
    [
        "data:image/svg+xml;base64," + b64encode(b"<svg onload='alert(1)'/>").decode(),
        DATA + b64encode(b"<svg onload='alert(1)'/>").decode(),
        DATA + b64encode(b"<svg onload=IHDR" + png(1, 1)[16:]).decode(),
        DATA + "no base64!",
        DATA + b64encode(png(1, 1) + bytes(64 * 1024)).decode(),
        DATA + b64encode(png(1000, 1)).decode(),
        DATA + b64encode(png(1, 1)[:14]).decode(),
        "https://tracker.test/icon.png",
        "",
    ],
)
def test_only_a_small_picture_is_a_picture(icon: str) -> None:
    assert read(SERVICE.blob(entry(ROOT, icon=icon)), SERVICE.root, NOW).models[MODEL.hex()].picture == b""
