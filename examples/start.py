"""Starts the server, a back-end and a front-end together, says what to open, and ends all of them on Ctrl-C."""

import argparse
import json
import os
import secrets
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx

HERE = Path(__file__).parent
YETT = Path(sys.executable).parent / "yett"
NODE_AT_LEAST, PATIENCE = 20, 90.0
API = "https://api.harbour.example/"
MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"
# What the API demands of whoever asks for one of its scopes: no application can leave it out.
SCOPES: Sequence[Mapping[str, Any]] = (
    {"value": "read:accounts", "description": "See your accounts"},
    {"value": "read:statements", "description": "See your statements", "requirement": {"acr_values": [MULTI_FACTOR], "max_age": 2592000}},
    {"value": "transfer:funds", "description": "Send money", "requirement": {"acr_values": [MULTI_FACTOR], "max_age": 300, "lifetime": 300}},
    {"value": "transfer:large", "description": "Send a large sum once", "requirement": {"acr_values": [MULTI_FACTOR], "one_use": True}},
)
FRONTS: Mapping[str, Sequence[str]] = {
    "react": ("node", "../node_modules/vite/bin/vite.js"),
    "vue": ("node", "../node_modules/vite/bin/vite.js"),
    "angular": ("node", "../node_modules/@angular/cli/bin/ng.js", "serve", "--ssl"),
    "nextjs": ("node", "../node_modules/next/dist/bin/next", "dev", "-H", "localhost", "--experimental-https"),
}
BACKS: Mapping[str, Sequence[str]] = {
    "express": ("node", "examples/express/guarded.mjs"),
    "express-by-hand": ("node", "examples/express/by-hand.mjs"),
    "flask": (sys.executable, "-m", "flask", "--app", "examples.flask.guarded", "run"),
    "flask-by-hand": (sys.executable, "-m", "flask", "--app", "examples.flask.by_hand", "run"),
    "fastapi": (sys.executable, "-m", "uvicorn", "examples.fastapi.app:app"),
    "django": (sys.executable, "-m", "uvicorn", "examples.django.app:app"),
    "litestar": (sys.executable, "-m", "uvicorn", "examples.litestar.app:app"),
}


class Ports(NamedTuple):
    """Where the server, the front-end and the back-end listen."""

    server: int = 8000
    front: int = 3000
    back: int = 3001


class Running(NamedTuple):
    """The programs by name, and what they were told."""

    programs: Mapping[str, subprocess.Popen[bytes]]
    seed: Mapping[str, str]


class Ended(Exception):
    """One of the programs ended by itself."""


# --- the server's own part: an API, an application, and who may spend what is good for one use ------------------------


class Management:
    """The management API, with the credentials of DIR/admin.json."""

    def __init__(self, folder: Path) -> None:
        admin = json.loads((folder / "admin.json").read_text())
        self.issuer: str = admin["issuer"]
        self.trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))
        self.http = httpx.Client(verify=self.trust, timeout=PATIENCE)
        named = {name: admin[name] for name in ("client_id", "client_secret", "audience")}
        token = self.http.post(f"{self.issuer}oauth/token", json={"grant_type": "client_credentials", **named}).raise_for_status()
        self.http.headers["authorization"] = f"Bearer {token.json()['access_token']}"

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        """The answer's JSON. Raises httpx.HTTPStatusError."""
        answer = self.http.request(method, f"{self.issuer}api/v2/{path}", json=body)
        return answer.raise_for_status().json()

    def close(self) -> None:
        """Close its connections."""
        self.http.close()

    def api(self) -> None:
        """The bank's API, as it is described above."""
        wanted = {"name": "Harbour Bank", "scopes": SCOPES, "token_lifetime": 3600, "token_lifetime_for_web": 3600}
        if any(one["identifier"] == API for one in self("GET", "resource-servers")):
            self("PATCH", f"resource-servers/{quote(API, safe='')}", wanted)
        else:
            self("POST", "resource-servers", {"identifier": API, **wanted})

    def client(self, name: str, **wanted: object) -> tuple[str, str]:
        """Id and secret of the application of this name, made as it is wanted."""
        known = next((one for one in self("GET", "clients") if one["name"] == name), None)
        if known is None:
            made = self("POST", "clients", {"name": name, **wanted})
            return made["client_id"], made.get("client_secret", "")
        self("PATCH", f"clients/{known['client_id']}", wanted)
        return known["client_id"], self("POST", f"clients/{known['client_id']}/rotate-secret")["client_secret"]


