"""Mail to a mail server that nobody here wrote: Debian's exim, with STARTTLS and AUTH."""

import asyncio
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
import trustme

from tests.harness.process import await_ready, program, start, stop, unprivileged, unused_port
from yett.adapters.deliver.smtp import Smtp
from yett.ports import Letter, Undelivered

MAIL = Letter("email", "ada@example.test", ".Text — mit Umlaut ä\n.\n.. und Punkten\n", "Grüße", "<p>ä</p>", "m1")
CONFIG = """
primary_hostname = localhost
exim_user = {user}
exim_group = {group}
spool_directory = {dir}/spool
log_file_path = {dir}/%slog
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts = *
tls_certificate = {dir}/leaf.pem
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = recipient
acl_smtp_data = accept
rfc1413_query_timeout = 0s
begin acl
recipient:
  require authenticated = *
  accept domains = example.test
  deny message = relay not permitted
begin routers
all:
  driver = accept
  transport = inbox
begin transports
inbox:
  driver = appendfile
  file = {dir}/inbox
  user = {user}
  group = {group}
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${{if and{{{{eq{{$auth2}}{{yett}}}}{{eq{{$auth3}}{{secret}}}}}}}}
  server_set_id = $auth2
"""


class Exim(NamedTuple):
    """Our side of it, and the folder that its mailbox lies in."""

    smtp: Smtp
    folder: Path


@pytest.fixture
def exim() -> Iterator[Exim]:
    """A server in a folder of its own, outside of pytest's: whom it runs as cannot enter there."""
    path, port, authority = program("exim4", "exim", "/usr/sbin/exim4", install="apt-get install exim4-daemon-light"), unused_port(), trustme.CA()
    own = unprivileged()
    user, group = own.get("user", os.getuid()), own.get("group", os.getgid())
    with TemporaryDirectory() as name:
        folder = Path(name)
        issued = authority.issue_cert("localhost")
        (folder / "leaf.pem").write_bytes(issued.private_key_and_cert_chain_pem.bytes())
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        (folder / "spool").mkdir()
        for file in (folder, *folder.iterdir()):
            os.chown(file, user, group)
        config = folder / "exim.conf"
        config.write_text(CONFIG.format(dir=folder, port=port, user=user, group=group))
        server = start([path, "-C", config, "-bdf", "-q1h"], folder / "out")
        await_ready(server, folder / "out", lambda: _answers(port))
        try:
            ours = Smtp("localhost", port, "Yett <no-reply@example.test>", username="yett", password="secret", ca=str(folder / "ca.pem"), timeout=10)
            yield Exim(ours, folder)
        finally:
            stop(server)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as line:
            return line.recv(3) == b"220"
    except OSError:
        return False


async def arrived(inbox: Path) -> bytes:
    """What lies in the mailbox, as soon as something does."""
    async with asyncio.timeout(20):
        while not inbox.exists() or not inbox.read_bytes().endswith(b"\n\n"):
            await asyncio.sleep(0.02)
    return inbox.read_bytes()


async def test_a_mail_arrives_as_it_was_written(exim: Exim) -> None:
    assert (await exim.smtp.send(MAIL)).reference.startswith("OK id=")
    envelope, _, text = (await arrived(exim.folder / "inbox")).partition(b"\n")
    assert envelope.startswith(b"From no-reply@example.test ")
    message = message_from_bytes(text, policy=policy.default)
    assert (message["to"], message["subject"], message["auto-submitted"]) == ("ada@example.test", "Grüße", "auto-generated")
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content() == MAIL.text
    assert "with esmtpsa" in message["received"]


async def test_it_refuses_a_wrong_password_for_now_and_a_foreign_recipient_for_good(exim: Exim) -> None:
    with pytest.raises(Undelivered) as wrong:
        await replace(exim.smtp, password="other").send(MAIL)
    assert not wrong.value.permanent
    with pytest.raises(Undelivered) as foreign:
        await exim.smtp.send(MAIL._replace(to="ada@elsewhere.test"))
    assert foreign.value.permanent
    assert not (exim.folder / "inbox").exists()
