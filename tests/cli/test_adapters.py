"""Clock, folder and certificates."""

import ssl
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509

from tests.harness.process import unused_port
from yett.adapters.clock import SteadyClock
from yett.adapters.folder import Folder
from yett.adapters.surroundings import certificate_ends, unreachable
from yett.adapters.tls import RENEWED_WITHIN, LocalAuthority, ends_at, names_of
from yett.config import Smtp

NOW = int(datetime(2026, 11, 24, tzinfo=UTC).timestamp())


class Walls:
    """Two clocks that are moved by hand."""

    wall, steady = 1000.0, 50.0

    def passes(self, seconds: float, wall: float | None = None) -> None:
        self.steady += seconds
        self.wall += seconds if wall is None else wall


def test_time_follows_the_wall_clock_forwards() -> None:
    walls = Walls()
    clock = SteadyClock(lambda: walls.wall, lambda: walls.steady)
    walls.passes(10)
    assert clock() == 1010
    walls.passes(1, wall=3600)
    assert clock() == 4610
    assert clock.ahead() == 0


def test_time_never_runs_backwards_and_meets_the_wall_clock_again() -> None:
    walls = Walls()
    clock = SteadyClock(lambda: walls.wall, lambda: walls.steady)
    walls.passes(0, wall=-60)
    assert clock() == 1000
    assert clock.ahead() == 60
    seen = []
    for _ in range(130):
        walls.passes(1)
        seen.append(clock())
    assert seen == sorted(seen)
    assert seen[59] == 1030
    assert seen[-1] == int(walls.wall)
    assert clock.ahead() == 0


def test_a_file_is_private_from_its_first_byte_on(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "a" / "b")
    folder.write("secret", b"one")
    folder.write("secret", b"two")
    assert folder.read("secret") == b"two"
    assert folder.mode("secret") == 0o600
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    assert [one.name for one in (tmp_path / "a" / "b").iterdir()] == ["secret"]


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.write("kept", b"whole")
    with pytest.raises(TypeError):
        folder.write("kept", "no bytes")  # type: ignore[arg-type]
    assert folder.read("kept") == b"whole"
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]


def test_a_file_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert Folder(tmp_path).read("nothing") is None
    assert Folder(tmp_path).mode("nothing") is None


@pytest.fixture
def authority(tmp_path: Path) -> LocalAuthority:
    return LocalAuthority(Folder(tmp_path))


def leaf(authority: LocalAuthority, host: str = "localhost", now: int = NOW) -> x509.Certificate:
    certificate, _ = authority.ensure(host, now)
    return x509.load_pem_x509_certificate(certificate.read_bytes())


def test_a_leaf_is_for_this_machine_and_the_issuers_host(authority: LocalAuthority, tmp_path: Path) -> None:
    made = leaf(authority, "id.yett.test")
    assert names_of(made) == {"localhost", "127.0.0.1", "::1", "id.yett.test"}
    context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    assert len(context.get_ca_certs()) == 1
    made.verify_directly_issued_by(x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes()))


def test_keys_are_their_owners_and_certificates_are_everybodys(authority: LocalAuthority, tmp_path: Path) -> None:
    authority.ensure("localhost", NOW)
    modes = {name: authority.folder.mode(name) for name in ("ca.pem", "ca.key", "tls.pem", "tls.key")}
    assert modes == {"ca.pem": 0o644, "ca.key": 0o600, "tls.pem": 0o600, "tls.key": 0o600}


def test_a_leaf_is_kept_until_it_nears_its_end(authority: LocalAuthority) -> None:
    made = leaf(authority)
    assert leaf(authority) == made
    assert leaf(authority, now=ends_at(made) - RENEWED_WITHIN - 1) == made
    renewed = leaf(authority, now=ends_at(made) - RENEWED_WITHIN)
    assert ends_at(renewed) > ends_at(made)


def test_another_host_gets_a_leaf_under_the_same_authority(authority: LocalAuthority) -> None:
    made = leaf(authority)
    trusted = authority.folder.read("ca.pem")
    assert "id.yett.test" in names_of(leaf(authority, "id.yett.test"))
    assert authority.folder.read("ca.pem") == trusted
    assert names_of(made) < names_of(leaf(authority, "id.yett.test"))


def test_a_certificate_says_when_it_ends_and_what_is_none_says_nothing(authority: LocalAuthority, tmp_path: Path) -> None:
    assert certificate_ends(tmp_path / "tls.pem") is None
    made = leaf(authority)
    assert certificate_ends(tmp_path / "tls.pem") == ends_at(made)
    (tmp_path / "tls.pem").write_text("nonsense")
    assert certificate_ends(tmp_path / "tls.pem") is None


def test_a_mail_provider_is_reached_without_sending_anything() -> None:
    provider = Controller(object(), hostname="127.0.0.1", port=unused_port())
    provider.start()
    try:
        assert unreachable(Smtp("127.0.0.1", provider.port, security="none")) == ""
        assert "STARTTLS" in unreachable(Smtp("127.0.0.1", provider.port))
        assert unreachable(Smtp("127.0.0.1", provider.port, security="none", username="u", password="p")) != ""
    finally:
        provider.stop()
    assert unreachable(Smtp("127.0.0.1", provider.port, security="none")) == "Connection refused"