def seeded(folder: Path, front: str, ports: Ports) -> dict[str, str]:
    """What the programs are told of it, as environment variables."""
    home = f"https://localhost:{ports.front}"
    with closing(Management(folder)) as management:
        return _seeded(management, home, front)


def _seeded(management: Management, home: str, front: str) -> dict[str, str]:
    management.api()
    spa = front != "nextjs"
    client, secret = management.client(
        f"Harbour Bank ({front})",
        app_type="spa" if spa else "regular_web",
        callbacks=[home if spa else f"{home}/auth/callback"],
        web_origins=[home],
        allowed_logout_urls=[home],
    )
    # The API itself, as a client: it may ask about its own tokens, and spend those that are good for one use.
    itself, its_secret = management.client(
        "Harbour Bank API", app_type="resource_server", resource_server_identifier=API, token_endpoint_auth_method="client_secret_basic"
    )
    return {
        "YETT_ISSUER": management.issuer,
        "YETT_AUDIENCE": API,
        "YETT_CLIENT_ID": itself,
        "YETT_CLIENT_SECRET": its_secret,
        "YETT_CLIENTS": client,
        "AUTH0_CLIENT_ID": client,
        "AUTH0_CLIENT_SECRET": secret,
    }


# --- programs -----------------------------------------------------------------------------------------------------------


