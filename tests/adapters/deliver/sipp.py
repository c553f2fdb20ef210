"""Debian's `sipp` as the telephone that is called: a scenario of our own, written as a list of what happens."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.harness.process import program, start, stop

INSTALL = "apt-get install sip-tester"
HEADERS = "[last_Via:]\n[last_From:]\n[last_To:];tag=peer[call_number]\n[last_Call-ID:]\n[last_CSeq:]\n"
SDP = "v=0\no=- 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 {host}\nt=0 0\nm=audio {port} RTP/AVP {voice}\n"


def hears(what: str, action: str = "", *, optional: bool = False) -> str:
    return f'<recv request="{what}"{" optional=" + chr(34) + "true" + chr(34) if optional else ""}>{f"<action>{action}</action>" if action else ""}</recv>'


def says(status: str, more: str = "", body: str = "") -> str:
    content = f"Content-Type: application/sdp\nContent-Length: [len]\n\n{body}" if body else "Content-Length: 0\n\n"
    return f"<send><![CDATA[\nSIP/2.0 {status}\n{HEADERS}Contact: <sip:peer@[local_ip]:[local_port]>\n{more}{content}]]></send>"


def answers(port: int, host: str = "127.0.0.1", voice: str = "0 8", more: str = "") -> str:
    """Somebody picks up, and wants the voice there."""
    return says("200 OK", more, SDP.format(host=host, port=port, voice=voice))


def proves(username: str, password: str) -> Sequence[str]:
    """A second INVITE, with the right digest; anything else is 403."""
    check = f'<verifyauth assign_to="good" username="{username}" password="{password}"/>'
    return [
        f'<recv request="INVITE"><action>{check}</action></recv>',
        '<nop next="good" test="good"/>',
        says("403 Forbidden"),
        hears("ACK"),
        '<nop next="end"/>',
        '<label id="good"/>',
    ]


class Telephone:
    """A sipp that runs; `status` is how it ended: 0 where everything happened as written."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
        self.port, self.process, self.log = port, process, log

    async def status(self) -> int:
        return await asyncio.to_thread(self.process.wait, 20)


@asynccontextmanager
async def telephone(folder: Path, port: int, *steps: str) -> AsyncIterator[Telephone]:
    """A telephone at that port, for one call."""
    file, log = folder / "scenario.xml", folder / "sipp.log"
    head = '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="telephone">\n'
    file.write_text(head + "\n".join(steps) + '\n<label id="end"/>\n</scenario>\n')
    command: list[str | Path] = [
        program("sipp", install=INSTALL),
        "-sf",
        file,
        "-i",
        "127.0.0.1",
        "-p",
        str(port),
        "-m",
        "1",
        "-nostdin",
        "-timeout",
        "20s",
        "-timeout_error",
    ]
    process = start([*command, "-trace_err", "-error_file", folder / "errors.log"], log, cwd=folder)
    try:
        yield Telephone(port, process, log)
    finally:
        stop(process)
