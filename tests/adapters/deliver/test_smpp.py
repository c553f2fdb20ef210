"""SMPP against an SMSC of our own, which also says what the standard does not, and against Debian's Net::SMPP."""

import asyncio
import json
import logging
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import trustme

from tests.adapters.deliver.server import TEXT, Here
from tests.adapters.deliver.smsc import BIND, DELIVER, ENQUIRE, SUBMIT, UNBIND, Smsc, Submitted, delivery, listening
from tests.harness.process import program, start, stop
from yett.adapters.deliver.outbound import LOOPBACK, Means, Outbound
from yett.adapters.deliver.smpp import Smpp
from yett.ports import Receipt, Sent, Undelivered

PASSWORD = "s3cr3t"
NACK = 0x80000000


@asynccontextmanager
async def speaking(port: int, here: Here | None = None, **change: Any) -> AsyncIterator[Smpp]:
    """A provider, closed after the block."""
    one = cast("Smpp", (here or Here()).make("sms", "smpp", host="127.0.0.1", port=str(port), system_id="yett", password=PASSWORD, default_from="Yett"))
    one.waits = (0.0,)
    for name, value in change.items():
        setattr(one, name, value)
    yield one
    await one.close()


async def test_a_text_is_submitted_over_one_session_that_is_left_with_a_word() -> None:
    async with listening(Smsc()) as smsc:
        async with speaking(smsc.port) as one:
            assert await one.send(TEXT) == Sent("id-1")
            assert await one.send(TEXT._replace(text="notice", code="")) == Sent("id-2")
        assert smsc.binds == [["yett", PASSWORD, ""]]
        assert smsc.commands == [BIND, SUBMIT, SUBMIT, UNBIND]
    first, second = smsc.submitted
    assert first == Submitted((5, 0, "Yett"), (1, 1, "4915112345678"), 0, "000000000500000R", 1, 0, b"123456: Ihr Code f\x7er \x5eml\x7bute")
    assert (second.validity, second.body) == ("", b"notice")


@pytest.mark.parametrize("sender, kind", [("+4930123456", (1, 1, "4930123456")), ("70707", (3, 0, "70707")), ("Yett", (5, 0, "Yett"))])
async def test_a_sender_is_of_the_kind_that_it_looks_like(sender: str, kind: tuple[int, int, str]) -> None:
    async with listening(Smsc()) as smsc, speaking(smsc.port, default_from=sender) as one:
        await one.send(TEXT)
        assert smsc.submitted[0].source == kind


async def test_a_long_text_goes_in_parts_that_belong_together_and_the_last_has_the_receipt() -> None:
    async with listening(Smsc()) as smsc, speaking(smsc.port) as one:
        assert await one.send(TEXT._replace(text="😀 lang " * 40)) == Sent("id-5")
    assert [(part.kind, part.coding, part.registered) for part in smsc.submitted] == [(0x40, 8, 0)] * 4 + [(0x40, 8, 1)]
    assert len({part.body[3] for part in smsc.submitted}) == 1
    assert b"".join(part.body[6:] for part in smsc.submitted).decode("utf-16-be") == "😀 lang " * 40


@pytest.mark.parametrize(
    "status, permanent", [(0x0B, True), (0x01, True), (0x58, False), (0x14, False), (0x08, False), (0x0A, False), (0x45, False), (0x400, False)]
)
async def test_a_refusal_is_final_where_the_number_is_at_fault_and_costs_no_session(status: int, permanent: bool) -> None:
    """0x400 and above are an SMSC's own."""
    async with listening(Smsc(statuses=[status])) as smsc, speaking(smsc.port) as one:
        with pytest.raises(Undelivered) as told:
            await one.send(TEXT)
        assert (told.value.permanent, str(told.value)) == (permanent, f"smpp: refused ({status:#x})")
        assert await one.send(TEXT) == Sent("id-2")
        assert len(smsc.binds) == 1


async def test_a_bind_that_is_refused_is_said_to_be_and_tried_again_with_the_next_text() -> None:
    async with listening(Smsc(bind=0x0E)) as smsc, speaking(smsc.port) as one:
        with pytest.raises(Undelivered, match=r"^smpp: bind refused \(0xe\)$"):
            await one.send(TEXT)
        smsc.bind = 0
        assert await one.send(TEXT) == Sent("id-1")