@contextmanager
def running(name: str, command: Sequence[str], folder: Path, cwd: Path, environ: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program, and whatever it starts, until the block ends. What it says goes to DIR/NAME.log."""
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen(command, cwd=cwd, env={**os.environ, **environ}, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        yield process
    finally:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, sign)
                process.wait(5)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue


def await_answer(url: str, name: str, folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Until it answers, whatever it answers. Raises Ended where it never will."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        authority = folder / "ca.pem"
        try:
            httpx.get(url, verify=ssl.create_default_context(cafile=str(authority)) if authority.exists() else True, timeout=PATIENCE)
        except (httpx.HTTPError, ssl.SSLError):
            time.sleep(0.1)
        else:
            return
    raise Ended(f"{name} did not start:\n{(folder / f'{name}.log').read_text()[-2000:]}")


def frontend(front: str, ports: Ports, seed: Mapping[str, str], folder: Path) -> tuple[list[str], dict[str, str]]:
    """Its command and its environment: what the SDKs are told, and a certificate of the server's own authority."""
    command, domain, api = list(FRONTS[front]), f"localhost:{ports.server}", f"http://127.0.0.1:{ports.back}"
    chain, key, client = str(folder / "tls.pem"), str(folder / "tls.key"), seed["AUTH0_CLIENT_ID"]
    environ = {"PORT": str(ports.front), "API": api, "TLS_CERT": chain, "TLS_KEY": key, "NODE_EXTRA_CA_CERTS": str(folder / "ca.pem")}
    if front == "angular":
        told = {"AUTH0_DOMAIN": domain, "AUTH0_CLIENT_ID": client, "AUTH0_AUDIENCE": API}
        command += ["--port", str(ports.front), "--ssl-cert", chain, "--ssl-key", key]
        command += [word for name, value in told.items() for word in ("--define", f"{name}='{value}'")]
    elif front == "nextjs":
        command += ["-p", str(ports.front), "--experimental-https-cert", chain, "--experimental-https-key", key]
        # It takes the authorities that it trusts from here, and not from the environment.
        command += ["--experimental-https-ca", str(folder / "ca.pem")]
        environ |= {"AUTH0_DOMAIN": f"https://{domain}", "AUTH0_AUDIENCE": API, "AUTH0_SECRET": secrets.token_hex(32), "NEXT_TELEMETRY_DISABLED": "1"}
        environ |= {"APP_BASE_URL": f"https://localhost:{ports.front}", "AUTH0_CLIENT_ID": client, "AUTH0_CLIENT_SECRET": seed["AUTH0_CLIENT_SECRET"]}
    else:
        environ |= {"VITE_AUTH0_DOMAIN": domain, "VITE_AUTH0_CLIENT_ID": client, "VITE_AUTH0_AUDIENCE": API}
    return command, environ


def backend(back: str, ports: Ports, seed: Mapping[str, str], folder: Path) -> tuple[list[str], dict[str, str]]:
    """Its command and its environment."""
    command = list(BACKS[back])
    if command[0] == sys.executable:
        command += ["--port", str(ports.back)]
    authority = str(folder / "ca.pem")
    return command, {**seed, "PORT": str(ports.back), "NODE_EXTRA_CA_CERTS": authority, "SSL_CERT_FILE": authority}


@contextmanager
def example(front: str, back: str, folder: Path, ports: Ports) -> Iterator[Running]:
    """All three, until the block ends. Raises Ended."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        serve = [str(YETT), "serve", "--demo", "--tls", "auto", "--dir", str(folder), "--listen", f"localhost:{ports.server}"]
        server = stack.enter_context(running("server", serve, folder, HERE, {}))
        await_answer(f"https://localhost:{ports.server}/healthz", "server", folder, server)
        seed = seeded(folder, front, ports)
        command, environ = backend(back, ports, seed, folder)
        behind = stack.enter_context(running(back, command, folder, HERE.parent, environ))
        command, environ = frontend(front, ports, seed, folder)
        before = stack.enter_context(running(front, command, folder, HERE / front, environ))
        await_answer(f"http://127.0.0.1:{ports.back}/api/account", back, folder, behind)
        # Next.js compiles what is asked for: whoever opens it shall not wait for that.
        for path in ("", "api/account") if front == "nextjs" else ("",):
            await_answer(f"https://localhost:{ports.front}/{path}", front, folder, before)
        yield Running({"server": server, back: behind, front: before}, seed)


def main(argv: Sequence[str]) -> int:
    """Until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=(*FRONTS, *BACKS), help="a front-end, or a back-end (with React before it)")
    parser.add_argument("--back", choices=tuple(BACKS), default="express")
    parser.add_argument("--dir", type=Path, default=Path("var-demo/example"))
    parser.add_argument("--ports", type=lambda said: Ports(*map(int, said.split(","))), default=Ports(), help="server,front,back")
    asked = parser.parse_args(argv)
    front, back = (asked.name, asked.back) if asked.name in FRONTS else ("react", asked.name)
    if not node_is_there():
        print(f"Node {NODE_AT_LEAST} or newer is missing: install it first", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = asked.dir.resolve()
    try:
        with example(front, back, folder, asked.ports) as started:
            demo = json.loads((folder / "demo.json").read_text())
            print(f"Open  https://localhost:{asked.ports.front}   ({front} with {back}; Ctrl-C ends all)")
            print(f"  user      {demo['email']}  password {demo['password']}")
            print(f"  messages  {demo['issuer']}dev/outbox")
            print(f"  trust     {folder / 'ca.pem'} in your browser first (or accept the warning at both addresses)", flush=True)
            while all(one.poll() is None for one in started.programs.values()):
                time.sleep(0.2)
    except KeyboardInterrupt:
        return 0
    except Ended as fault:
        print(fault, file=sys.stderr)
    else:
        print(f"one of them ended; see {folder}/*.log", file=sys.stderr)
    return 1


def node_is_there() -> bool:
    """New enough."""
    node = shutil.which("node")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout if node else ""
    return int(said.lstrip("v").partition(".")[0] or 0) >= NODE_AT_LEAST


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
