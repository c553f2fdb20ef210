"""Logs: one JSON object a line on standard error, and no secret in any of them."""

import json
import logging
import re
import sys
import time
from collections.abc import Mapping

# Attributes that every record has; what is left over was given by the caller with `extra`.
USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
HIDDEN = "[hidden]"
SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)|secret|token|cookie|authori[sz]ation|credential|assertion|private|\bkek\b|\bseed\b|\bcsrf\b|"
    r"^(code|otp|pin|key)s?$|(oob|binding|recovery|user|device|mfa)_codes?$|_otp$|code_verifier|(private|api|data)_key$",
    re.IGNORECASE,
)
# A secret inside a text: a name with a value, a bearer, a JWT, an authenticator's URI, a password in a URL.
NAMED = re.compile(
    r"""(?ix)(?P<name>["']?(?:\w*(?:password|passwd|secret|token|cookie|authorization|assertion|code_verifier)|code|otp|oob_code|binding_code|pin|csrf)["']?\s*[=:]\s*)
    (?:(?:bearer|basic)\s+)?(?:"[^"]*"|'[^']*'|[^\s&,;"'})\]]+)"""
)
PLAIN = (
    re.compile(r"eyJ[\w-]{8,}(\.[\w-]*){1,4}"),
    re.compile(r"otpauth(-migration)?://\S+", re.IGNORECASE),
    re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"),
    re.compile(r"(?<=bearer\s)\S+", re.IGNORECASE),
)


def redacted(text: str) -> str:
    """The text without the secrets that it may quote."""
    text = NAMED.sub(lambda found: f"{found['name']}{HIDDEN}", text)
    for pattern in PLAIN:
        text = pattern.sub(HIDDEN, text)
    return text


def clean(value: object, name: str = "") -> object:
    """A value that may be logged under this name."""
    if name and SECRET_NAME.search(name):
        return HIDDEN
    match value:
        case None | bool() | int() | float():
            return value
        case Mapping():
            return {str(key): clean(one, str(key)) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [clean(one, name) for one in value]
        case bytes():
            return HIDDEN
        case _:
            return redacted(str(value))


class Lines(logging.Formatter):
    """A record as a line. JSON escapes what could forge another line or drive a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "from": record.name,
            "says": redacted(record.getMessage()),
        }
        line |= {key: clean(value, key) for key, value in vars(record).items() if key not in USUAL}
        if record.exc_info and record.exc_info[0] is not None:
            line["trace"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, default=lambda value: redacted(str(value)))


def log_to_stderr(level: str) -> None:
    """All loggers of the process, those of libraries too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("alembic", "asyncio", "httpcore", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Below that it reports each malformed request: a log that strangers write.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
