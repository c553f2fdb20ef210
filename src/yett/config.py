"""What belongs to the process: one frozen tree, parsed once, every fault reported at once with where it stands."""

import base64
import binascii
import ipaddress
import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from yett.domain.protected import Protected, protected

T = TypeVar("T")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
PORT, LAST_PORT, MOST_WORKERS, KEY_SIZE = 8000, 65535, 256, 32
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
LEVELS = ("debug", "info", "warning", "error")


class Fault(NamedTuple):
    """One thing that is wrong, and where it stands: a flag, a variable, or a key of the config file."""

    where: str
    says: str


class Faulty(Exception):
    """The configuration cannot be used; `faults` are all that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(f"{fault.where}: {fault.says}" for fault in faults))
        self.faults = tuple(faults)


class Address(NamedTuple):
    """Where to listen. An `optional` one may be missing on this machine (IPv6)."""

    host: str
    port: int
    optional: bool = False


class Tls(NamedTuple):
    """A certificate chain and its key; both None: a local CA is made in the process's folder."""

    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Smtp:
    """One mail provider; several are tried in order."""

    host: str
    port: int = 587
    sender: str = ""
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)


CHANNELS = frozenset({"email", "sms", "voice"})


@dataclass(frozen=True, slots=True)
class Named:
    """A provider as the config file has it, and what it is told; whether that is right is said by whoever makes it."""

    channel: str
    name: str
    told: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration. `issuer` is empty until the port is known, where it follows from the listener.

    `address_burst` is how many passwords one address may try at once (one more every second); 0: not limited here.
    """

    dir: Path
    listen: tuple[Address, ...]
    issuer: str
    tls: Tls | None
    database: str = field(repr=False)
    valkey: str = field(repr=False)
    workers: int
    regime: str
    demo: bool
    trusted_proxies: tuple[Network, ...]
    kek: str | None = field(repr=False)
    smtp: tuple[Smtp, ...]
    log_level: str
    address_burst: int = 100
    email: tuple[Named, ...] = ()
    sms: tuple[Named, ...] = ()
    voice: tuple[Named, ...] = ()
    logout_networks: tuple[Network, ...] = ()
    protect: tuple[Protected, ...] = ()
    metrics_token: str = field(default="", repr=False)

    @property
    def providers(self) -> tuple[Named, ...]:
        """All of them, in the order in which they are asked."""
        return (*self.email, *self.sms, *self.voice)

    @property
    def embedded(self) -> bool:
        """Whether the store is SQLite: one process."""
        return self.database.startswith("sqlite:")

    @property
    def loopback(self) -> bool:
        """Whether nobody but this machine can reach the listener."""
        return all(is_loopback(address.host) for address in self.listen)

    def at(self, port: int) -> "Config":
        """The configuration once the port is known: the issuer that follows from it."""
        if self.issuer:
            return self
        return replace(self, issuer=f"{'https' if self.tls else 'http'}://localhost:{port}/")


def is_loopback(host: str) -> bool:
    """Whether this name or address is this machine's own."""
    if host in LOOPBACK or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse(flags: Mapping[str, object], environ: Mapping[str, str]) -> Config:
    """Defaults < config file < YETT_* < flags. Raises Faulty with everything that is wrong."""
    faults: list[Fault] = []
    said = _Said(flags, environ, _file(flags, environ, faults), faults)
    demo = said.read("demo", _boolean, default=False)
    folder = said.read("dir", Path, default=Path("var-demo" if demo else "var"))
    config = Config(
        dir=folder,
        listen=said.read("listen", _listen, default=_default_listen(PORT)),
        issuer=said.read("issuer", _issuer, default=""),
        tls=said.read("tls", _tls, default=None),
        database=said.read("database", _database, default=f"sqlite:///{folder.absolute()}/yett.db"),
        valkey=said.read("valkey", _valkey, default=""),
        workers=said.read("workers", _workers, default=1),
        regime=said.read("regime", str, default=""),
        demo=demo,
        trusted_proxies=said.read("trusted_proxies", _networks, default=()),
        kek=said.read("kek", _kek, default=None),
        smtp=said.read("smtp", lambda value: _smtp(value, environ), default=()),
        log_level=said.read("log_level", _level, default="info"),
        address_burst=said.read("address_burst", _count, default=100),
        email=said.read("email", lambda value: _named("email", value, environ), default=()),
        sms=said.read("sms", lambda value: _named("sms", value, environ), default=()),
        voice=said.read("voice", lambda value: _named("voice", value, environ), default=()),
        logout_networks=said.read("logout_networks", _networks, default=()),
        protect=said.read("protect", _protect, default=()),
        metrics_token=said.read("metrics_token", _metrics_token, default=""),
    )
    faults += _together(config, said)
    if faults:
        raise Faulty(faults)
    port = config.listen[0].port
    return config.at(port) if port else config


