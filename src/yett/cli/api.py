"""`yett api`: the same words as `auth0 api`, with the administrator's credentials."""

import json
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    import httpx

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
TIMEOUT = 30


class Unusable(Exception):
    """The call cannot be made; the text says why, in one line."""


class Call(NamedTuple):
    """What to ask of the management API."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: object = None
    has_body: bool = False


class Access(NamedTuple):
    """Where the server is, and as whom to ask. `trust` is the local CA, where there is one."""

    issuer: str
    client_id: str
    client_secret: str
    trust: Path | None = None


def parse(words: Sequence[str], data: str | None, query: Sequence[str]) -> Call:
    """[METHOD] PATH: the method may be left out (get, or post where there is data). Raises Unusable."""
    match words:
        case [path]:
            method = "POST" if data is not None else "GET"
        case [verb, path]:
            method = verb.upper()
        case _:
            raise Unusable("give [METHOD] PATH")
    if method not in METHODS:
        raise Unusable(f"{method} is none of {', '.join(METHODS)}")
    parts = urlsplit(path)
    bare = parts.path.strip("/").removeprefix("api/v2/")
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *(_pair(one) for one in query)]
    if data is None:
        return Call(method, bare, tuple(pairs))
    try:
        return Call(method, bare, tuple(pairs), json.loads(data), has_body=True)
    except ValueError as fault:
        raise Unusable(f"--data is not JSON: {fault}") from None


def _pair(text: str) -> tuple[str, str]:
    key, found, value = text.partition("=")
    if not found:
        raise Unusable(f"-q {text!r} is not key=value")
    return key, value


def access(folder: Path | None, environ: Mapping[str, str]) -> Access:
    """From YETT_DOMAIN, YETT_CLIENT_ID and YETT_CLIENT_SECRET, else from DIR/admin.json. Raises Unusable."""
    given = [environ.get(name, "") for name in ("YETT_DOMAIN", "YETT_CLIENT_ID", "YETT_CLIENT_SECRET")]
    where = home(folder, environ)
    if all(given):
        return Access(_issuer_of(given[0], where), given[1], given[2], _trust(where))
    if any(given):
        raise Unusable("give all of YETT_DOMAIN, YETT_CLIENT_ID and YETT_CLIENT_SECRET, or none of them")
    try:
        kept = json.loads((where / "admin.json").read_text())
        return Access(kept["issuer"], kept["client_id"], kept["client_secret"], _trust(where))
    except FileNotFoundError:
        raise Unusable(f"there is no {where}/admin.json: `yett serve` writes it at the first start, `yett admin reset` anew") from None
    except OSError as fault:
        raise Unusable(f"cannot read {where}/admin.json: {fault.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise Unusable(f"{where}/admin.json is not what Yett wrote: `yett admin reset` writes it anew") from None


def home(folder: Path | None, environ: Mapping[str, str]) -> Path:
    """DIR: as given, YETT_DIR, ./var, and where only a demo runs here ./var-demo."""
    if folder is not None:
        return folder
    if environ.get("YETT_DIR"):
        return Path(environ["YETT_DIR"])
    usual, demo = Path("var"), Path("var-demo")
    return demo if demo.is_dir() and not (usual / "admin.json").exists() else usual


def _issuer_of(domain: str, folder: Path) -> str:
    """A domain as the SDKs take it means https; DIR/admin.json knows better for its own server, and so does a URL."""
    if "://" in domain:
        return domain.rstrip("/") + "/"
    try:
        kept = json.loads((folder / "admin.json").read_text())
        if kept["domain"] == domain.rstrip("/"):
            return str(kept["issuer"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return f"https://{domain.rstrip('/')}/"


def _trust(folder: Path) -> Path | None:
    authority = folder / "ca.pem"
    return authority if authority.exists() else None


def call(asked: Call, access: Access) -> tuple[int, object]:
    """Status and body. Raises Unusable where no server answers, or the credentials are refused."""
    import httpx  # slow to load, and only needed here

    headers = {"content-type": "application/json"} if asked.has_body else {}
    body = json.dumps(asked.body) if asked.has_body else None
    with httpx.Client(base_url=access.issuer, verify=_verify(access), timeout=TIMEOUT, trust_env=False) as client:
        try:
            headers["authorization"] = f"Bearer {_token(client, access)}"
            answer = client.request(asked.method, f"api/v2/{asked.path}", params=asked.query, headers=headers, content=body)
        except httpx.TransportError as fault:
            why = str(fault) or type(fault).__name__
            raise Unusable(f"no server answers at {access.issuer} ({why}): is `yett serve` running?") from None
    return answer.status_code, _decoded(answer.content)


def _verify(access: Access) -> ssl.SSLContext | bool:
    if not access.issuer.startswith("https:"):
        return False
    context = ssl.create_default_context()
    if access.trust:
        context.load_verify_locations(access.trust)
    return context


def _token(client: "httpx.Client", access: Access) -> str:
    answer = client.post(
        "oauth/token",
        data={
            "grant_type": "client_credentials",
            "client_id": access.client_id,
            "client_secret": access.client_secret,
            "audience": f"{access.issuer}api/v2/",
        },
    )
    body = _decoded(answer.content)
    if not answer.is_success or not isinstance(body, dict):
        said = body.get("error_description") or body.get("error") if isinstance(body, dict) else ""
        raise Unusable(f"{access.issuer} gives no token ({answer.status_code} {said or 'no reason'}): `yett admin reset` makes new credentials")
    return str(body["access_token"])


def _decoded(content: bytes) -> object:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode(errors="replace")
