"""The command line: words to verbs and calls, and back to people or programs."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, NoReturn

import typer

from yett import __version__
from yett.cli import api as management
from yett.policy.regimes import REGIMES

if TYPE_CHECKING:
    from yett.flows.doctor import Finding
    from yett.flows.event import Event

REFUSED = 400
Flags = Mapping[str, object]


class Doors(NamedTuple):
    """What the composition root hands in: the command line knows no adapter.

    `verb` has a verb done by the running server, else on the store itself.
    """

    serve: Callable[[Sequence[str]], int]
    verb: Callable[[Flags, str, Mapping[str, object]], "Iterator[Event]"]
    upgrade: Callable[[Flags], "Iterator[Event]"]
    examine: Callable[[Flags], "Sequence[Finding]"]


Dir = Annotated[Path | None, typer.Option("--dir", help="Where everything is kept (default ./var).", envvar="YETT_DIR")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="The server's config file.", envvar="YETT_CONFIG")]
Database = Annotated[str | None, typer.Option("--database", help="postgresql://..., else SQLite in DIR.", envvar="YETT_DATABASE")]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def build(doors: Doors) -> typer.Typer:
    """All commands."""
    # Plain words: no frames around help, and no frames of ours, with what they hold, around a bug.
    app = typer.Typer(
        help="Yett: multi-factor and step-up authentication, self-hosted.",
        epilog="To look around: `yett serve --demo`. Where it stands: `yett doctor`.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def root(*, version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")] = False) -> None:
        del version

    _serving(app, doors)
    _api(app)
    for name, words, of in (
        ("admin", "The administrator's credentials: write them anew.", _admin),
        ("regime", "The limits in force: choose them.", _regime),
    ):
        app.add_typer(of(doors), name=name, help=words)
    app.add_typer(_users(doors), name="users", help="Accounts: create one, import many.")
    app.add_typer(_keys(doors), name="keys", help="Keys that secrets are sealed with: rotate them.")
    app.add_typer(_db(doors), name="db", help="The database: upgrade it, say that it was restored.")
    app.add_typer(_deliver(doors), name="deliver", help="Messages: try who carries them.")
    app.add_typer(_mds(doors), name="mds", help="What is known of authenticators: import the FIDO metadata.")
    _doctor(app, doors)
    return app


def _version(asked: bool) -> None:  # noqa: FBT001 - typer calls it so
    if asked:
        typer.echo(f"yett {__version__}")
        raise typer.Exit


def _serving(app: typer.Typer, doors: Doors) -> None:
    @app.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
    def serve(context: typer.Context) -> None:
        """Start the server: needs no configuration (`yett serve --help`)."""
        raise typer.Exit(doors.serve(context.args))


def _api(app: typer.Typer) -> None:
    @app.command()
    def api(
        words: Annotated[list[str], typer.Argument(metavar="[METHOD] PATH", help="get, post, put, patch or delete; a path below /api/v2/.")],
        *,
        data: Annotated[str | None, typer.Option("--data", "-d", help="JSON; - reads it from standard input.")] = None,
        query: Annotated[list[str] | None, typer.Option("--query", "-q", help="k=v; may be given several times.")] = None,
        dir: Dir = None,
        force: Annotated[bool, typer.Option("--force", help="Taken for compatibility: nothing is asked.")] = False,
    ) -> None:
        """Call the management API: the same words as `auth0 api`."""
        del force
        try:
            said = sys.stdin.read() if data == "-" else data
            asked = management.parse(words, said, query or ())
            status, body = management.call(asked, management.access(dir, os.environ))
        except management.Unusable as fault:
            _fail(str(fault))
        if body is not None:
            typer.echo(body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False))
        if status >= REFUSED:
            if body is None:
                typer.echo(f"yett: {status}", err=True)
            raise typer.Exit(1)


def _admin(doors: Doors) -> typer.Typer:
    admin = typer.Typer(no_args_is_help=True)

    @admin.callback()
    def root() -> None:
        """The administrator's credentials: write them anew."""

    @admin.command()
    def reset(*, dir: Dir = None, config: ConfigFile = None, database: Database = None, as_json: Json = False) -> None:
        """Write DIR/admin.json anew; the old credentials are void."""
        _tell(doors.verb(_flags(dir, config, database), "admin reset", {}), as_json=as_json)

    return admin


