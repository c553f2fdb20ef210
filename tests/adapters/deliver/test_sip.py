"""SIP, against Debian's sipp: calls that are answered, refused, left ringing and hung up, and the voice in them."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.deliver.server import CALL
from tests.adapters.deliver.sipp import answers, hears, proves, says, telephone
from yett.adapters.deliver.outbound import LOOPBACK, Means, Outbound
from yett.adapters.deliver.rtp import FRAME, RECORDINGS, packets, speech
from yett.adapters.deliver.sip import Sip
from yett.adapters.deliver.sip_message import SipMessage, answered, proof, read, written
from yett.ports import Receipt, Undelivered

PASSWORD = "s3cret-of-the-trunk"
CHALLENGE = 'WWW-Authenticate: Digest realm="trunk.test", nonce="n0nce", qop="auth", algorithm={}\n'


class Ear(asyncio.DatagramProtocol):
    """Where the voice arrives."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.packets.append(data)


@asynccontextmanager
async def ear() -> AsyncIterator[tuple[Ear, int]]:
    transport, one = await asyncio.get_running_loop().create_datagram_endpoint(Ear, local_addr=("127.0.0.1", 0))
    yield one, transport.get_extra_info("sockname")[1]
    transport.close()
    await asyncio.sleep(0)


class Caller:
    """A provider, and what it told of its calls."""

    def __init__(self, port: int, **change: Any) -> None:
        self.told: asyncio.Queue[Receipt] = asyncio.Queue()
        means = Means(Outbound(change.pop("allowed", LOOPBACK)), lambda: 0, "", self.told.put_nowait)
        how = {"username": "yett", "password": PASSWORD, "pace": 0.0, "t1": 0.05, **change}
        self.sip = Sip(means, "127.0.0.1", "+4930123456", port, **how)

    async def receipt(self) -> Receipt:
        async with asyncio.timeout(20):
            return await self.told.get()


async def test_a_call_is_proven_answered_and_spoken_into_frame_by_frame(tmp_path: Path, free_port: Callable[[], int]) -> None:
    letter = CALL._replace(locale="de")
    audio, _ = speech(letter)
    async with ear() as (heard, port):
        steps = [
            hears("INVITE"),
            says("401 Unauthorized", CHALLENGE.format("MD5")),
            hears("ACK"),
            *proves("yett", PASSWORD),
            says("100 Trying"),
            says("180 Ringing"),
            answers(port),
            hears("ACK"),
            hears("BYE"),
            says("200 OK"),
        ]
        async with telephone(tmp_path, free_port(), *steps) as phone:
            caller = Caller(phone.port)
            sent = await caller.sip.send(letter)
            assert await caller.receipt() == Receipt(sent.reference, "delivered")
            assert await phone.status() == 0, phone.log.read_text()
    # Every frame that was sent, none twice, in order, by one source, and together what was to be said.
    heads = [struct.unpack(">BBHII", one[:12]) for one in heard.packets]
    assert len(heads) == len(audio) // FRAME
    assert {(first, source) for first, _, _, _, source in heads} == {(0x80, heads[0][4])}
    assert [kind for _, kind, *_ in heads] == [0x80] + [0] * (len(heads) - 1)
    assert all((after[2] - before[2]) % 2**16 == 1 for before, after in pairwise(heads))
    assert all((after[3] - before[3]) % 2**32 == FRAME for before, after in pairwise(heads))
    assert b"".join(one[12:] for one in heard.packets) == audio


@pytest.mark.parametrize(
    "status, permanent",
    [
        ("404 Not Found", True),
        ("484 Address Incomplete", True),
        ("604 Nowhere", True),
        ("486 Busy Here", False),
        ("480 Gone", False),
        ("503 Unavailable", False),
        ("603 Decline", False),
    ],
)
async def test_a_refusal_before_it_rings_is_final_where_the_number_is_at_fault(
    tmp_path: Path, free_port: Callable[[], int], status: str, permanent: bool
) -> None:
    async with telephone(tmp_path, free_port(), hears("INVITE"), says("100 Trying"), says(status), hears("ACK")) as phone:
        with pytest.raises(Undelivered) as told:
            await Caller(phone.port).sip.send(CALL)
        assert await phone.status() == 0
    assert (told.value.permanent, str(told.value)) == (permanent, f"sip: {status[:3]}")


