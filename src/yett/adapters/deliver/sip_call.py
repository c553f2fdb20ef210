"""One call (RFC 3261): INVITE, digest, ACK, BYE, CANCEL, over UDP, with whoever was checked and with nobody else."""

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from yett.adapters.deliver.sip_message import SDP, SipMessage, proof, read, written

T1, TRIES = 0.5, 4
TRYING, RINGING, ANSWERED, FAILED, UNAUTHORIZED = 100, 180, 200, 300, frozenset({401, 407})
MOST_PROOFS = 2


class SipRefused(Exception):
    """A final answer that is no yes."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Line(NamedTuple):
    """Whose line it is: `domain` in addresses, and what the caller proves itself with."""

    domain: str
    caller: str
    username: str
    password: str


class Call(asyncio.DatagramProtocol):
    """A call over a connected socket. `over` is set when the other side has hung up."""

    def __init__(self, line: Line, to: str, t1: float = T1) -> None:
        self.line, self.t1 = line, t1
        self.id, self.over, self.sdp = secrets.token_hex(16), asyncio.Event(), ""
        self._uri = self._target = f"sip:{to}@{line.domain}"
        self._from, self._to = f"<sip:{line.caller}@{line.domain}>;tag={secrets.token_hex(8)}", f"<{self._uri}>"
        self._heard: asyncio.Queue[SipMessage] = asyncio.Queue()
        self._number, self._branch, self._offer, self._route = 0, "", "", list[str]()
        self._invite, self._ack, self._proof = b"", b"", list[tuple[str, str]]()
        self._provisional = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.DatagramTransport = transport  # type: ignore[assignment]
        host, port = transport.get_extra_info("sockname")[:2]
        self.host = str(host)
        self._here = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - connected: there is one
        message = read(data)
        if message is None or message["call-id"] != self.id:
            return
        if not message.status:
            self._asked(message)
        elif self._ack and message.method == "INVITE" and message.status // 100 == 2:  # noqa: PLR2004
            # Our ACK was lost: the answer comes again.
            self.transport.sendto(self._ack)
        else:
            self._heard.put_nowait(message)

    def error_received(self, exc: Exception) -> None:
        """Nobody is there (ICMP): what waits for an answer will have none."""

    def begin(self, offer: str) -> None:
        """Dial."""
        self._offer = offer
        self._dial()

    async def reach(self, *, ringing: bool) -> None:
        """Wait until it is answered, or, with `ringing`, until it rings. Raises SipRefused, and TimeoutError where nobody answers at all."""
        while not self._ack:
            response = await self._next()
            if response.status >= FAILED:
                self._refused(response)
            elif response.status >= ANSWERED:
                self._accept(response)
            elif response.status >= RINGING and ringing:
                return

    async def hang_up(self) -> None:
        """BYE, again until it is heard or no use."""
        if self.over.is_set():
            return
        self._number += 1
        bye = self._request("BYE", self._target, self._new_branch())
        for wait in self._waits():
            self.transport.sendto(bye)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    while (await self._heard.get()).method != "BYE":
                        pass
                    return

    async def give_up(self) -> None:
        """CANCEL; and BYE, where somebody picked up in that moment (9.1: there is nothing to cancel before a provisional answer)."""
        with suppress(SipRefused, TimeoutError):
            async with asyncio.timeout(self.t1 * 16):
                if not self._provisional:
                    await self._next()
                self.transport.sendto(self._request("CANCEL", self._uri, self._branch))
                await self.reach(ringing=False)
                await self.hang_up()

    def _dial(self) -> None:
        self._number, self._provisional = self._number + 1, False
        self._branch = self._new_branch()
        more = [("Contact", f"<sip:{self.line.caller}@{self._here}>"), ("Allow", "INVITE, ACK, CANCEL, BYE"), *self._proof, ("Content-Type", SDP)]
        self._invite = self._request("INVITE", self._uri, self._branch, more, self._offer)
        self.transport.sendto(self._invite)

    async def _next(self) -> SipMessage:
        """The next answer to INVITE, which is sent again until there is one (17.1.1.2)."""
        for tried, wait in enumerate(self._waits()):
            if tried:
                self.transport.sendto(self._invite)
            with suppress(TimeoutError):
                async with asyncio.timeout(None if self._provisional else wait):
                    while (response := await self._heard.get())["cseq"] != f"{self._number} INVITE":
                        pass
                    self._provisional = True
                    return response
        raise TimeoutError

    def _refused(self, response: SipMessage) -> None:
        """ACK it; and dial again where a proof is asked for that we have not given in vain."""
        self.transport.sendto(self._request("ACK", self._uri, self._branch, to=response["to"]))
        answer = proof(response, "INVITE", self._uri, self.line.username, self.line.password) if response.status in UNAUTHORIZED else None
        if answer is None or self._number >= MOST_PROOFS:
            raise SipRefused(response.status)
        self._proof = [answer]
        self._dial()

    def _accept(self, response: SipMessage) -> None:
        self._to, self.sdp = response["to"], response.body
        self._route = [one for header in response.all("record-route") for one in header.split(",")][::-1]
        self._target = _inner(response["contact"]) or self._uri
        self._ack = self._request("ACK", self._target, self._new_branch(), self._proof)
        self.transport.sendto(self._ack)

    def _asked(self, request: SipMessage) -> None:
        """Whatever it is, it has an answer: yes to BYE, no to all else."""
        if request.method == "ACK":
            return
        if request.method == "BYE":
            self.over.set()
        start = "SIP/2.0 200 OK" if request.method in {"BYE", "OPTIONS"} else "SIP/2.0 405 Method Not Allowed"
        with suppress(ValueError):
            self.transport.sendto(written(start, [one for one in request.headers if one[0] in {"via", "from", "to", "call-id", "cseq"}]))

    def _request(self, method: str, uri: str, branch: str, more: Sequence[tuple[str, str]] = (), body: str = "", to: str = "") -> bytes:
        headers = [
            ("Via", f"SIP/2.0/UDP {self._here};branch={branch};rport"),
            ("Max-Forwards", "70"),
            ("From", self._from),
            ("To", to or self._to),
            ("Call-ID", self.id),
            ("CSeq", f"{self._number} {method}"),
            *[("Route", one.strip()) for one in self._route],
        ]
        return written(f"{method} {uri} SIP/2.0", [*headers, *more], body)

    def _waits(self) -> Sequence[float]:
        return [self.t1 * 2**tried for tried in range(TRIES)]

    @staticmethod
    def _new_branch() -> str:
        return f"z9hG4bK{secrets.token_hex(12)}"


def _inner(contact: str) -> str:
    """The URI of a Contact header; empty for what is none, or would not be one line."""
    found = contact.partition("<")[2].partition(">")[0] or contact.partition(";")[0].strip()
    return found if found.startswith(("sip:", "sips:")) and found.isprintable() and " " not in found else ""
