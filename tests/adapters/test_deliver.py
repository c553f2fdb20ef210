"""Messages: their words, SMTP against a real server, and what happens when a provider fails."""

import asyncio
import os
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.errors import MessageError
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from hypothesis import given
from hypothesis import strategies as st

import yett
from tests.carrying import carrier
from yett.adapters.deliver.compose import compose
from yett.adapters.deliver.outbound import LOOPBACK, Outbound
from yett.adapters.deliver.smtp import Smtp, as_message
from yett.adapters.deliver.words import LANGUAGES, METHODS
from yett.adapters.sql.opening import open_store
from yett.domain.enrolment import Message
from yett.ports import Letter, Undelivered

MAIL = Letter("email", "ada@example.test", "Text — mit Umlaut ä\n", "Grüße", "<p>ä</p>", "m1")
TEMPLATES = sorted(set(LANGUAGES["en"]) - {""})


def note(template: str = "factor_added", locale: str = "en", to: str = "ada@example.test", **data: str) -> Message:
    return Message("email", to, template, locale, data)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_message_has_words_in_every_language(language: str, template: str) -> None:
    mail = compose(note(template, language, minutes="5", factor="otp", client="Web shop"), "123456")
    assert mail.subject
    assert "{" not in mail.subject + mail.text + mail.html
    assert ("123456" in mail.text) is ("123456" in mail.subject) is (template in {"mfa_code", "email_verification"})
    assert f'<html lang="{language}">' in mail.html
    assert set(LANGUAGES["de"]) == set(LANGUAGES["en"])
    assert set(METHODS["de"]) == set(METHODS["en"])


def test_every_template_that_is_named_has_words() -> None:
    """What the flows and factors call by name, found in their text, so that a new one is not forgotten."""
    rooms = [Path(yett.__file__).parent / room for room in ("flows", "factors")]
    text = "\n".join(file.read_text() for room in rooms for file in room.rglob("*.py"))
    named = set(re.findall(r'(?:Message\("email", [^",]+, |_notice\(|happened\.append\()"(\w+)"', text))
    assert {"factor_added", "factor_removed", "email_changed", "factors_locked", "remembered_revoked"} <= named
    assert named <= set(TEMPLATES)


def test_a_language_that_we_do_not_speak_is_english_and_a_region_is_no_language() -> None:
    assert compose(note(locale="fr"), "") == compose(note(), "")
    assert compose(note(locale="de-AT"), "") == compose(note(locale="de_CH"), "") == compose(note(locale="DE"), "")
    assert compose(note(locale="de"), "") != compose(note(), "")


def test_a_code_is_said_with_who_asks_for_it_and_how_long_it_is_good_for() -> None:
    text = compose(note("mfa_code", minutes="5", client="Web shop"), "012345").text
    assert "\n012345\n" in text
    assert "Web shop" in text
    assert "5 minutes" in text


def test_what_a_message_was_not_told_is_left_out_of_its_words() -> None:
    assert "asked for it at" not in compose(note("mfa_code", minutes="5"), "012345").text
    assert "authenticator app" in compose(note(factor="otp"), "").text
    assert "somethingnew" in compose(note(factor="somethingnew"), "").text


def test_a_template_without_words_is_a_notice_all_the_same() -> None:
    assert compose(note("from_a_later_version"), "").subject == "A security notice about your account"


EVIL = ["x\r\nBcc: all@example.test", "x\nSubject: other", "x\u2028y", "x\x85y", "<script>alert(1)</script>", "=?utf-8?q?=0d=0aBcc:_all?=", "{code}"]


@pytest.mark.parametrize("evil", EVIL)
def test_row_22_a_value_is_neither_a_header_nor_markup_nor_a_template(evil: str) -> None:
    mail = compose(note("mfa_code", minutes=evil, client=evil, to="ada@example.test" + evil), "123456")
    assert (mail.to + mail.subject).isprintable()
    assert "<script>" not in mail.html
    assert mail.text.count("123456") == 1


@pytest.mark.parametrize("evil", EVIL[:4] + EVIL[5:6])
def test_row_22_no_provider_is_given_a_header_of_two_lines(evil: str) -> None:
    """Whatever composed it: the standard library lets a line break pass that is written as an encoded word."""
    for mail in (MAIL._replace(subject=evil), MAIL._replace(to=evil), MAIL._replace(to=f"{evil}@example.test")):
        with pytest.raises((ValueError, IndexError)):
            as_message(mail, "Yett <no-reply@example.test>")


@given(st.text(), st.text())
def test_row_22_the_headers_are_ours_whatever_a_message_says(to: str, said: str) -> None:
    mail = compose(note("factor_added", to=to, factor=said, client=said), "")
    with suppress(ValueError, IndexError, MessageError):
        sent = as_message(mail, "Yett <no-reply@example.test>").as_bytes()
        read = message_from_bytes(sent, policy=policy.SMTP)
        assert read.keys() == ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"]
        assert len(read["to"].addresses) == 1


@pytest.mark.parametrize(
    "to", [".:", "ada@example.test, eve@example.test", "ada@example.test;eve@example.test", "g:eve@example.test;", "Ada <ada@example.test>", "", "@", "a@"]
)
async def test_what_is_not_one_address_is_told_to_no_server(to: str) -> None:
    with pytest.raises(Undelivered) as told:
        await Smtp("127.0.0.1", 1, "no-reply@example.test").send(MAIL._replace(to=to))
    assert told.value.permanent


