"""The configuration: parsed once, every fault at once."""

import base64
from pathlib import Path

import pytest

from yett.config import Address, Config, Faulty, Tls, parse


def faults(flags: dict[str, object], environ: dict[str, str] | None = None) -> dict[str, str]:
    with pytest.raises(Faulty) as caught:
        parse(flags, environ or {})
    return {fault.where: fault.says for fault in caught.value.faults}


def test_nothing_needs_to_be_configured() -> None:
    config = parse({}, {})
    assert config.dir == Path("var")
    assert config.listen == (Address("127.0.0.1", 8000), Address("::1", 8000, optional=True))
    assert config.issuer == "http://localhost:8000/"
    assert config.database == f"sqlite:///{Path.cwd()}/var/yett.db"
    assert (config.workers, config.tls, config.regime, config.demo) == (1, None, "", False)


def test_a_flag_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "yett.toml"
    file.write_text('listen = "127.0.0.1:1"\nvalkey = "valkey://file"\nregime = "psd2"\n')
    config = parse({"config": file, "listen": "127.0.0.1:3"}, {"YETT_LISTEN": "127.0.0.1:2", "YETT_VALKEY": "valkey://environment"})
    assert config.listen == (Address("127.0.0.1", 3),)
    assert config.valkey == "valkey://environment"
    assert config.regime == "psd2"


def test_every_fault_is_reported_at_once_with_where_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "yett.toml"
    file.write_text('trusted_proxies = ["10.0.0.1/8"]\nlog_level = "loud"\nisuer = "https://id.example/"\n')
    found = faults({"config": file, "listen": "nowhere", "tls": "cert.pem"}, {"YETT_WORKERS": "many", "YETT_KEK": "c2hvcnQ="})
    assert set(found) == {
        "--listen",
        "--tls",
        "YETT_WORKERS",
        "YETT_KEK",
        "config file, trusted_proxies",
        "config file, log_level",
        "config file, isuer",
    }
    assert found["config file, isuer"] == "there is no such setting"


@pytest.mark.parametrize(
    "text,addresses",
    [
        ("0.0.0.0:8443", [("0.0.0.0", 8443)]),
        (":8443", [("0.0.0.0", 8443)]),
        ("[::]:80", [("::", 80)]),
        ("localhost:9000", [("127.0.0.1", 9000), ("::1", 9000)]),
        ("127.0.0.1:1,[::1]:2", [("127.0.0.1", 1), ("::1", 2)]),
    ],
)
def test_a_listener_is_host_and_port(text: str, addresses: list[tuple[str, int]]) -> None:
    config = parse({"listen": text, "issuer": "https://id.example/"}, {})
    assert [(one.host, one.port) for one in config.listen] == addresses


@pytest.mark.parametrize("text", ["8000", "127.0.0.1", "::1:8000", "127.0.0.1:99999", "example.com:80", "127.0.0.1:-1"])
def test_what_is_no_listener_is_refused(text: str) -> None:
    assert set(faults({"listen": text})) == {"--listen"}


