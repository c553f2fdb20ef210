"""`yett`, used from the outside: one server and the commands beside it."""

import json
import os
import signal
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli.running import Running, serving, yett
from yett import __version__


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that needed no configuration, for the tests that leave it as it was."""
    with serving(tmp_path_factory.mktemp("served")) as running:
        yield running


def test_the_first_start_needs_nothing_and_keeps_everything_in_one_private_folder(served: Running) -> None:
    admin = served.file("admin.json")
    assert admin["issuer"] == served.issuer
    assert admin["audience"] == f"{served.issuer}api/v2/"
    assert served.issuer == f"http://{admin['domain']}/"
    assert stat.S_IMODE(served.folder.stat().st_mode) == 0o700
    for file in served.folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_health_is_answered_with_no_name_of_the_server(served: Running) -> None:
    for path in ("healthz", "readyz", "metrics"):
        answer = httpx.get(served.issuer + path)
        assert answer.status_code == 200, path
        assert "server" not in answer.headers


def test_the_management_api_is_called_with_auth0s_words(served: Running) -> None:
    said = yett("api", "get", "guardian/factors", cwd=served.folder.parent)
    assert said.status == 0
    assert {one["name"] for one in json.loads(said)} >= {"otp", "email", "recovery-code"}
    for words in (("guardian/factors",), ("/guardian/factors",), ("GET", "api/v2/guardian/factors")):
        assert yett("api", *words, cwd=served.folder.parent) == said
    assert json.loads(yett("api", "put", "guardian/factors/otp", "--data", '{"enabled":true}', cwd=served.folder.parent)) == {"enabled": True}


def test_a_query_may_be_given_in_pieces(served: Running) -> None:
    said = yett("api", "get", "clients", "-q", "fields=name", "-q", "include_fields=true", cwd=served.folder.parent)
    assert {tuple(one) for one in json.loads(said)} == {("name",)}


def test_a_refusal_is_printed_and_is_the_exit_status(served: Running) -> None:
    said = yett("api", "get", "users/auth0|nobody", cwd=served.folder.parent)
    assert said.status == 1
    assert json.loads(said)["statusCode"] == 404


@pytest.mark.parametrize(
    "args,why",
    [
        (("api", "get", "users", "--data", "{"), "--data is not JSON"),
        (("api", "fetch", "users"), "FETCH is none of"),
        (("api", "get", "users", "-q", "novalue"), "is not key=value"),
    ],
)
def test_a_call_that_cannot_be_made_is_said_in_one_line(served: Running, args: tuple[str, ...], why: str) -> None:
    said = yett(*args, cwd=served.folder.parent)
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert why in said.err


def test_credentials_may_come_from_the_environment(served: Running, tmp_path: Path) -> None:
    admin = served.file("admin.json")
    given = {"YETT_DOMAIN": served.issuer, "YETT_CLIENT_ID": admin["client_id"], "YETT_CLIENT_SECRET": admin["client_secret"]}
    assert yett("api", "get", "guardian/policies", cwd=tmp_path, env=given).status == 0
    wrong = yett("api", "get", "guardian/policies", cwd=tmp_path, env={**given, "YETT_CLIENT_SECRET": "wrong"})
    assert (wrong.status, wrong.err.count("\n")) == (1, 1)
    assert "gives no token" in wrong.err
    half = yett("api", "get", "guardian/policies", cwd=tmp_path, env={"YETT_DOMAIN": served.issuer})
    assert "give all of" in half.err


def test_where_nothing_runs_one_line_says_so(tmp_path: Path) -> None:
    assert "no var/admin.json" in yett("api", "get", "users", cwd=tmp_path).err
    given = {"YETT_DOMAIN": "http://127.0.0.1:9", "YETT_CLIENT_ID": "a", "YETT_CLIENT_SECRET": "b"}
    said = yett("api", "get", "users", cwd=tmp_path, env=given)
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert "no server answers" in said.err


def test_a_second_server_on_one_sqlite_is_refused_with_the_reason(served: Running) -> None:
    said = yett("serve", "--listen", "127.0.0.1:0", cwd=served.folder.parent)
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert "SQLite is for one process" in said.err


def test_users_are_created_while_the_server_runs(served: Running) -> None:
    said = yett("users", "create", "--email", "ada@example.com", "--password-stdin", "--verified", "--json", cwd=served.folder.parent, given="correct horse\n")
    made = json.loads(said)
    found = json.loads(yett("api", "get", f"users/{made['user_id']}", cwd=served.folder.parent))
    assert (found["email"], found["email_verified"]) == ("ada@example.com", True)
    again = yett("users", "create", "--email", "ADA@example.com", "--password", "correct horse", cwd=served.folder.parent)
    assert (again.status, again.err) == (1, "yett: there is an account for ada@example.com already\n")


def test_nobody_is_asked_for_a_password_where_nobody_is(served: Running) -> None:
    said = yett("users", "create", "--email", "bob@example.com", cwd=served.folder.parent)
    assert said.status == 1
    assert "--password-stdin" in said.err


def test_keys_are_rotated_while_the_server_runs(served: Running) -> None:
    said = yett("keys", "rotate", cwd=served.folder.parent)
    assert said.status == 0
    assert "every secret is sealed under the new key" in said
    assert yett("api", "get", "guardian/factors", cwd=served.folder.parent).status == 0


def test_a_restore_is_not_declared_while_the_server_runs(served: Running) -> None:
    said = yett("db", "restored", cwd=served.folder.parent)
    assert (said.status, said.err) == (1, "yett: `yett db restored` is not done while the server runs: stop it first\n")


def test_the_doctor_finds_a_running_server_well(served: Running) -> None:
    said = yett("doctor", "--json", cwd=served.folder.parent)
    found = {one["name"]: one["level"] for one in json.loads(said)}
    assert said.status == 0
    assert found.pop("smtp") == "warn"
    assert set(found.values()) == {"ok"}
    assert set(found) >= {"store", "issuer", "files", "kek", "tls", "clock", "keys", "admin", "lockout", "demo", "regime", "webauthn"}


def test_the_administrators_old_credentials_are_void_after_a_reset(served: Running) -> None:
    old = served.file("admin.json")
    assert yett("admin", "reset", cwd=served.folder.parent).status == 0
    new = served.file("admin.json")
    assert new["client_id"] != old["client_id"]
    assert yett("api", "get", "guardian/factors", cwd=served.folder.parent).status == 0
    given = {"YETT_DOMAIN": served.issuer, "YETT_CLIENT_ID": old["client_id"], "YETT_CLIENT_SECRET": old["client_secret"]}
    assert "gives no token" in yett("api", "get", "guardian/factors", cwd=served.folder.parent, env=given).err


def test_no_secret_is_in_the_log_or_in_what_is_printed(served: Running) -> None:
    admin = served.file("admin.json")
    assert admin["client_secret"] not in served.log() + served.printed
    assert "correct horse" not in served.log()


def test_both_loopback_addresses_answer_where_there_are_both(tmp_path: Path) -> None:
    with serving(tmp_path, listen="localhost:0") as running:
        port = int(running.issuer.rstrip("/").rpartition(":")[2])
        answered = {
            host: httpx.get(f"http://{host}:{port}/healthz").status_code for host in ("127.0.0.1", "[::1]") if host != "[::1]" or "::1" not in running.log()
        }
    assert set(answered.values()) == {200}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_asked_to_stop_leaves_in_order(tmp_path: Path, how: signal.Signals) -> None:
    with serving(tmp_path) as running:
        assert running.stop(how) == 0
        assert "Traceback" not in running.log()
        assert not (running.folder / "control.sock").exists()


def test_what_was_decided_outlives_the_server_and_can_be_changed_without_it(tmp_path: Path) -> None:
    with serving(tmp_path, "--regime", "pci-dss-4") as running:
        assert "regime pci-dss-4" in running.printed
        issuer = running.issuer
        running.stop()
    assert yett("regime", "set", "nist-aal2", cwd=tmp_path) == "the regime is nist-aal2; it was pci-dss-4\n"
    assert yett("users", "create", "--email", "ada@example.com", "--password", "correct horse battery", cwd=tmp_path).status == 0
    assert "epoch 2" in yett("db", "restored", cwd=tmp_path)
    assert yett("db", "upgrade", cwd=tmp_path).status == 0
    assert yett("admin", "reset", cwd=tmp_path).status == 0
    assert json.loads((tmp_path / "var" / "admin.json").read_text())["issuer"] == issuer
    refused = yett("serve", "--listen", "127.0.0.1:0", "--regime", "auth0", cwd=tmp_path)
    assert (refused.status, refused.err.count("\n")) == (1, 1)
    assert "the store's regime is nist-aal2, not auth0" in refused.err


def test_a_policy_with_no_factor_is_found_by_the_doctor_before_anybody_is_locked_out(tmp_path: Path) -> None:
    with serving(tmp_path) as running:
        yett("api", "put", "guardian/policies", "--data", '["all-applications"]', cwd=tmp_path)
        running.stop()
    said = yett("doctor", cwd=tmp_path)
    assert said.status == 1
    assert "nobody gets in" in said
    assert "yett api put guardian/factors/otp" in said


def test_every_fault_of_the_configuration_is_said_at_once(tmp_path: Path) -> None:
    said = yett("serve", "--listen", "here", "--workers", "2", "--issuer", "http://id.example/", cwd=tmp_path, env={"YETT_LOG_LEVEL": "loud"})
    assert said.status == 2
    assert [line.split(": ")[1] for line in said.err.splitlines()] == ["--listen", "--issuer", "YETT_LOG_LEVEL", "--workers"]
    assert not (tmp_path / "var").exists()


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = yett("serve", "--listen", "127.0.0.1:0", "--dir", "file/below", cwd=tmp_path)
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert "file/below" in said.err


def test_a_key_that_is_no_text_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir(mode=0o700)
    (tmp_path / "var/kek").write_bytes(b"\xd3\xff\x00" * 11)
    said = yett("serve", "--listen", "127.0.0.1:0", cwd=tmp_path)
    assert (said.status, said.err) == (1, "yett: the key-encryption key in var/kek is not base64\n")


def test_the_version_and_help_are_said_in_plain_words(tmp_path: Path) -> None:
    assert yett("--version", cwd=tmp_path) == f"yett {__version__}\n"
    for words in (("--help",), ("users", "--help"), ("api", "--help")):
        assert yett(*words, cwd=tmp_path).isascii(), words
    unknown = yett("nonsense", cwd=tmp_path)
    assert (unknown.status, unknown.err.splitlines()[-1]) == (2, "Error: No such command 'nonsense'.")


def test_the_first_start_names_a_call_that_works_as_it_stands(tmp_path: Path) -> None:
    with serving(tmp_path, "--dir", "elsewhere", folder="elsewhere") as running:
        words = running.printed.split("try `yett ")[1].split("`")[0]
        assert yett(*words.split(), cwd=tmp_path).status == 0


def test_a_local_authority_is_made_for_https_and_trusted_by_the_command_line(tmp_path: Path) -> None:
    with serving(tmp_path, "--tls", "auto", "--issuer", "https://id.yett.test:9443/") as running:
        assert running.issuer == "https://id.yett.test:9443/"
        assert "var/ca.pem" in running.printed
        modes = {name: stat.S_IMODE((running.folder / name).stat().st_mode) for name in ("ca.pem", "ca.key", "tls.key")}
        assert modes == {"ca.pem": 0o644, "ca.key": 0o600, "tls.key": 0o600}
    with serving(tmp_path, "--tls", "auto") as running:
        trusted = ssl.create_default_context(cafile=str(running.folder / "ca.pem"))
        assert httpx.get(f"{running.issuer}healthz", verify=trusted).status_code == 200
        assert yett("api", "get", "guardian/factors", cwd=tmp_path).status == 0
        assert running.file("admin.json")["audience"] == f"{running.issuer}api/v2/"


def test_a_demo_prints_what_it_made_at_every_start(tmp_path: Path) -> None:
    with serving(tmp_path, "--demo", folder="var-demo") as running:
        running.stop()
        demo, first = running.file("demo.json"), running.printed
    with serving(tmp_path, "--demo", folder="var-demo", listen=f"127.0.0.1:{demo['domain'].rpartition(':')[2]}") as running:
        assert yett("api", "get", "guardian/factors", cwd=tmp_path).status == 0
        running.stop()
        assert running.file("demo.json") == demo
    for printed in (first, running.printed):
        for value in (demo["client_id"], demo["email"], demo["password"], demo["api"], "dev/outbox", "demo.json"):
            assert value in printed


def test_a_demo_and_a_real_server_refuse_each_others_store(tmp_path: Path) -> None:
    with serving(tmp_path, "--demo", folder="var-demo") as running:
        running.stop()
    with serving(tmp_path) as running:
        running.stop()
    assert "made by --demo" in yett("serve", "--listen", "127.0.0.1:0", "--dir", "var-demo", cwd=tmp_path).err
    assert "not a demo's" in yett("serve", "--listen", "127.0.0.1:0", "--dir", "var", "--demo", cwd=tmp_path).err
    assert not (tmp_path / "var" / "demo.json").exists()
    assert "loopback" in yett("serve", "--listen", "0.0.0.0:0", "--demo", cwd=tmp_path).err


def children(running: Running) -> set[int]:
    """The worker processes."""
    listed = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text()
    return {int(pid) for pid in listed.split()}


def test_several_processes_share_postgresql_and_end_together(tmp_path: Path, postgres_url: str) -> None:
    with serving(tmp_path, "--workers", "2", "--database", postgres_url) as running:
        workers = children(running)
        assert len(workers) == 2
        for _ in range(20):
            assert httpx.get(f"{running.issuer}readyz").status_code == 200
        assert json.loads(yett("api", "get", "clients", cwd=tmp_path))[0]["name"].startswith("Administrator")
        assert running.stop() == 0
        assert "Traceback" not in running.log()
        assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


def test_a_worker_that_dies_is_replaced(tmp_path: Path, postgres_url: str) -> None:
    with serving(tmp_path, "--workers", "2", "--database", postgres_url) as running:
        first = children(running)
        # The first of them speaks for all: its replacement says so when it serves. (The other may still tell of the first start.)
        os.kill(min(first), signal.SIGKILL)
        assert running.process.stdout is not None
        assert any(" serves " in line for line in running.process.stdout)
        assert len(children(running)) == 2
        assert children(running) & first == {max(first)}
        assert "a worker ended and is replaced" in running.log()


def test_what_no_worker_can_serve_ends_the_server_with_its_reason(tmp_path: Path, postgres_url: str) -> None:
    said = yett("serve", "--listen", "127.0.0.1:0", "--workers", "2", "--database", postgres_url, "--regime", "lax", cwd=tmp_path)
    assert said.status == 1
    assert "there is no regime 'lax'" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("words, completed", [("yett reg", {"regime"}), ("yett regime set n", {"nist-aal2", "nist-aal3"}), ("yett keys ", {"rotate"})])
def test_a_shell_completes_commands_and_names(tmp_path: Path, words: str, completed: set[str]) -> None:
    asked = {"_YETT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    assert set(yett(cwd=tmp_path, env=asked).split()) >= completed


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_each_shell(tmp_path: Path, shell: str) -> None:
    said = yett(cwd=tmp_path, env={"_YETT_COMPLETE": f"source_{shell}"})
    assert (said.status, "_YETT_COMPLETE" in said) == (0, True)
