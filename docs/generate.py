"""The reference, made of the code that it is about: `make docs` writes docs/reference/, a test compares it."""

import ast
import dataclasses
import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from typer.main import get_command

import yett
from yett.adapters.deliver.known import TABLE, Known, Setting
from yett.cli.app import Doors, build
from yett.cli.options import serve_parser
from yett.config import FILE_KEYS, SMTP_KEYS, Config
from yett.domain.assurance import MEANS, implies
from yett.domain.tenant import Catalogue, SigningKey, Tenant
from yett.domain.tries import Bucket
from yett.factors.base import Words
from yett.flows.deliver import LOGGED, LOGGED_TEMPLATES
from yett.http.management.table import ACCESS, BASE
from yett.http.routes import routes as routes_of
from yett.main import FACTORS
from yett.oauth import errors
from yett.oauth.metadata import discovery as document_of
from yett.policy.regimes import REGIMES, Regime
from yett.ports import Letter

HERE = Path(__file__).parent
SOURCE = Path(yett.__file__).parent
MADE = "<!-- Made by docs/generate.py: change the code, then `make docs`. -->"
DAY, HOUR, MINUTE = 86400, 3600, 60

# What no flag says of itself.
ALSO = {
    "trusted_proxies": "addresses or networks whose X-Forwarded-For is believed; several with commas (default none)",
    "kek": "the key-encryption key: base64 of 32 bytes (default: the file DIR/kek, made at the first start)",
    "smtp": "mail providers, tried in order: `[[smtp]]` tables in the file, URLs separated by spaces in the environment",
    "email": "providers for mail beside `smtp`, asked in order: `[[email]]` tables ([how](../how-to/deliver.md), [settings](providers.md))",
    "sms": "providers for text messages: `[[sms]]` tables; `YETT_SMS_PROVIDER_SETTING` holds a secret of one",
    "voice": "providers for calls: `[[voice]]` tables",
    "logout_networks": "networks that are not public, at which applications may all the same be told of a logout; several with commas (default none)",
    "protect": "hosts that [forward authentication](../how-to/forward-auth.md) protects: `[[protect]]` tables of `url`, `acr`, `max_age`",
    "metrics_token": "what whoever reads `/metrics` says (`Authorization: Bearer`); without it only this machine may read them",
    "log_level": "debug, info, warning or error (default info); the log is JSON lines on standard error",
    "address_burst": "how many passwords one address may try at once, one more every second (default 100; 0: not limited here)",
}
SMTP_SAYS = {
    "host": "needed",
    "port": 'default 587, with `security = "tls"` 465',
    "security": "starttls (default), tls or none",
    "from": "the sender; default no-reply@ and the issuer's host",
    "username": "where the provider wants one",
    "password": "better in a file: password_file",
    "password_file": "a file that holds the password; else YETT_SMTP_PASSWORD_FILE or YETT_SMTP_PASSWORD",
}
REGIME_SAYS = {
    "strict": "nothing loosens it",
    "fresh": "how young a proof must be to change factors",
    "lost_waits": "what is reported lost is deleted after",
    "attempt_lives": "an attempt lives",
    "session_idle": "a session ends when idle for",
    "session_absolute": "a session ends after",
    "grant_lives": "a grant ends after",
    "enrolment_bucket": "wrong answers of one enrolment at once, then one more every",
    "account_bucket": "wrong answers of one account at once, then one more every",
    "cap": "failures in a row that close a factor",
    "locks": "and it stays closed for",
    "remembers": "browsers may be remembered",
    "weak": "codes by e-mail count",
    "phone": "codes by SMS and voice count",
    "phone_notice": "they need a notice and an alternative",
    "phishing_resistant": "a phishing-resistant factor is",
    "push_number": "a number typed in a push is",
    "bound_approvals": "approvals bound to the transaction",
    "shortest_password": "shortest password",
    "shortest_password_alone": "shortest password that stands alone",
    "requires": "every login needs",
}
LOG_SAYS = {
    "f": "a login failed",
    "fapi": "a call of the management API failed",
    "fcpr": "a reset of a password was asked for, of nobody or too often",
    "feacft": "a code was not exchanged",
    "feoobft": "a code that was sent gave no tokens",
    "feotpft": "a code of an authenticator app gave no tokens",
    "fercft": "a recovery code gave no tokens",
    "fertft": "a refresh token was not exchanged",
    "fn": "a mail was given up",
    "fp": "a wrong password",
    "fs": "a sign-up failed",
    "fsa": "silent authentication failed",
    "fu": "no such user",
    "gd_auth_failed": "a second factor was refused",
    "gd_auth_succeed": "a second factor was accepted",
    "gd_enrollment_complete": "a factor was enrolled",
    "gd_otp_rate_limit_exceed": "too many wrong codes",
    "gd_recovery_failed": "a recovery code was refused",
    "gd_recovery_rate_limit_exceed": "too many wrong recovery codes",
    "gd_recovery_succeed": "a recovery code was accepted",
    "gd_send_email": "a mail has left",
    "gd_send_email_verification": "a code that confirms an address has left",
    "gd_send_email_verification_failure": "a code that confirms an address was given up",
    "gd_send_pn": "a push message has left",
    "gd_send_pn_failure": "a push message was given up",
    "gd_send_sms": "a text has left",
    "gd_send_sms_failure": "a text was not sent",
    "gd_send_voice": "a call was made",
    "gd_send_voice_failure": "a call was not made",
    "gd_start_auth": "a second factor was asked for",
    "gd_start_enroll": "an enrolment began",
    "gd_start_enroll_failed": "an enrolment was not completed",
    "gd_tenant_update": "factors or policies were changed",
    "gd_unenroll": "a factor was removed",
    "gd_update_device_account": "a factor, or what is known of a browser, was changed",
    "limit_mu": "the tries of an account are spent; its owner was told",
    "limit_wc": "too many wrong passwords",
    "mfar": "multi-factor is required",
    "oidc_backchannel_logout_failed": "an application was not told that a session has ended",
    "oidc_backchannel_logout_succeeded": "an application was told that a session has ended",
    "one_use": "a token for one use was consumed",
    "passkey_challenge_failed": "a passkey gave no tokens",
    "passkey_challenge_started": "an application asked for a passkey, in its own screens",
    "s": "a login",
    "sapi": "a change through the management API or a verb of the command line",
    "scp": "a password was changed by a link",
    "scpr": "a reset of a password was asked for",
    "scv": "an address was confirmed",
    "seacft": "a code was exchanged for tokens",
    "seccft": "a token for a machine",
    "seoobft": "a code that was sent was exchanged for tokens",
    "seotpft": "a code of an authenticator app was exchanged for tokens",
    "sepft": "a password was accepted at /oauth/token",
    "sercft": "a recovery code was exchanged for tokens",
    "sertft": "a refresh token was exchanged",
    "slo": "a logout",
    "srrt": "a refresh token was revoked",
    "ss": "a sign-up",
    "ssa": "silent authentication",
    "w": "a warning",
}