@pytest.mark.parametrize(
    "text,issuer",
    [
        ("https://id.example", "https://id.example/"),
        ("https://id.example:443/", "https://id.example/"),
        ("https://ID.example:8443/", "https://id.example:8443/"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/"),
        ("http://[::1]:8000", "http://[::1]:8000/"),
        ("http://app.localhost:3000/", "http://app.localhost:3000/"),
    ],
)
def test_an_issuer_has_one_form(text: str, issuer: str) -> None:
    assert parse({"issuer": text}, {}).issuer == issuer


@pytest.mark.parametrize(
    "text",
    [
        "id.example",
        "http://id.example/",
        "https://id.example/tenant/",
        "https://id.example/?a=b",
        "https://user@id.example/",
        "ftp://id.example/",
        "https://id.example:x/",
    ],
)
def test_what_is_no_issuer_is_refused(text: str) -> None:
    assert set(faults({"issuer": text})) == {"--issuer"}


def test_the_issuer_follows_the_port_once_it_is_known() -> None:
    config = parse({"listen": "127.0.0.1:0", "tls": "auto"}, {})
    assert config.issuer == ""
    assert config.at(4711).issuer == "https://localhost:4711/"


def test_tls_and_the_issuer_agree() -> None:
    assert set(faults({"issuer": "http://localhost:8000/", "tls": "auto"})) == {"--issuer"}
    assert parse({"tls": "auto"}, {}).issuer == "https://localhost:8000/"
    assert parse({"tls": "auto"}, {}).tls == Tls()


def test_other_machines_need_an_issuer_that_they_can_reach() -> None:
    assert set(faults({"listen": "0.0.0.0:8000"})) == {"--issuer"}


def test_sqlite_is_one_process() -> None:
    assert "SQLite is one process" in faults({"workers": "2"})["--workers"]
    assert parse({"workers": "2", "database": "postgres://db/yett"}, {}).database == "postgresql://db/yett"


def test_a_demo_has_its_own_folder_and_listens_to_nobody_else() -> None:
    assert parse({"demo": True}, {}).dir == Path("var-demo")
    assert set(faults({"demo": True, "listen": "0.0.0.0:8000", "issuer": "https://id.example/"})) == {"--listen"}


def test_secrets_are_in_no_representation() -> None:
    key = base64.b64encode(b"k" * 32).decode()
    config = parse(
        {"database": "postgresql://yett:hunter2@db/yett"},
        {"YETT_KEK": key, "YETT_SMTP": "smtp://yett:hunter3@mail.example:2525?from=id@example.com", "YETT_VALKEY": "valkey://:hunter4@cache"},
    )
    assert config.smtp[0].password == "hunter3"
    assert config.kek == key
    for secret in ("hunter", key):
        assert secret not in repr(config)


def providers(tmp_path: Path, text: str, **environ: str) -> Config:
    file = tmp_path / "yett.toml"
    file.write_text(text)
    return parse({"config": file}, environ)


def test_mail_providers_are_tried_in_the_order_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from a file\n")
    text = f'[[smtp]]\nhost = "a.example"\nusername = "u"\npassword_file = "{tmp_path}/password"\n[[smtp]]\nhost = "b.example"\nsecurity = "tls"\n'
    one, other = providers(tmp_path, text).smtp
    assert (one.host, one.port, one.security, one.password) == ("a.example", 587, "starttls", "from a file")
    assert (other.host, other.port, other.security) == ("b.example", 465, "tls")


@pytest.mark.parametrize(
    "text", ["port = 25", 'host = "a"\nsecurity = "maybe"', 'host = "a"\nusername = "u"', 'host = "a"\nhots = 1', 'host = "a"\nport = "x"']
)
def test_a_mail_provider_that_cannot_work_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Faulty):
        providers(tmp_path, f"[[smtp]]\n{text}\n")


def test_a_config_file_that_is_not_there_is_a_fault_like_others(tmp_path: Path) -> None:
    assert set(faults({"config": tmp_path / "none.toml", "workers": "0"})) == {"--config", "--workers"}


PROVIDERS = """
[[sms]]
name = "twilio"
sid = "AC00000000000000000000000000000000"
default_from = "+15005550006"
auth_token_file = "{token}"

[[sms]]
name = "smpp"
host = "smsc.example.test"
port = 2775
tls = true

[[voice]]
name = "webhook"
url = "https://calls.example.test/"

[[email]]
name = "postmark"
"""