def _regime(doors: Doors) -> typer.Typer:
    regime = typer.Typer(no_args_is_help=True)

    @regime.callback()
    def root() -> None:
        """The limits in force: choose them."""

    @regime.command(name="set")
    def set_(
        name: Annotated[str, typer.Argument(help="Its name.", autocompletion=lambda: list(REGIMES))],
        *,
        dir: Dir = None,
        config: ConfigFile = None,
        database: Database = None,
        as_json: Json = False,
    ) -> None:
        """Change the regime: auth0, nist-aal2, nist-aal3, pci-dss-4 or psd2."""
        _tell(doors.verb(_flags(dir, config, database), "regime set", {"name": name}), as_json=as_json)

    return regime


def _users(doors: Doors) -> typer.Typer:
    users = typer.Typer(no_args_is_help=True)

    @users.callback()
    def root() -> None:
        """Accounts: create one, import many."""

    @users.command()
    def create(
        *,
        email: Annotated[str, typer.Option("--email", help="Their address, with which they log in.")],
        password: Annotated[str | None, typer.Option("--password", help="Others on this machine can see it; better --password-stdin, or be asked.")] = None,
        password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read one line from standard input.")] = False,
        verified: Annotated[bool, typer.Option("--verified", help="The address is known to be theirs.")] = False,
        connection: Annotated[str, typer.Option("--connection", help="The directory that they belong to.")] = "Username-Password-Authentication",
        dir: Dir = None,
        config: ConfigFile = None,
        database: Database = None,
        as_json: Json = False,
    ) -> None:
        """Open an account with a password."""
        if password_stdin:
            password = sys.stdin.readline().rstrip("\r\n")
        elif password is None:
            if not sys.stdin.isatty():
                _fail("give --password-stdin or --password: there is nobody to ask")
            password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        args = {"email": email, "password": password, "verified": verified, "connection": connection}
        _tell(doors.verb(_flags(dir, config, database), "users create", args), as_json=as_json)

    @users.command(name="import")
    def import_(
        file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="JSON: an array of users, or one a line.")],
        *,
        upsert: Annotated[bool, typer.Option("--upsert", help="Bring users that exist up to date.")] = False,
        dir: Dir = None,
        config: ConfigFile = None,
        database: Database = None,
        as_json: Json = False,
    ) -> None:
        """Import users of another system, with their password hashes and factors."""
        args = {"file": str(file.resolve()), "upsert": upsert}
        _tell(doors.verb(_flags(dir, config, database), "users import", args), as_json=as_json)

    return users


def _keys(doors: Doors) -> typer.Typer:
    keys = typer.Typer(no_args_is_help=True)

    @keys.callback()
    def root() -> None:
        """Keys that secrets are sealed with: rotate them."""

    @keys.command()
    def rotate(*, dir: Dir = None, config: ConfigFile = None, database: Database = None, as_json: Json = False) -> None:
        """Make a new data key and seal every secret again under it, while the server runs."""
        _tell(doors.verb(_flags(dir, config, database), "keys rotate", {}), as_json=as_json)

    @keys.command()
    def rewrap(*, dir: Dir = None, config: ConfigFile = None, database: Database = None, as_json: Json = False) -> None:
        """Put a new key-encryption key in the place of DIR/kek, while the server runs; with YETT_KEK=NEW,OLD the new one in the place of the old."""
        _tell(doors.verb(_flags(dir, config, database), "keys rewrap", {}), as_json=as_json)

    return keys


def _db(doors: Doors) -> typer.Typer:
    db = typer.Typer(no_args_is_help=True)

    @db.callback()
    def root() -> None:
        """The database: upgrade it, say that it was restored."""

    @db.command()
    def upgrade(*, dir: Dir = None, config: ConfigFile = None, database: Database = None, as_json: Json = False) -> None:
        """Bring the schema to this release."""
        _tell(doors.upgrade(_flags(dir, config, database)), as_json=as_json)

    @db.command()
    def restored(*, dir: Dir = None, config: ConfigFile = None, database: Database = None, as_json: Json = False) -> None:
        """Say that a backup was restored: nothing used since it was made works again. With the server stopped."""
        _tell(doors.verb(_flags(dir, config, database), "db restored", {}), as_json=as_json)

    return db