async def test_an_smsc_that_is_down_is_not_the_end_and_is_bound_to_again_when_it_is_back(free_port: Any) -> None:
    smsc = Smsc(port=free_port())
    async with speaking(smsc.port) as one:
        with pytest.raises(Undelivered, match="ConnectionRefusedError") as told:
            await one.send(TEXT)
        assert not told.value.permanent
        async with listening(smsc):
            assert await one.send(TEXT) == Sent("id-1")
        async with listening(smsc):
            # Nothing is sent: whoever waits for receipts binds again by itself.
            async with asyncio.timeout(5):
                await smsc.bound.wait()
            assert await one.send(TEXT) == Sent("id-2")
            assert len(smsc.binds) == 2


async def test_a_text_that_is_underway_when_the_session_breaks_goes_to_the_next_provider() -> None:
    async with listening(Smsc(mute=True)) as smsc, speaking(smsc.port, waits=(60.0,)) as one:
        sending = asyncio.create_task(one.send(TEXT))
        await smsc.when(SUBMIT)
        smsc.sessions[0].close()
        with pytest.raises(Undelivered, match=r"^smpp: ConnectionResetError$") as told:
            await sending
        assert not told.value.permanent


async def test_an_smsc_that_says_nothing_any_more_is_left() -> None:
    async with listening(Smsc()) as smsc, speaking(smsc.port, alive=0.01) as one:
        await one.send(TEXT)
        await smsc.when(ENQUIRE, 2)
        assert len(smsc.binds) == 1
        link = cast("Any", one)._link
        smsc.mute, link.patience = True, 0.01
        async with asyncio.timeout(5):
            await link.over.wait()


def receipt(text: str) -> str:
    return f"id:id-1 sub:001 dlvrd:001 submit date:2611241500 done date:2611241501 {text}"


TOLD = [
    (delivery(receipt("stat:DELIVRD err:000 text:123456 is")), Receipt("id-1", "delivered")),
    (delivery(receipt("stat:UNDELIV err:00A text:")), Receipt("id-1", "failed", "UNDELIV A")),
    (delivery("id:id-1 submit date:261124150000 done date:261124150003 stat:EXPIRED err:000"), Receipt("id-1", "failed", "EXPIRED")),
    (delivery("", extra=b"\x00\x1e\x00\x05id-1\0" + b"\x04\x27\x00\x01\x02"), Receipt("id-1", "delivered")),
    (delivery("", extra=b"\x04\x24\x00\x1aid:id-1 stat:REJECTD err:1"), Receipt("id-1", "failed", "REJECTD 1")),
    (delivery(receipt("stat:ACCEPTD err:000")), None),
    (delivery(receipt("stat:DELIVRD"), kind=0), None),
    (delivery("id:id-1 stat:UNDELIV text:id:id-9 stat:DELIVRD"), Receipt("id-1", "failed", "UNDELIV")),
    (delivery("nonsense"), None),
    (b"\xff" * 40, None),
    (b"", None),
    (delivery("")[:-1], None),
    (delivery("", extra=b"\x04\x24\xff\xffid:"), None),
]


@pytest.mark.parametrize("body, told", TOLD)
async def test_a_receipt_is_told_of_and_whatever_cannot_be_read_costs_no_session(body: bytes, told: Receipt | None) -> None:
    here = Here()
    async with listening(Smsc()) as smsc, speaking(smsc.port, here) as one:
        await one.send(TEXT)
        assert await smsc.deliver(body) == (DELIVER | NACK, 0)
        assert here.receipts == ([told] if told else [])
        assert await one.send(TEXT) == Sent("id-2")
        assert len(smsc.binds) == 1


async def test_a_receipt_that_could_not_be_kept_is_brought_again() -> None:
    def broken(_: Receipt) -> None:
        raise RuntimeError

    here = Here()
    here.means = Means(here.outbound, here.means.clock, "", broken)
    async with listening(Smsc()) as smsc, speaking(smsc.port, here) as one:
        await one.send(TEXT)
        assert await smsc.deliver(delivery(receipt("stat:DELIVRD"))) == (DELIVER | NACK, 0x64)


async def test_a_command_that_we_do_not_know_is_said_to_be_one() -> None:
    async with listening(Smsc()) as smsc, speaking(smsc.port) as one:
        await one.send(TEXT)
        smsc.write(smsc.sessions[0], 0x103, 0, 5, b"")
        await smsc.when(NACK)
        assert smsc.answers == [(NACK, 0x03)]