def test_providers_are_read_in_their_order_with_secrets_from_files_and_the_environment(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("of twilio\n")
    file = tmp_path / "yett.toml"
    file.write_text(PROVIDERS.format(token=tmp_path / "token"))
    (tmp_path / "pass").write_text("of smpp")
    environ = {"YETT_SMS_SMPP_PASSWORD_FILE": str(tmp_path / "pass"), "YETT_VOICE_WEBHOOK_SECRET": "of voice", "YETT_EMAIL_POSTMARK_API_KEY": "of mail"}
    config = parse({"config": str(file)}, environ)
    assert [(one.channel, one.name) for one in config.providers] == [("email", "postmark"), ("sms", "twilio"), ("sms", "smpp"), ("voice", "webhook")]
    mail, twilio, smpp, voice = (one.told for one in config.providers)
    assert twilio["auth_token"] == "of twilio"
    assert (smpp["password"], smpp["port"], smpp["tls"]) == ("of smpp", "2775", "on")
    assert (voice["secret"], mail["api_key"]) == ("of voice", "of mail")
    assert "of twilio" not in repr(config)


@pytest.mark.parametrize(
    "text, says",
    [
        ('[[sms]]\nsid = "x"', "name is missing"),
        ("sms = 3", "one [[sms]] table"),
        ('[[voice]]\nname = "twilio"\nauth_token_file = "/nonexistent"', "cannot read /nonexistent"),
        ('[[email]]\nname = "smtp"\nsmtp_port = [1]', "smtp_port is neither text nor a number"),
    ],
)
def test_what_is_wrong_with_a_provider_is_said(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "yett.toml"
    file.write_text(text)
    with pytest.raises(Faulty) as told:
        parse({"config": str(file)}, {})
    assert says in str(told.value)


def test_everything_that_is_missing_of_every_provider_is_said_at_once_and_no_value_is_quoted(tmp_path: Path) -> None:
    from yett.house.mail import own_providers

    file = tmp_path / "yett.toml"
    file.write_text('[[sms]]\nname = "twilio"\nsid = "wrong-sid"\n[[sms]]\nname = "nobody"\n[[email]]\nname = "mailgun"\ncolour = "red"\n')
    with pytest.raises(Faulty) as told:
        own_providers(parse({"config": str(file)}, {}).at(8000), lambda: 0, lambda *_: None)
    mail, twilio, nobody = told.value.faults
    assert (mail.where, twilio.where) == ("config file, email", "config file, sms")
    assert all(part in mail.says for part in ("colour: there is no such setting", "api_key is missing", "domain is missing"))
    assert all(part in twilio.says for part in ("auth_token is missing", "sid is not right", "one of default_from and mssid is missing"))
    assert "there is no provider of that name for sms" in nobody.says
    assert "wrong-sid" not in str(told.value)


def test_a_host_is_protected_by_a_table_or_in_a_word(tmp_path: Path) -> None:
    text = 'trusted_proxies = ["10.0.0.1"]\n[[protect]]\nurl = "https://wiki.example.com"\nacr = ["phr", "phrh"]\nmax_age = 600\n[[protect]]\nurl = "http://localhost:9000/"\n'
    wiki, local = providers(tmp_path, text).protect
    assert (wiki.origin, wiki.acrs, wiki.max_age) == ("https://wiki.example.com", ("phr", "phrh"), 600)
    assert (local.origin, local.acrs, local.max_age) == ("http://localhost:9000", (), None)
    environ = {"YETT_PROTECT": "https://wiki.example.com?acr=phr%20phrh&max_age=600 http://localhost:9000", "YETT_TRUSTED_PROXIES": "10.0.0.1"}
    assert parse({}, environ).protect == (wiki, local)


@pytest.mark.parametrize(
    "protect, says",
    [
        ("https://wiki.example.com?arc=phr", "arc: no such setting"),
        ("https://wiki.example.com?acr=mfa", "mfa: no acr"),
        ("https://wiki.example.com?acr=phr&acr=phrh", "says something twice"),
        ("https://wiki.example.com?max_age=1h", "is not a number"),
        ("https://wiki.example.com?max_age=1", "lets nobody in"),
        ("http://wiki.example.com", "loopback interface alone"),
        ("https://wiki.example.com/path", "is not https://host"),
        ("https://a.example https://A.example:443", "stands there twice"),
        ("https://login.example.com", "cannot stand behind itself"),
    ],
)
def test_a_host_that_would_be_open_or_shut_by_mistake_is_a_fault(protect: str, says: str) -> None:
    environ = {"YETT_PROTECT": protect, "YETT_TRUSTED_PROXIES": "10.0.0.1", "YETT_ISSUER": "https://login.example.com/"}
    with pytest.raises(Faulty, match=says):
        parse({}, environ)


def test_a_host_is_protected_by_a_trusted_proxy_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(Faulty, match="trusted_proxies"):
        parse({}, {"YETT_PROTECT": "https://wiki.example.com"})
    with pytest.raises(Faulty, match="table for each host"):
        providers(tmp_path, "protect = 3")