class _Said:
    """What was said of each setting, and by which source: the strongest wins."""

    def __init__(self, flags: Mapping[str, object], environ: Mapping[str, str], file: Mapping[str, object], faults: list[Fault]) -> None:
        self._flags, self._environ, self._file, self._faults = flags, environ, file, faults

    def where(self, name: str) -> str:
        """The source that decides this setting, as its reader would name it."""
        if self._flags.get(name) is not None:
            return f"--{name}"
        if self._environ.get(variable := f"YETT_{name.upper()}"):
            return variable
        return f"config file, {name}" if name in self._file else f"--{name}"

    def read(self, name: str, reader: Callable[[str], T] | Callable[[object], T], default: T) -> T:
        """The setting as its reader understands it; a fault leaves the default, so that the next fault is found too."""
        value = self._flags.get(name)
        if value is None:
            value = self._environ.get(f"YETT_{name.upper()}") or self._file.get(name)
        if value is None:
            return default
        try:
            return reader(value)  # type: ignore[arg-type]
        except ValueError as fault:
            self._faults.append(Fault(self.where(name), str(fault)))
            return default


# The keys of a config file; secrets of the process come from the environment or from files of their own.
OF_THE_PROCESS = {"dir", "listen", "issuer", "tls", "database", "valkey", "workers", "regime", "trusted_proxies", "log_level", "address_burst"}
FILE_KEYS = CHANNELS | OF_THE_PROCESS | {"protect", "smtp", "logout_networks"}


def _file(flags: Mapping[str, object], environ: Mapping[str, str], faults: list[Fault]) -> Mapping[str, object]:
    name = flags.get("config") or environ.get("YETT_CONFIG")
    if not name:
        return {}
    where = "--config" if flags.get("config") else "YETT_CONFIG"
    try:
        found = tomllib.loads(Path(str(name)).read_text())
    except (OSError, UnicodeDecodeError) as fault:
        faults.append(Fault(where, f"cannot read {name}: {getattr(fault, 'strerror', None) or 'not UTF-8'}"))
        return {}
    except tomllib.TOMLDecodeError as fault:
        faults.append(Fault(where, f"{name} is not TOML: {fault}"))
        return {}
    faults += [Fault(f"config file, {key}", "there is no such setting") for key in found if key not in FILE_KEYS]
    return found


def _together(config: Config, said: _Said) -> list[Fault]:
    """What is wrong only in combination."""
    faults = []
    if config.workers > 1 and config.embedded:
        faults.append(Fault(said.where("workers"), "SQLite is one process: give --database postgresql://... or one worker"))
    if config.demo and not config.loopback:
        faults.append(Fault(said.where("listen"), "a demo listens on the loopback interface alone"))
    if not config.issuer and not config.loopback:
        faults.append(Fault(said.where("issuer"), "needed where the listener is not on the loopback interface: the URL under which people reach Yett"))
    if config.protect and not config.trusted_proxies:
        faults.append(Fault(said.where("protect"), "only a proxy in trusted_proxies may ask who stands before a host"))
    if any(config.issuer == one.origin + "/" for one in config.protect):
        faults.append(Fault(said.where("protect"), "the issuer cannot stand behind itself"))
    if config.tls and config.issuer.startswith("http:"):
        faults.append(Fault(said.where("issuer"), "starts with http, but TLS is on"))
    return faults


def _default_listen(port: int) -> tuple[Address, ...]:
    return Address("127.0.0.1", port), Address("::1", port, optional=True)


def _listen(value: object) -> tuple[Address, ...]:
    items = value if isinstance(value, list | tuple) else str(value).split(",")
    return tuple(address for item in items for address in _address(str(item).strip()))