def test_a_message_has_the_same_name_at_every_try_and_no_other_has_it() -> None:
    names = [as_message(mail, "Yett <no-reply@example.test>")["message-id"] for mail in (MAIL, MAIL, MAIL._replace(id="m2"))]
    assert names[0] == names[1] != names[2]
    assert names[0].endswith("@example.test>")


class Mailbox:
    """A real SMTP server's side: what arrived, and what it refuses."""

    def __init__(self, refuses: str = "", data: str = "250 taken") -> None:
        self.arrived: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.refuses, self.data = refuses, data

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.refuses.startswith(("4", "5")):
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.data.startswith("2"):
            self.arrived.append(envelope.content)
            self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        return self.data


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


async def test_the_envelope_is_one_recipient_and_our_address(authority: str) -> None:
    mailbox = Mailbox()
    with server(mailbox) as port:
        await smtp(port, authority).send(MAIL._replace(to="grüße@example.test"))
    assert mailbox.envelopes == [("no-reply@example.test", ["grüße@example.test"])]


async def test_row_20_a_mail_goes_where_its_server_was_checked_to_be_and_nowhere_inside(authority: str) -> None:
    mailbox = Mailbox()
    with server(mailbox) as port:
        assert "taken" in await smtp(port, authority, outbound=Outbound(LOOPBACK)).send(MAIL)
        for outbound, change in ((Outbound(), {}), (Outbound(LOOPBACK), {"ca": None})):
            with pytest.raises(Undelivered) as told:
                await smtp(port, authority, outbound=outbound, **change).send(MAIL)
            assert not told.value.permanent
    assert len(mailbox.arrived) == 1


REFUSALS = [
    (Mailbox("450 busy"), False),
    (Mailbox("550 5.1.1 no such user ada@example.test"), True),
    (Mailbox(data="451 later"), False),
    (Mailbox(data="554 5.7.1 looks like spam to ada@example.test"), True),
]


@pytest.mark.parametrize("mailbox, permanent", REFUSALS)
async def test_what_a_server_refuses_for_good_is_told_apart_from_what_it_refuses_for_now(authority: str, mailbox: Mailbox, permanent: bool) -> None:
    with server(mailbox) as port, pytest.raises(Undelivered) as told:
        await smtp(port, authority).send(MAIL)
    assert told.value.permanent is permanent
    assert "ada" not in str(told.value)
    assert str(told.value).startswith("localhost: ")


def lingering(listening: socket.socket) -> None:
    """A server that takes one mail by TLS, says goodbye and keeps the line. Raises TimeoutError unless the client hangs up by itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    LEAF.configure_cert(context)
    with context.wrap_socket(listening.accept()[0], server_side=True) as tls, tls.makefile("rwb", buffering=0) as words:
        words.write(b"220 here\r\n")
        heard = b""
        while heard != b"QUIT\r\n":
            heard = words.readline()
            if heard == b"DATA\r\n":
                words.write(b"354 go on\r\n")
                while words.readline() != b".\r\n":
                    pass
            words.write(b"221 bye\r\n" if heard == b"QUIT\r\n" else b"250 yes\r\n")
        # Beneath TLS, so that its last word is not answered.
        with socket.socket(fileno=os.dup(tls.fileno())) as line, suppress(ConnectionResetError):
            line.settimeout(5)
            while line.recv(4096):
                pass


async def test_no_connection_waits_for_the_last_word_of_a_server_that_has_none(authority: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        hung_up = asyncio.create_task(asyncio.to_thread(lingering, listening))
        await smtp(listening.getsockname()[1], authority, security="tls", username="", timeout=5.0).send(MAIL)
        await hung_up


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that takes the connection and then says nothing."""
    await reader.read()
    writer.close()


@pytest.fixture
async def store(tmp_path: Any) -> AsyncIterator[Any]:
    found = await open_store("memory:", directory=tmp_path)
    yield found
    await found.close()


FIRST = ["down", "silent", "450 busy", "451 data", "550 5.7.1 not from you", "554 data", "stranger"]


@pytest.mark.parametrize("first", FIRST)
async def test_the_second_provider_carries_what_the_first_does_not_and_once(store: Any, authority: str, free_port: Callable[[], int], first: str) -> None:
    other, second = Mailbox("" if "data" in first else first, data=first if "data" in first else "250 taken"), Mailbox()
    await store.record((), (note(factor="otp"),), 1000)
    mute = await asyncio.start_server(silent, "127.0.0.1", 0)
    with server(other) as answering, server(second) as good:
        port = {"down": free_port(), "silent": mute.sockets[0].getsockname()[1]}.get(first, answering)
        change = {"password": "wrong"} if first == "stranger" else {"timeout": 0.2} if first == "silent" else {}
        providers = (smtp(port, authority, **change), smtp(good, authority))
        here = carrier(store, providers, lambda: 1000)
        assert await here.carry() == 1
        assert await here.carry() == 0
    mute.close()
    await mute.wait_closed()
    assert (len(other.arrived), len(second.arrived)) == (0, 1)
    assert sorted(outcome for _, _, outcome in here.counts.elements()) == ["refused", "sent"]