async def test_a_wrong_password_is_given_once_and_never_said(tmp_path: Path, free_port: Callable[[], int]) -> None:
    steps = [hears("INVITE"), says("401 No", CHALLENGE.format("MD5")), hears("ACK"), hears("INVITE"), says("401 No", CHALLENGE.format("MD5")), hears("ACK")]
    async with telephone(tmp_path, free_port(), *steps) as phone:
        caller = Caller(phone.port, password="wrong-one")
        with pytest.raises(Undelivered, match=r"^sip: 401$") as told:
            await caller.sip.send(CALL)
        assert await phone.status() == 0
    assert not told.value.permanent
    assert "wrong-one" not in repr(caller.sip)


async def test_a_call_that_nobody_answers_is_cancelled_and_told_of(tmp_path: Path, free_port: Callable[[], int]) -> None:
    steps = [hears("INVITE"), says("180 Ringing"), hears("CANCEL"), says("200 OK"), cancelled(), hears("ACK")]
    async with telephone(tmp_path, free_port(), *steps) as phone:
        caller = Caller(phone.port, rings=0.05)
        sent = await caller.sip.send(CALL)
        assert await caller.receipt() == Receipt(sent.reference, "failed", "nobody answered")
        assert await phone.status() == 0, phone.log.read_text()


async def test_a_call_that_is_answered_while_it_is_cancelled_is_hung_up(tmp_path: Path, free_port: Callable[[], int]) -> None:
    async with ear() as (heard, port):
        steps = [hears("INVITE"), says("180 Ringing"), hears("CANCEL"), says("200 OK"), cancelled("200 OK", port), hears("ACK"), hears("BYE"), says("200 OK")]
        async with telephone(tmp_path, free_port(), *steps) as phone:
            caller = Caller(phone.port, rings=0.05)
            await caller.sip.send(CALL)
            assert (await caller.receipt()).outcome == "failed"
            assert await phone.status() == 0, phone.log.read_text()
        assert heard.packets == []


async def test_a_call_that_another_provider_takes_over_does_not_ring_on(tmp_path: Path, free_port: Callable[[], int]) -> None:
    steps = [hears("INVITE"), says("100 Trying"), hears("CANCEL"), says("200 OK"), cancelled(), hears("ACK")]
    async with telephone(tmp_path, free_port(), *steps) as phone:
        caller = Caller(phone.port)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await caller.sip.send(CALL)
        assert await phone.status() == 0, phone.log.read_text()


async def test_busy_after_it_rang_is_told_of(tmp_path: Path, free_port: Callable[[], int]) -> None:
    async with telephone(tmp_path, free_port(), hears("INVITE"), says("180 Ringing"), says("486 Busy Here"), hears("ACK")) as phone:
        caller = Caller(phone.port)
        sent = await caller.sip.send(CALL)
        assert await caller.receipt() == Receipt(sent.reference, "failed", "486")


BYE = """<send><![CDATA[
BYE sip:x@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:peer@x>;tag=peer[call_number]
To: <sip:x@x>
[last_Call-ID:]
CSeq: 9 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>"""


