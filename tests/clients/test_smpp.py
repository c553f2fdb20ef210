"""SMPP against npm's `smpp` as SMSC: texts, long texts, receipts, throttling, a wrong password, and a restart."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.harness.process import await_ready, program, start, stop
from yett.adapters.deliver.outbound import LOOPBACK, Means, Outbound
from yett.adapters.deliver.smpp import Smpp
from yett.ports import Letter, Receipt, Undelivered

pytestmark = pytest.mark.clients
TEXT = Letter("sms", "+4915112345678", "123456: Ihr Code für Ümläute [€]", id="m1", code="123456")


class Smsc:
    """The program, which may be stopped and started again."""

    def __init__(self, folder: Path, port: int) -> None:
        self.log, self.port = folder / "smsc.log", port

    def start(self) -> None:
        script = Path(__file__).with_name("smsc.mjs")
        self.process = start([program("node", install="install Node 20 or newer"), script, str(self.port)], self.log)
        await_ready(self.process, self.log, lambda: "listening" in self.log.read_text())

    def heard(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()][1:]


@pytest.fixture
async def smsc(tmp_path: Path, free_port: Callable[[], int]) -> AsyncIterator[Smsc]:
    one = Smsc(tmp_path, free_port())
    one.start()
    yield one
    stop(one.process)


@asynccontextmanager
async def speaking(port: int, password: str = "s3cr3t") -> AsyncIterator[tuple[Smpp, "asyncio.Queue[Receipt]"]]:
    told: asyncio.Queue[Receipt] = asyncio.Queue()
    one = Smpp(Means(Outbound(LOOPBACK), lambda: 0, "", told.put_nowait), "127.0.0.1", port, "yett", password, "Yett", waits=(0.01,))
    async with asyncio.timeout(30):
        yield one, told
    await one.close()


async def test_texts_arrive_as_they_were_written_and_receipts_come_back(smsc: Smsc) -> None:
    async with speaking(smsc.port) as (one, told):
        for text in (TEXT.text, "Emoji 😀 и код", "ä€" * 200, "😀" * 50):
            sent = await one.send(TEXT._replace(text=text))
            assert await told.get() == Receipt(sent.reference, "delivered")
    bind, *texts = smsc.heard()
    assert bind == {"system_id": "yett", "password": "s3cr3t"}
    assert [one["coding"] for one in texts] == [0, 8, *[0] * 4, *[8] * 2]
    assert [one["message"] for one in texts[:2]] == [TEXT.text, "Emoji 😀 и код"]
    assert "".join(one["message"] for one in texts[2:6]) == "ä€" * 200
    assert "".join(one["message"] for one in texts[6:]) == "😀" * 50
    assert [one["udh"][-2:] for one in texts[2:]] == [[4, 1], [4, 2], [4, 3], [4, 4], [2, 1], [2, 2]]


async def test_throttling_and_a_wrong_password_are_not_the_end(smsc: Smsc) -> None:
    async with speaking(smsc.port) as (one, _):
        with pytest.raises(Undelivered, match=r"refused \(0x58\)") as told:
            await one.send(TEXT._replace(to="+4915100000058"))
        assert not told.value.permanent
        assert (await one.send(TEXT)).reference == "n1"
    async with speaking(smsc.port, "wrong") as (one, _):
        with pytest.raises(Undelivered, match=r"bind refused \(0xe\)"):
            await one.send(TEXT)


async def test_a_restart_is_survived(smsc: Smsc) -> None:
    async with speaking(smsc.port) as (one, told):
        await one.send(TEXT)
        assert (await told.get()).outcome == "delivered"
        stop(smsc.process)
        with pytest.raises(Undelivered):
            await one.send(TEXT)
        smsc.start()
        sent = await one.send(TEXT)
        assert await told.get() == Receipt(sent.reference, "delivered")
