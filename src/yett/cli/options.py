"""The options of `yett serve`, read without anything that is slow to load: the server starts through here."""

import argparse
from collections.abc import Mapping, Sequence


def serve_parser() -> argparse.ArgumentParser:
    """`yett serve`; every option is also YETT_NAME in the environment, and most a key of the config file."""
    parser = argparse.ArgumentParser(
        "yett serve",
        description="Serve. Needs no configuration: everything is kept in DIR, and the first start writes DIR/admin.json.",
        epilog="Each option may be given as YETT_NAME in the environment, or in the config file (TOML) under its name.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--dir", metavar="DIR", help="where everything is kept (default ./var, with --demo ./var-demo)")
    add("--listen", metavar="HOST:PORT", help="default port 8000 on 127.0.0.1 and [::1]; several with commas")
    add("--issuer", metavar="URL", help="the URL under which people reach it (default http(s)://localhost:PORT/)")
    add("--tls", metavar="auto|CERT,KEY", help="serve https; auto makes a local CA in DIR (trust DIR/ca.pem)")
    add("--database", metavar="URL", help="postgresql://... for many processes (default SQLite in DIR)")
    add("--valkey", metavar="URL", help="rate limits shared by nodes (default: in the process)")
    add("--workers", metavar="N", help="processes, with PostgreSQL (default 1)")
    add("--regime", metavar="NAME", help="auth0, nist-aal2, nist-aal3, pci-dss-4 or psd2 (first start; later: yett regime set)")
    add("--config", metavar="FILE", help="TOML")
    add("--demo", action="store_true", default=None, help="an application, an API and a user to play with; nothing real")
    return parser


def serve_flags(argv: Sequence[str]) -> Mapping[str, object]:
    """What was said; what was not is None. Ends the process for --help, and for what it does not know."""
    return vars(serve_parser().parse_args(argv))