async def test_an_unbind_by_the_smsc_is_answered_and_the_next_text_binds_again() -> None:
    async with listening(Smsc()) as smsc, speaking(smsc.port) as one:
        await one.send(TEXT)
        smsc.write(smsc.sessions[0], UNBIND, 0, 5, b"")
        await smsc.when(UNBIND | NACK)
        assert await one.send(TEXT) == Sent("id-2")


@pytest.mark.parametrize("length", [0, 15, 2**31])
async def test_a_length_that_cannot_be_ends_the_session_and_not_the_memory(length: int) -> None:
    async with listening(Smsc()) as smsc, speaking(smsc.port, waits=(60.0,)) as one:
        await one.send(TEXT)
        smsc.sessions[0].write(length.to_bytes(4) + bytes(12))
        async with asyncio.timeout(5):
            await cast("Any", one)._link.over.wait()


async def test_a_session_is_kept_from_others_by_tls_and_the_smsc_must_be_who_it_says(tmp_path: Path) -> None:
    ca, server = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(server)
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with listening(Smsc(), server) as smsc:
        async with speaking(smsc.port, tls=True, host="localhost", ca=str(tmp_path / "ca.pem")) as one:
            assert await one.send(TEXT) == Sent("id-1")
        for host, ca_file in (("localhost", None), ("127.0.0.1", str(tmp_path / "ca.pem"))):
            async with speaking(smsc.port, tls=True, host=host, ca=ca_file) as one:
                with pytest.raises(Undelivered, match="SSLCertVerificationError"):
                    await one.send(TEXT)
        assert len(smsc.binds) == 1


async def test_row_20_an_inner_address_is_not_bound_to() -> None:
    here = Here(allowed=())
    async with listening(Smsc()) as smsc, speaking(smsc.port, here) as one:
        with pytest.raises(Undelivered, match="not public"):
            await one.send(TEXT)
        assert smsc.sessions == []


async def test_neither_the_password_nor_the_text_is_logged_or_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with listening(Smsc(statuses=[0x0B])) as smsc, speaking(smsc.port) as one:
        with pytest.raises(Undelivered) as told:
            await one.send(TEXT)
        await one.send(TEXT)
    for secret in (PASSWORD, "123456", TEXT.to):
        assert secret not in caplog.text + str(told.value) + repr(one)


async def test_debians_net_smpp_understands_what_we_say_and_we_its_receipts(tmp_path: Path, free_port: Any) -> None:
    """An SMSC on a codec that nobody here wrote (libnet-smpp-perl)."""
    perl, port, log = program("perl", install="apt-get install perl"), free_port(), tmp_path / "log"
    found = subprocess.run([perl, "-MNet::SMPP", "-e", "1"], capture_output=True, check=False)
    assert found.returncode == 0, "libnet-smpp-perl is missing: apt-get install libnet-smpp-perl"
    server = start([perl, str(Path(__file__).with_name("smsc.pl")), str(port)], log)
    told: asyncio.Queue[Receipt] = asyncio.Queue()
    here = Here()
    here.means = Means(Outbound(LOOPBACK), here.means.clock, "", told.put_nowait)
    try:
        async with speaking(port, here) as one, asyncio.timeout(20):
            while True:
                try:
                    first = await one.send(TEXT)
                except Undelivered:
                    await asyncio.sleep(0)
                else:
                    break
            assert await told.get() == Receipt(first.reference, "delivered")
            second = await one.send(TEXT._replace(text="😀" * 50, to="+4915100000000"))
            assert await told.get() == Receipt(second.reference, "failed", "UNDELIV 1")
    finally:
        stop(server)
    bind, *texts = [json.loads(line) for line in log.read_text().splitlines()]
    assert bind == {"system_id": "yett", "password": PASSWORD}
    assert [(one["to"], one["coding"], one["kind"]) for one in texts] == [("4915112345678", 0, 0)] + [("4915100000000", 8, 0x40)] * 2
    assert bytes.fromhex(texts[0]["text"]).startswith(b"123456: Ihr Code")
    assert "".join(bytes.fromhex(one["text"])[6:].decode("utf-16-be") for one in texts[1:]) == "😀" * 50