def _address(text: str) -> tuple[Address, ...]:
    """HOST:PORT, where an IPv6 host stands in brackets; `localhost` is both loopback addresses."""
    host, found, port = text.rpartition(":")
    if not found or (":" in host and not (host.startswith("[") and host.endswith("]"))):
        raise ValueError(f"{text!r} is not HOST:PORT")
    if not port.isdecimal() or int(port) > LAST_PORT:
        raise ValueError(f"{port!r} is not a port")
    if host == "localhost":
        return _default_listen(int(port))
    bare = host.strip("[]") or "0.0.0.0"  # noqa: S104 - an empty host is the usual way to ask for every interface
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        raise ValueError(f"{bare!r} is not an IP address of this machine") from None
    return (Address(bare, int(port)),)


def _issuer(value: object) -> str:
    """`https://host[:port]/`; http only on the loopback interface, where no certificate is to be had."""
    text = str(value)
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError:
        raise ValueError(f"{text!r} has no valid port") from None
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"{text!r} is not https://host[:port]/")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("http is for a loopback issuer alone; put TLS before Yett, or give --tls")
    name = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{name}{f':{port}' if port and port != default else ''}/"


def _tls(value: object) -> Tls:
    if value == "auto":
        return Tls()
    certificate, found, key = str(value).partition(",")
    if not found:
        raise ValueError("give `auto`, or CERT,KEY")
    missing = [name for name in (certificate, key) if not os.access(name, os.R_OK)]
    if missing:
        raise ValueError(f"cannot read {' and '.join(missing)}")
    return Tls(Path(certificate), Path(key))


def _database(value: object) -> str:
    text = str(value)
    scheme = urlsplit(text).scheme
    if scheme in {"postgres", "postgresql"}:
        return "postgresql" + text.removeprefix(scheme)
    if scheme == "sqlite" and text.startswith("sqlite:///"):
        return text
    raise ValueError("give sqlite:///PATH or postgresql://...")


def _valkey(value: object) -> str:
    text = str(value)
    if urlsplit(text).scheme not in {"valkey", "valkeys", "redis", "rediss", "unix"}:
        raise ValueError("give valkey://..., valkeys://... or unix:///PATH")
    return text


def _workers(value: object) -> int:
    if isinstance(value, bool) or not str(value).isdecimal() or not 1 <= int(str(value)) <= MOST_WORKERS:
        raise ValueError(f"{value!r} is not a number from 1 to {MOST_WORKERS}")
    return int(str(value))


def _count(value: object) -> int:
    if isinstance(value, bool) or not str(value).isdecimal():
        raise ValueError(f"{value!r} is not a number")
    return int(str(value))


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in {"1", "true", "yes", "on"}:
        return True
    if str(value).lower() in {"0", "false", "no", "off"}:
        return False
    raise ValueError(f"{value!r} is neither true nor false")


def _level(value: object) -> str:
    if value not in LEVELS:
        raise ValueError(f"{value!r} is none of {', '.join(LEVELS)}")
    return str(value)


def _networks(value: object) -> tuple[Network, ...]:
    items = value if isinstance(value, list | tuple) else str(value).split(",")
    return tuple(ipaddress.ip_network(str(item).strip()) for item in items if str(item).strip())


def _metrics_token(value: object) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._~+/=-]{16,}", str(value)):
        raise ValueError("give 16 characters at least: letters, digits and . _ ~ + / = -")
    return str(value)


def _protect(value: object) -> tuple[Protected, ...]:
    """A list of tables in the file, or `https://wiki.example.com?acr=phr&max_age=600` in the environment."""
    if isinstance(value, str):
        value = [_protect_url(part) for part in value.split()]
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError("give one [[protect]] table for each host")
    hosts = tuple(_one_protected(one) for one in value)
    if len({one.host for one in hosts}) < len(hosts):
        raise ValueError("a host stands there twice")
    return hosts


def _protect_url(text: str) -> dict[str, object]:
    url, _, query = text.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    if len(dict(pairs)) < len(pairs):
        raise ValueError(f"{text!r} says something twice")
    return {"url": url, **dict(pairs)}


PROTECT_KEYS = frozenset({"url", "acr", "max_age"})


def _one_protected(table: Mapping[str, object]) -> Protected:
    unknown = ", ".join(sorted(set(table) - PROTECT_KEYS))
    if unknown:
        raise ValueError(f"{unknown}: no such setting; there are {', '.join(sorted(PROTECT_KEYS))}")
    acr, age = table.get("acr", ()), table.get("max_age")
    host = protected(str(table.get("url", "")), tuple(map(str, acr)) if isinstance(acr, list) else str(acr).split() if acr else (), _age(age))
    if not host.secure and not is_loopback(urlsplit(host.origin).hostname or ""):
        raise ValueError(f"{host.origin}: http is for the loopback interface alone")
    return host