def _deliver(doors: Doors) -> typer.Typer:
    deliver = typer.Typer(no_args_is_help=True)

    @deliver.callback()
    def root() -> None:
        """Messages: try who carries them."""

    @deliver.command(name="try")
    def try_(
        *,
        channel: Annotated[str, typer.Option("--channel", help="email, sms or voice.", autocompletion=lambda: ["email", "sms", "voice"])],
        to: Annotated[str, typer.Option("--to", help="An address, or a number with + and country code.")],
        provider: Annotated[str | None, typer.Option("--provider", help="Ask this one alone.")] = None,
        dir: Dir = None,
        config: ConfigFile = None,
        database: Database = None,
        as_json: Json = False,
    ) -> None:
        """Send one message, and say what each provider that was asked answered, and how long it took."""
        args = {"channel": channel, "to": to, "provider": provider or ""}
        _tell(doors.verb(_flags(dir, config, database), "deliver try", args), as_json=as_json)

    return deliver


def _mds(doors: Doors) -> typer.Typer:
    mds = typer.Typer(no_args_is_help=True)

    @mds.callback()
    def root_() -> None:
        """What is known of authenticators: import the FIDO metadata."""

    @mds.command(name="import")
    def import_(
        file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A BLOB of the FIDO Metadata Service.")],
        *,
        root: Annotated[
            Path, typer.Option("--root", exists=True, dir_okay=False, readable=True, help="The certificate that its signature leads to (PEM or DER).")
        ],
        signer: Annotated[str, typer.Option("--signer", help="The name that its certificate must have.")] = "mds.fidoalliance.org",
        dir: Dir = None,
        config: ConfigFile = None,
        database: Database = None,
        as_json: Json = False,
    ) -> None:
        """Learn which authenticators there are, who vouches for them, and which are trusted no longer."""
        args = {"file": str(file.resolve()), "root": str(root.resolve()), "signer": signer}
        _tell(doors.verb(_flags(dir, config, database), "mds import", args), as_json=as_json)

    return mds


def _doctor(app: typer.Typer, doors: Doors) -> None:
    @app.command()
    def doctor(
        *,
        dir: Dir = None,
        config: ConfigFile = None,
        database: Database = None,
        issuer: Annotated[str | None, typer.Option("--issuer", help="The URL under which people reach it.", envvar="YETT_ISSUER")] = None,
        as_json: Json = False,
    ) -> None:
        """Say what is wrong, and how to mend it."""
        found = doors.examine({**_flags(dir, config, database), "issuer": issuer})
        if as_json:
            typer.echo(json.dumps([one._asdict() for one in found], indent=2))
        else:
            for one in found:
                typer.echo(f"{one.level:<5}{one.name:<10}{one.says}")
                if one.mend and one.level != "ok":
                    typer.echo(f"{'':15}-> {one.mend}")
        raise typer.Exit(1 if any(one.level == "bad" for one in found) else 0)


def _flags(dir: Path | None, config: Path | None, database: str | None) -> Flags:
    """DIR as `yett api` finds it, so that all verbs speak of the same server; a config file may name another."""
    home = dir if config else management.home(dir, os.environ)
    return {"dir": home and str(home), "config": config, "database": database}


def _tell(events: "Iterator[Event]", *, as_json: bool) -> None:
    """Follow a verb to its end."""
    for told in events:
        if as_json and told.kind != "progress":
            typer.echo(json.dumps({"status": told.kind, "message": told.says, **told.data}))
        elif not as_json and told.kind == "progress":
            typer.echo(told.says, err=True)
        elif told.kind == "done":
            typer.echo(told.says)
        if told.kind == "refused":
            if as_json:
                raise typer.Exit(1)
            _fail(told.says)


def _fail(says: str) -> NoReturn:
    typer.echo(f"yett: {says}", err=True)
    raise typer.Exit(1)