def main() -> None:
    """Write every page."""
    (HERE / "reference").mkdir(exist_ok=True)
    for name, text in pages().items():
        (HERE / "reference" / name).write_text(text)


def pages() -> Mapping[str, str]:
    """The text of each page, by its file."""
    return {f"{page.__name__.replace('_', '-')}.md": f"{MADE}\n\n{page()}" for page in PAGES}


def configuration() -> str:
    """Settings, their sources and their meaning."""
    flags = {action.dest: (action.option_strings[-1], action.metavar, action.help or "") for action in serve_parser()._actions if action.dest != "help"}  # noqa: SLF001 - argparse has no other way
    names = [field.name for field in dataclasses.fields(Config)]
    rows = [_setting(name, flags) for name in ["config", *names]]
    return _page(
        "Configuration",
        "What belongs to the process; everything else is changed through the management API. A flag wins over the environment, and that over the "
        "config file (TOML, `--config` or `YETT_CONFIG`). All faults are reported at once. Nothing needs to be set.",
        _table(("setting", "flag", "environment", "in the file", "what it is"), rows),
        "## `[[smtp]]`\n\nIn the environment: `YETT_SMTP=smtp://user@host:587?from=login@example.com` (`smtps://` for TLS from the first byte).",
        _table(("key", "what it is"), [(f"`{key}`", SMTP_SAYS[key]) for key in sorted(SMTP_KEYS, key=list(SMTP_SAYS).index)]),
    )


def _setting(name: str, flags: Mapping[str, tuple[str, object, str]]) -> Sequence[str]:
    flag, metavar, says = flags.get(name, ("", None, ALSO.get(name, "")))
    if not says:
        raise KeyError(f"nothing is said of the setting {name}")
    shown = f"`{flag} {metavar}`" if metavar else f"`{flag}`" if flag else ""
    return f"`{name}`", shown, f"`YETT_{name.upper()}`", "yes" if name in FILE_KEYS else "", says


def commands() -> str:
    """The command line."""
    parts = [f"## `yett serve`\n\n{serve_parser().description}\n\nIts flags are in [configuration](configuration.md)."]
    app = get_command(build(cast("Doors", SimpleNamespace())))
    for words, command in _walk(app, ()):
        options = [_option(one) for one in command.params if one.name != "help"]
        parts.append(f"## `yett {' '.join(words)}`\n\n{command.help}\n\n{_table(('option', 'environment', 'what it is'), options)}")
    return _page("Commands", "`yett COMMAND --help` says the same.", *parts)