def _age(value: object) -> int | None:
    return None if value is None else _count(value)


def _kek(value: object) -> str:
    """Base64 of 32 bytes; several with commas."""
    for one in str(value).split(","):
        try:
            key = base64.b64decode(one, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("is not base64") from None
        if len(key) != KEY_SIZE:
            raise ValueError(f"is {len(key)} bytes long, not {KEY_SIZE}")
    return str(value)


def _smtp(value: object, environ: Mapping[str, str]) -> tuple[Smtp, ...]:
    """A list of tables in the file, or `smtp://user@host:587?from=a@example.com` in the environment."""
    if isinstance(value, str):
        value = [_smtp_url(part.strip()) for part in value.split()]
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError("give one [[smtp]] table for each provider")
    return tuple(_provider(one, environ) for one in value)


def _smtp_url(text: str) -> dict[str, object]:
    parts = urlsplit(text)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("is not smtp://[user[:password]@]host[:port][?from=...]")
    table: dict[str, object] = {"host": parts.hostname, **dict(parse_qsl(parts.query))}
    if parts.port:
        table["port"] = parts.port
    if parts.scheme == "smtps":
        table.setdefault("security", "tls")
    if parts.username:
        table["username"] = unquote(parts.username)
    if parts.password:
        table["password"] = unquote(parts.password)
    return table


SMTP_KEYS = frozenset({"host", "port", "from", "security", "username", "password", "password_file"})


def _provider(table: Mapping[str, object], environ: Mapping[str, str]) -> Smtp:
    unknown = ", ".join(sorted(set(table) - SMTP_KEYS))
    if unknown:
        raise ValueError(f"{unknown}: no such setting; there are {', '.join(sorted(SMTP_KEYS))}")
    security = str(table.get("security", "starttls"))
    if security not in {"starttls", "tls", "none"}:
        raise ValueError("security is starttls, tls or none")
    port = table.get("port", 465 if security == "tls" else 587)
    if isinstance(port, bool) or not str(port).isdecimal():
        raise ValueError(f"{port!r} is not a port")
    if not table.get("host"):
        raise ValueError("host is missing")
    username = str(table.get("username", ""))
    password = str(table.get("password", "")) or _password(table, environ)
    if username and not password:
        raise ValueError("username without a password: give password_file, or YETT_SMTP_PASSWORD")
    return Smtp(str(table["host"]), int(str(port)), str(table.get("from", "")), security, username, password)  # type: ignore[arg-type]


def _named(channel: str, value: object, environ: Mapping[str, str]) -> tuple[Named, ...]:
    """A list of tables: `name` and settings; a setting that is not there comes from NAME_file, or from YETT_CHANNEL_PROVIDER_NAME (_FILE)."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError(f"give one [[{channel}]] table for each provider")
    return tuple(_one_named(channel, one, environ) for one in value)


def _one_named(channel: str, table: Mapping[str, object], environ: Mapping[str, str]) -> Named:
    name = str(table.get("name", ""))
    if not name:
        raise ValueError("name is missing: which provider this is")
    prefix = f"YETT_{channel}_{name}_".upper()
    said = {key.removeprefix(prefix).lower(): value for key, value in environ.items() if key.startswith(prefix) and value}
    said |= {key: _plain(key, value) for key, value in table.items() if key != "name"}
    return Named(channel, name, dict(_read(key, value) for key, value in said.items()))


def _read(key: str, value: str) -> tuple[str, str]:
    if not key.endswith("_file"):
        return key, value
    try:
        return key.removesuffix("_file"), Path(value).read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"cannot read {value}") from None


def _plain(key: str, value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if not isinstance(value, str | int):
        raise ValueError(f"{key} is neither text nor a number")  # noqa: TRY004 - a fault of the file
    return str(value)


def _password(table: Mapping[str, object], environ: Mapping[str, str]) -> str:
    if name := table.get("password_file") or environ.get("YETT_SMTP_PASSWORD_FILE"):
        try:
            return Path(str(name)).read_text().strip()
        except (OSError, UnicodeDecodeError):
            raise ValueError(f"cannot read {name}") from None
    return environ.get("YETT_SMTP_PASSWORD", "")
