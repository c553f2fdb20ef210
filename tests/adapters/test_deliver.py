"""Messages: their words, SMTP against a real server, and what happens when a provider fails."""

import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from yett.adapters.deliver.compose import compose
from yett.adapters.deliver.smtp import Smtp
from yett.adapters.deliver.words import LANGUAGES
from yett.adapters.sql.opening import open_store
from yett.domain.enrolment import Message
from yett.flows.deliver import Carrier
from yett.ports import Mail, Undelivered

NOTE = Message("email", "ada@example.test", "factor_added", "en", {"factor": "totp"})
MAIL = Mail("ada@example.test", "Grüße", "Text — mit Umlaut ä\n", "<p>ä</p>")


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("template", sorted(LANGUAGES["en"]))
def test_every_message_has_words_in_every_language(language: str, template: str) -> None:
    mail = compose(Message("email", "ada@example.test", template, language, {"minutes": "5", "factor": "totp"}), "123456")
    assert mail.subject
    assert "{" not in mail.subject + mail.text + mail.html
    assert ("123456" in mail.text) is (template in {"mfa_code", "email_verification"})
    assert set(LANGUAGES["de"]) == set(LANGUAGES["en"])


@pytest.mark.parametrize("evil", ["x\r\nBcc: all@example.test", "x\nSubject: other", "x\u2028y", "<script>alert(1)</script>"])
def test_row_22_a_value_is_neither_a_header_nor_markup(evil: str) -> None:
    mail = compose(Message("email", "ada@example.test" + evil, "factor_added", "en", {"factor": evil}), "")
    assert "\n" not in mail.to + mail.subject
    assert "\r" not in mail.to + mail.subject
    assert "<script>" not in mail.html


class Mailbox:
    """A real SMTP server's side: what arrived, and what it refuses."""

    def __init__(self, refuses: str = "") -> None:
        self.arrived: list[bytes] = []
        self.refuses = refuses

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refuses.startswith(("4", "5")):
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.arrived.append(envelope.content)
        return "250 taken"


AUTHORITY = trustme.CA()
LEAF = AUTHORITY.issue_cert("localhost", "127.0.0.1")


@contextmanager
def server(mailbox: Mailbox, *, tls: bool = True) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    LEAF.configure_cert(context)

    def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"yett", b"secret"))

    more: dict[str, Any] = {"tls_context": context, "require_starttls": True, "authenticator": authenticator, "auth_required": True} if tls else {}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **more)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return str(path)


def smtp(port: int, authority: str, **change: Any) -> Smtp:
    return Smtp(
        **{
            "host": "localhost",
            "port": port,
            "sender": "Yett <no-reply@example.test>",
            "username": "yett",
            "password": "secret",
            "ca": authority,
            "timeout": 1.0,
            **change,
        }
    )


async def test_a_mail_arrives_by_starttls_and_auth_as_it_was_written(authority: str) -> None:
    mailbox = Mailbox()
    with server(mailbox) as port:
        assert "taken" in await smtp(port, authority).send(MAIL)
    message = message_from_bytes(mailbox.arrived[0], policy=policy.default)
    assert (message["to"], message["subject"], message["auto-submitted"]) == ("ada@example.test", "Grüße", "auto-generated")
    body = message.get_body(("plain",))
    assert body is not None
    assert "Umlaut ä" in body.get_content()


@pytest.mark.parametrize("change", [{"password": "wrong", "timeout": 1.0}, {"ca": None}, {"security": "none"}])
async def test_nothing_is_sent_to_a_server_that_is_not_who_it_should_be(authority: str, change: dict[str, Any]) -> None:
    mailbox = Mailbox()
    with server(mailbox) as port, pytest.raises(Undelivered) as told:
        await smtp(port, authority, **change).send(MAIL)
    assert not told.value.permanent
    assert mailbox.arrived == []


@pytest.mark.parametrize("refuses, permanent", [("450 busy", False), ("550 no such user", True)])
async def test_a_refused_recipient_is_final_and_a_busy_server_is_not(authority: str, refuses: str, permanent: bool) -> None:
    with server(Mailbox(refuses)) as port, pytest.raises(Undelivered) as told:
        await smtp(port, authority).send(MAIL)
    assert told.value.permanent is permanent


class Clock:
    now = 1000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
async def store(tmp_path: Any) -> AsyncIterator[Any]:
    found = await open_store("memory:", directory=tmp_path)
    yield found
    await found.close()


def carrier(store: Any, *senders: Any) -> Carrier:
    return Carrier(store, senders, compose, Clock(), lambda *_: None)


async def test_the_second_provider_carries_what_the_first_does_not_and_once(store: Any, authority: str, free_port: Callable[[], int]) -> None:
    first, second = Mailbox("451 later"), Mailbox()
    await store.record((), (NOTE,), 1000)
    with server(first) as port, server(second) as other:
        down = smtp(free_port(), authority)
        here = carrier(store, down, smtp(port, authority), smtp(other, authority))
        assert await here.carry() == 1
        assert await here.carry() == 0
    assert len(second.arrived) == 1
