"""SIP messages as text (RFC 3261, 7), the digest with which a caller proves itself (RFC 8760), and the offer of one voice (RFC 4566)."""

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "c": "content-type", "l": "content-length"}
ALGORITHMS = {"SHA-256": "sha256", "MD5": "md5"}
SDP = "application/sdp"


@dataclass(frozen=True, slots=True)
class SipMessage:
    """A request or a response; names of `headers` are in lower case, in the order of the wire."""

    start: str
    headers: Sequence[tuple[str, str]]
    body: str = ""

    @property
    def status(self) -> int:
        """Of a response; 0: a request."""
        found = re.match(r"SIP/2\.0 ([1-6][0-9]{2})\b", self.start)
        return int(found[1]) if found else 0

    @property
    def method(self) -> str:
        """Of the request, or of the one that is answered."""
        return self["cseq"].rpartition(" ")[2] if self.status else self.start.partition(" ")[0]

    def __getitem__(self, name: str) -> str:
        """The first header of that name; empty where there is none."""
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> Sequence[str]:
        return [value for one, value in self.headers if one == name]


def read(datagram: bytes) -> SipMessage | None:
    """What came; None for what is no SIP."""
    head, _, body = datagram.decode("utf-8", "replace").partition("\r\n\r\n")
    start, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    if "SIP/2.0" not in start:
        return None
    pairs = [line.partition(":")[::2] for line in lines]
    return SipMessage(start, [(COMPACT.get(name.strip().lower(), name.strip().lower()), value.strip()) for name, value in pairs], body)


def written(start: str, headers: Iterable[tuple[str, str]], body: str = "") -> bytes:
    """Its bytes. A value is one line: no number and no name can begin another header."""
    lines = [start, *[f"{name}: {value}" for name, value in headers], f"Content-Length: {len(body.encode())}"]
    if not all(line.isprintable() for line in lines):
        raise ValueError("not a line")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def proof(response: SipMessage, method: str, uri: str, username: str, password: str) -> tuple[str, str] | None:
    """The header that answers a 401 or 407, by the strongest algorithm offered; None where there is none that we know."""
    asked, answers = ("proxy-authenticate", "Proxy-Authorization") if response.status == 407 else ("www-authenticate", "Authorization")  # noqa: PLR2004
    offers = {said.get("algorithm", "MD5").upper(): said for said in map(_challenge, response.all(asked)) if "nonce" in said and "realm" in said}
    algorithm = next((one for one in ALGORITHMS if one in offers), None)
    if not algorithm or not username:
        return None
    said, cnonce = offers[algorithm], secrets.token_hex(8)
    first = _digest(algorithm, username, said["realm"], password)
    second = _digest(algorithm, method, uri)
    quoted = {"username": username, "realm": said["realm"], "nonce": said["nonce"], "uri": uri}
    plain = {"algorithm": algorithm}
    if "auth" in [one.strip() for one in said.get("qop", "").split(",")]:
        quoted |= {"cnonce": cnonce, "response": _digest(algorithm, first, said["nonce"], "00000001", cnonce, "auth", second)}
        plain |= {"qop": "auth", "nc": "00000001"}
    else:
        quoted |= {"response": _digest(algorithm, first, said["nonce"], second)}
    if "opaque" in said:
        quoted["opaque"] = said["opaque"]
    parts = [f'{name}="{value}"' for name, value in quoted.items()] + [f"{name}={value}" for name, value in plain.items()]
    return answers, "Digest " + ", ".join(parts)


def offer(host: str, port: int) -> str:
    """One voice, G.711 (PCMU), in frames of 20 ms."""
    kind = "IP6" if ":" in host else "IP4"
    return "\r\n".join(
        (
            "v=0",
            f"o=- {secrets.randbelow(2**31)} 1 IN {kind} {host}",
            "s=-",
            f"c=IN {kind} {host}",
            "t=0 0",
            f"m=audio {port} RTP/AVP 0",
            "a=rtpmap:0 PCMU/8000",
            "a=ptime:20",
            "",
        )
    )


def answered(sdp: str) -> tuple[str, int] | None:
    """Where the other side wants the voice; None where it takes none of ours."""
    where = re.search(r"^c=IN IP[46] ([0-9A-Fa-f.:]+)(?=[/\r\n]|\Z)", sdp, re.MULTILINE)
    audio = re.search(r"^m=audio ([0-9]{1,5}) RTP/AVP((?: [0-9]+)+)", sdp, re.MULTILINE)
    if not where or not audio or "0" not in audio[2].split() or not 0 < int(audio[1]) <= 65535:  # noqa: PLR2004 - the last port
        return None
    return where[1], int(audio[1])


def _challenge(header: str) -> Mapping[str, str]:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "digest":
        return {}
    return {name.lower(): quoted or plain for name, quoted, plain in re.findall(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))', rest)}


def _digest(algorithm: str, *parts: str) -> str:
    return hashlib.new(ALGORITHMS[algorithm], ":".join(parts).encode(), usedforsecurity=False).hexdigest()
