"""What the how-tos say is what happens: their shell blocks are run in order against a demo, their answers compared."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.docs.visitor import Visitor
from tests.harness.process import unused_port
from tests.serving import YETT, serving
from yett.cli.options import serve_flags
from yett.config import parse

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]
PASSWORD = "correct horse battery"
MARK = "--- end of block ---"
ANSWERS = frozenset({"json", "text"})


class Block(NamedTuple):
    """A fenced block of a page."""

    kind: str
    text: str


class Demo(NamedTuple):
    """A server that pages are tried on."""

    folder: Path
    issuer: str
    port: int


@pytest.fixture
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One for each page: what it turns on, and how often it asks, is nothing to another."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YETT_TRUSTED_PROXIES", "127.0.0.1/32")
        with serving(folder, unused_port(), "--demo") as issuer:
            yield Demo(folder, issuer, unused_port())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_how_to_does_what_it_says(page: Path, demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = blocks(page.read_text())
    scripts = [block for block in found if block.kind == "sh"]
    assert scripts
    environ = surroundings(demo, tmp_path)
    if "$EMAIL" in page.read_text() or ".jar" in page.read_text():
        environ |= user(f"{page.stem}@example.com", demo, tmp_path)
    said = run(scripts, tmp_path, environ)
    for index, block in enumerate(found):
        if block.kind in ANSWERS:
            asked = found[index - 1]
            answer = said[scripts.index(asked)]
            assert matches(block.text, answer), f"after:\n{asked.text}\nit says:\n{answer}\nand not:\n{block.text}"
    monkeypatch.chdir(tmp_path)
    configured = [parse({"config": file.name}, {}) for file in tmp_path.glob("*.toml")]
    assert all(one.smtp or one.providers for one in configured)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_server_that_a_page_starts_would_start(page: Path, tmp_path: Path) -> None:
    lines = [line for block in blocks(page.read_text()) if block.kind == "console" for line in block.text.splitlines()]
    for line in lines:
        words = shlex.split(line.removeprefix("$ "))
        environ = {name: value for name, found, value in (word.partition("=") for word in words) if found and name.isupper()}
        command = words[len(environ) :]
        assert command[:2] == ["yett", "serve"] or command[0] in {"make", "git", "cd"}, line
        if command[:2] == ["yett", "serve"]:
            flags = {name: said for name, said in serve_flags(command[2:]).items() if said is not None}
            assert parse({"dir": str(tmp_path), **flags}, environ).issuer


def test_a_wildcard_is_all_that_an_answer_may_differ_in() -> None:
    assert matches("a\n…\nb", "a\nwhatever\nit\nwas\nb\n")
    assert matches("code=…&state=s1", "code=x&state=s1")
    assert not matches("a\nb", "a\nc\nb")
    assert not matches("code=…&state=s1", "code=x&state=s2")


def blocks(page: str) -> list[Block]:
    """All of a page, in order."""
    return [Block(kind, text) for kind, text in re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)]


def matches(wanted: str, said: str) -> bool:
    """Whether it says that; an ellipsis stands for anything."""
    pattern = ".*".join(map(re.escape, wanted.strip().split("…")))
    return re.fullmatch(pattern, said.strip(), re.DOTALL) is not None


def surroundings(demo: Demo, home: Path) -> dict[str, str]:
    """What every page takes for granted."""
    seeded = json.loads((demo.folder / "demo.json").read_text())
    return {
        "PATH": f"{YETT.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "YETT_DIR": str(demo.folder),
        "ISSUER": demo.issuer,
        "CLIENT_ID": seeded["client_id"],
        "CLIENT_SECRET": seeded["client_secret"],
        "PORT": str(demo.port),
    }


def user(email: str, demo: Demo, home: Path) -> dict[str, str]:
    """A user with an authenticator app, logged in from two browsers."""
    yett = [str(YETT), "users", "create", "--dir", str(demo.folder), "--email", email, "--password", PASSWORD, "--verified"]
    subprocess.run(yett, check=True, capture_output=True)
    Visitor(home / "password.jar").log_in(demo.issuer, email, PASSWORD)
    visitor = Visitor(home / "mfa.jar")
    visitor.log_in(demo.issuer, email, PASSWORD)
    return {"EMAIL": email, "PASSWORD": PASSWORD, "SECRET": visitor.enrol()}


def run(scripts: list[Block], home: Path, environ: Mapping[str, str]) -> list[str]:
    """All blocks in one shell, so that a variable lives on; what each of them says. The first that fails ends it."""
    script = "".join(f"{block.text}\necho '{MARK}'\n" for block in scripts)
    shell = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(shell, cwd=home, env=dict(environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    said = done.stdout.split(MARK + "\n")
    assert done.returncode == 0, f"{scripts[min(len(said), len(scripts)) - 1].text}\nsays:\n{said[-1]}"
    return said[:-1]