@pytest.mark.parametrize("how", ["at once", "in the end"])
async def test_whoever_hangs_up_before_the_code_was_said_has_not_heard_it(tmp_path: Path, free_port: Callable[[], int], how: str) -> None:
    async with ear() as (heard, port):
        steps = [hears("INVITE"), answers(port), hears("ACK"), *([BYE, '<recv response="200"/>'] if how == "at once" else [hears("BYE"), says("200 OK")])]
        async with telephone(tmp_path, free_port(), *steps) as phone:
            # A pace at which nothing is said before the other side has hung up.
            caller = Caller(phone.port, pace=10.0 if how == "at once" else 0.0)
            sent = await caller.sip.send(CALL)
            assert await caller.receipt() == Receipt(sent.reference, *(("failed", "hung up") if how == "at once" else ("delivered", "")))
            assert await phone.status() == 0, phone.log.read_text()
        assert len(heard.packets) == (1 if how == "at once" else len(speech(CALL)[0]) // FRAME)


@pytest.mark.parametrize("host, voice, told", [("127.0.0.1", "8 18", "no common voice"), ("10.0.0.1", "0", "an address that is not public")])
async def test_row_20_a_voice_goes_to_no_inner_address_and_in_no_other_form(
    tmp_path: Path, free_port: Callable[[], int], host: str, voice: str, told: str
) -> None:
    steps = [hears("INVITE"), answers(4000, host, voice), hears("ACK"), hears("BYE"), says("200 OK")]
    async with telephone(tmp_path, free_port(), *steps) as phone:
        caller = Caller(phone.port)
        sent = await caller.sip.send(CALL)
        assert await caller.receipt() == Receipt(sent.reference, "failed", told)
        assert await phone.status() == 0


async def test_row_20_a_trunk_at_an_inner_address_is_not_called() -> None:
    with pytest.raises(Undelivered, match="not public"):
        await Caller(1, allowed=()).sip.send(CALL)


async def test_a_trunk_that_is_silent_is_asked_again_and_then_left(free_port: Callable[[], int]) -> None:
    async with ear() as (silent, port):
        with pytest.raises(Undelivered, match="no answer in time") as told:
            await Caller(port, t1=0.01).sip.send(CALL)
    assert not told.value.permanent
    invites = [one for one in silent.packets if one.startswith(b"INVITE")]
    assert len(invites) == 4
    assert len(set(invites)) == 1


class Deaf(asyncio.DatagramProtocol):
    """A telephone that does not hear the first ACK."""

    def __init__(self) -> None:
        self.acks: list[bytes] = []
        self.answer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        said = read(data)
        assert said is not None
        headers = [one for one in said.headers if one[0] in {"via", "from", "to", "call-id", "cseq"}]
        if said.method == "INVITE":
            sdp = "c=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 0\r\n"
            self.answer = written("SIP/2.0 200 OK", [*headers, ("Contact", "<sip:peer@127.0.0.1>"), ("Record-Route", "<sip:a;lr>, <sip:b;lr>")], sdp)
            self.transport.sendto(self.answer, addr)
        elif said.method == "ACK":
            self.acks.append(data)
            if len(self.acks) == 1:
                self.transport.sendto(self.answer, addr)
        elif len(self.acks) > 1:
            self.transport.sendto(written("SIP/2.0 200 OK", headers), addr)


async def test_a_lost_ack_is_sent_again_by_the_way_that_the_answer_came() -> None:
    transport, deaf = await asyncio.get_running_loop().create_datagram_endpoint(Deaf, local_addr=("127.0.0.1", 0))
    caller = Caller(transport.get_extra_info("sockname")[1])
    await caller.sip.send(CALL)
    assert (await caller.receipt()).outcome == "delivered"
    transport.close()
    assert len(deaf.acks) == 2
    assert deaf.acks[0] == deaf.acks[1]
    said = read(deaf.acks[0])
    assert said is not None
    assert (said.start, said.all("route")) == ("ACK sip:peer@127.0.0.1 SIP/2.0", ["<sip:b;lr>", "<sip:a;lr>"])


async def test_a_process_that_ends_hangs_up(tmp_path: Path, free_port: Callable[[], int]) -> None:
    async with ear() as (_, port), telephone(tmp_path, free_port(), hears("INVITE"), answers(port), hears("ACK"), hears("BYE"), says("200 OK")) as phone:
        caller = Caller(phone.port, pace=10.0)
        await caller.sip.send(CALL)
        await caller.sip.close()
        assert await phone.status() == 0, phone.log.read_text()


def cancelled(status: str = "487 Request Terminated", port: int = 0) -> str:
    """The answer to INVITE after that to CANCEL."""
    return (answers(port) if port else says(status)).replace("[last_CSeq:]", "CSeq: 1 INVITE")


def test_a_code_is_spoken_twice_in_its_language_and_nothing_else_is() -> None:
    said, once = speech(CALL)
    assert said.count((RECORDINGS / "en" / "3.ulaw").read_bytes()) == 2
    assert speech(CALL._replace(locale="de"))[0].count((RECORDINGS / "de" / "3.ulaw").read_bytes()) == 2
    assert speech(CALL._replace(locale="../de"))[0] == speech(CALL._replace(locale="fr"))[0] == said
    assert len(said) % FRAME == 0
    assert 0 < once < len(said) // FRAME / 2


def test_that_there_is_a_notice_is_said_and_what_it_says_is_not() -> None:
    said, _ = speech(CALL._replace(code=""))
    assert said.count((RECORDINGS / "en" / "notice.ulaw").read_bytes()) == 2
    assert (RECORDINGS / "en" / "once.ulaw").read_bytes() not in said


def test_no_code_is_told_whose_approval_there_are_no_recordings_to_say() -> None:
    """Another provider is asked, or nobody calls: a code that approves is never heard without what it approves."""
    with pytest.raises(ValueError, match="no digits"):
        speech(CALL._replace(approves="Pay 100.00 EUR to Bob"))


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_language_has_every_recording(language: str) -> None:
    assert {file.stem for file in (RECORDINGS / language).iterdir()} == {*"0123456789", "once", "again", "notice"}
    assert all(len(file.read_bytes()) > 2000 for file in (RECORDINGS / language).iterdir())


@pytest.mark.parametrize("code", ["12a", "١٢٣", "../1"])
async def test_a_code_that_is_no_digits_is_not_called_for(code: str) -> None:
    with pytest.raises(Undelivered, match="only digits are spoken") as told:
        await Caller(1).sip.send(CALL._replace(code=code))
    assert told.value.permanent


def test_numbers_of_frames_go_round() -> None:
    heads = [struct.unpack(">BBHII", one[:12])[2] for one in packets(b"\xff" * FRAME * 70000)]
    assert heads[65536] == heads[0]


DIGEST = 'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/q"'


@pytest.mark.parametrize(
    "algorithm, wanted",
    [("MD5", "8ca523f5e9506fed4657c9700eebdbec"), ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")],
)
def test_the_digest_is_that_of_the_standards_own_example(monkeypatch: pytest.MonkeyPatch, algorithm: str, wanted: str) -> None:
    """RFC 7616, 3.9.1."""
    monkeypatch.setattr("secrets.token_hex", lambda _: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    asked = SipMessage("SIP/2.0 401 Unauthorized", [("www-authenticate", DIGEST.format(algorithm))])
    name, said = proof(asked, "GET", "/dir/index.html", "Mufasa", "Circle of Life") or ("", "")
    assert name == "Authorization"
    assert f'response="{wanted}"' in said
    assert 'opaque="FQhe/q"' in said


def test_the_strongest_proof_is_given_and_none_where_none_is_known() -> None:
    asked = SipMessage("SIP/2.0 407 x", [("proxy-authenticate", DIGEST.format(one)) for one in ("MD5", "SHA-256", "X")])
    name, said = proof(asked, "INVITE", "sip:a@b", "u", "p") or ("", "")
    assert (name, "algorithm=SHA-256" in said) == ("Proxy-Authorization", True)
    assert proof(asked, "INVITE", "sip:a@b", "", "") is None
    for other in (DIGEST.format("X"), "Basic realm=x", "", "Digest realm=x"):
        assert proof(SipMessage("SIP/2.0 401 x", [("www-authenticate", other)]), "INVITE", "sip:a@b", "u", "p") is None


def test_a_message_is_read_as_it_may_be_written() -> None:
    said = read(b"SIP/2.0 180 Ringing\r\nv: SIP/2.0/UDP a\r\nVia: b\r\ni:  x \r\nSubject: one\r\n  two\r\nCSeq: 4 INVITE\r\n\r\nbody")
    assert said is not None
    assert (said.status, said.method, said.all("via"), said["call-id"], said["subject"], said.body) == (
        180,
        "INVITE",
        ["SIP/2.0/UDP a", "b"],
        "x",
        "one two",
        "body",
    )
    assert [read(one) for one in (b"", b"\xff\xfe", b"GET / HTTP/1.1\r\n\r\n")] == [None] * 3


@pytest.mark.parametrize("value", ["a\r\nVia: b", "a\nb", "a\x00"])
def test_row_22_no_value_begins_another_header(value: str) -> None:
    with pytest.raises(ValueError, match="not a line"):
        written("INVITE sip:a SIP/2.0", [("From", value)])


@pytest.mark.parametrize(
    "sdp",
    [
        "",
        "c=IN IP4 1.2.3.4\r\n",
        "c=IN IP4 1.2.3.4\r\nm=audio 0 RTP/AVP 0",
        "c=IN IP4 1.2.3.4\r\nm=audio 65536 RTP/AVP 0",
        "c=IN IP4 a.test\r\nm=audio 9 RTP/AVP 0",
    ],
)
def test_a_voice_goes_nowhere_that_is_not_an_address_and_a_port(sdp: str) -> None:
    assert answered(sdp) is None