def _walk(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, one in sorted(getattr(command, "commands", {}).items()):
        if hasattr(one, "commands"):
            yield from _walk(one, (*words, name))
        elif name != "serve":
            yield (*words, name), one


def _option(one: Any) -> Sequence[str]:
    if not one.opts[0].startswith("-"):
        return f"`{one.metavar or one.name.upper()}`", "", getattr(one, "help", None) or ""
    kind = "" if one.is_flag else f" {one.name.upper()}"
    needed = "Needed." if one.required else ""
    return f"`{', '.join(one.opts)}{kind}`", f"`{one.envvar}`" if one.envvar else "", " ".join(filter(None, (one.help, needed)))


def errors_() -> str:
    """The closed table of protocol errors."""
    rows = [(f"`{code}`", str(status)) for code, status in errors.STATUS.items()]
    return _page(
        "Errors",
        'Every `error` that OAuth endpoints may answer, and its status as JSON: `{"error", "error_description"}`, with `mfa_required` also '
        "`mfa_token` and `mfa_requirements`. At /authorize an error goes back to the application in the redirect, once client and redirect URI are "
        "known to be good; before that it is shown on a page.",
        _table(("error", "status"), rows),
        'The management API answers in Auth0\'s form: `{"statusCode", "error", "message", "errorCode"}`.',
    )


def regimes() -> str:
    """The table of limits."""
    rows = [[REGIME_SAYS[field], *(_figure(field, getattr(regime, field)) for regime in REGIMES.values())] for field in Regime._fields if field != "name"]
    return _page(
        "Regimes",
        "Named sets of limits. `yett serve --regime NAME` at the first start, `yett regime set NAME` later. Under a strict regime an operator's own "
        "figures tighten or have no effect.",
        _table(("", *REGIMES), rows),
        "Not there yet, and so not enforced: what is said of push and of passwords that stand alone. Where a phishing-resistant factor must be offered, "
        "the last one cannot be switched off, and `yett doctor` says so where none is on. "
        "*payments*: a scope for one use is given with authorization_details alone. "
        "Only a key whose attestation was verified reaches aal 3: without one nobody gets in under `nist-aal3`.",
    )


def _figure(field: str, value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None:
            return "the session's limit" if field == "grant_lives" else "until bound again"
        case Bucket(burst, refill):
            return f"{burst}, {_time(refill)}"
        case int() if field not in {"cap", "shortest_password", "shortest_password_alone"}:
            return _time(value)
        case tuple():
            return ", ".join(f"`{acr}`" for clause in value for acr in clause.acrs) or "-"
        case _:
            return str(value)


def _time(seconds: int) -> str:
    for size, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds % size == 0 and seconds >= size:
            return f"{seconds // size} {name}"
    return f"{seconds} s"


def acr_values() -> str:
    """What each value stands for, and what it is enough for."""
    rows = []
    for acr, means in MEANS.items():
        needs = [name for name in ("mfa", "phr", "phrh") if getattr(means, name)] + ([f"aal {means.aal}"] if means.aal else [])
        rows.append((f"`{acr}`", ", ".join(needs), "<br>".join(f"`{other}`" for other in MEANS if other != acr and implies(acr, other)) or "-"))
    return _page(
        "acr values",
        "For `acr_values`, `claims` and the requirements of an API. *mfa*: two categories from independent channels, or one key with user "
        "verification. *phr*: bound to the verifier's name. *phrh*: that, in attested hardware. *aal*: NIST SP 800-63B-4. Values that are not "
        "here are met by nothing. "
        "Passkeys, security keys and biometrics reach phr, those whose attestation was verified also phrh and aal 3.",
        _table(("value", "stands for", "is also enough for"), rows),
    )


def discovery() -> str:
    """The document of a new store."""
    keys = tuple(SigningKey(alg, alg, b"", b"", 0) for alg in ("RS256", "ES256"))
    said = document_of("https://login.example.com/", Catalogue(1, 1, Tenant(), {}, {}, (), keys))
    return _page(
        "Discovery",
        "`/.well-known/openid-configuration`, and the same at `/.well-known/oauth-authorization-server`.",
        f"```json\n{json.dumps(said, indent=2)}\n```",
    )


def log_types() -> str:
    """What the log may say."""
    rows = [(f"`{name}`", LOG_SAYS[name]) for name in sorted(logged())]
    return _page(
        "Log types", "Auth0's types, as far as they happen here: `yett api get logs -q q=type:gd_auth_failed`.", _table(("type", "what happened"), rows)
    )


def logged() -> set[str]:
    """Every type that a fact is made with, read from the source."""
    found = {getattr(factor.words, name) for factor in FACTORS.values() for name in Words._fields if name.startswith("log_")}
    for file in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(file.read_text())
        events = {text for one in ast.walk(tree) if isinstance(one, ast.keyword) and one.arg == "event" for text in _texts(one.value)}
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and (getattr(call.func, "attr", "") or getattr(call.func, "id", "")) == "fact":
                found |= {name for argument in call.args[:2] for name in _types(argument, events)}
    return (found | {name for pair in (*LOGGED.values(), *LOGGED_TEMPLATES.values()) for name in pair}) - {""}


def _types(node: ast.expr, events: Iterable[str]) -> set[str]:
    """The types that an expression may come to: a text, one of two, or `se` and an event."""
    if isinstance(node, ast.IfExp):
        return _types(node.body, events) | _types(node.orelse, events)
    if isinstance(node, ast.JoinedStr):
        return {prefix + event for prefix in _texts(node) for event in events}
    return set(_texts(node)) if isinstance(node, ast.Constant) else set()


def _texts(node: ast.AST) -> list[str]:
    return [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def routes() -> str:
    """Every route, with the gate that stands before it."""
    anyone: Any = _Anyone()
    table = routes_of(*(anyone for _ in inspect.signature(routes_of).parameters))
    rows = [(f"`{' '.join(method for method in route.handlers if method != 'OPTIONS')}`", f"`{route.path}`", route.gate) for route in table]
    managed = [(f"`{method}`", f"`{BASE}{path}`", " or ".join(f"`{scope}`" for scope in sorted(scopes)) or "none") for (method, path), scopes in ACCESS.items()]
    return _page(
        "Routes",
        "The gate is what stands before anything that a route gives: *decide* the policy, *token* a token that we gave, *none* nothing is given.",
        _table(("method", "path", "gate"), rows),
        "`/`, `/demo` and `/dev/...` exist with `--demo` alone.",
        f"## Management API\n\nOne of the scopes is needed. The OpenAPI document is at `{BASE}/openapi.json`.",
        _table(("method", "path", "scope"), managed),
    )


def providers() -> str:
    """Who carries messages, by channel, and what each is told."""
    parts = []
    for channel, title in (("email", "E-mail"), ("sms", "Text messages"), ("voice", "Calls")):
        rows = [(f"`{name}`" if at == 0 else "", *_told(one, known.either)) for name, known in _providers(channel) for at, one in enumerate(known.settings)]
        parts += [f"## {title}", _table(("provider", "setting", "kept secret", "what it is"), rows)]
    return _page(
        "Providers",
        "Who carries messages out, and what each needs to be told. Those of a channel are asked in their order until one takes the message. "
        "`custom` is Auth0's name for `webhook`. Every address that is called over the network is checked first: one that is not public is "
        "called only where the operator's own config file names it.",
        *parts,
        "## The webhook",
        f"It is called with a POST of JSON: {', '.join(f'`{name}`' for name in Letter._fields)} and `callback`, those that are not empty; `code` is "
        "what a voice reads digit by digit, `approves` what it says before. "
        "It is signed as [Standard Webhooks](https://www.standardwebhooks.com) has it: `Webhook-Id`, "
        "`Webhook-Timestamp`, and `Webhook-Signature: v1,` with the base64 of HMAC-SHA256 over `id.timestamp.body`, by the secret's bytes. "
        '`Idempotency-Key` is the same at every try. Any 2xx takes the message, and may name it and its price: `{"reference", "price"}`. A 400, 413 '
        "or 422 says that this message will never be taken; everything else, that the next provider is asked.\n\nWhat becomes of it may be posted to "
        '`callback`, signed in the same way and not older than five minutes: `{"reference", "outcome": "delivered" or "failed", "detail", "price"}`.',
    )


def _providers(channel: str) -> Iterable[tuple[str, Known]]:
    return [(name, known) for (of, name), known in TABLE.items() if of == channel and name != "custom"]


def _told(one: Setting, either: Sequence[str]) -> Sequence[str]:
    which = (
        ""
        if one.needed
        else f" (this, or `{next(other for other in either if other != one.name)}`)"
        if one.name in either
        else ""
        if "default" in one.says
        else " (optional)"
    )
    return f"`{one.name}`", "yes" if one.secret else "", one.says + which


class _Anyone:
    """Stands for whoever answers: only the table is wanted."""

    def __getattr__(self, name: str) -> object:
        return name


def _page(title: str, *parts: str) -> str:
    return f"# {title}\n\n" + "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines)


errors_.__name__ = "errors"
PAGES: Sequence[Callable[[], str]] = (configuration, commands, errors_, regimes, acr_values, discovery, log_types, routes, providers)

if __name__ == "__main__":
    main()
