"""What pages load beside themselves: style, script and pictures, under names that change with their bytes."""

import gzip
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

STATIC = Path(__file__).parent / "static"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class Asset(NamedTuple):
    """One file as it is served; `gzip` is the same, compressed once."""

    body: bytes
    content_type: str
    etag: str
    gzip: bytes


@cache
def assets() -> Mapping[str, Asset]:
    """Every file by its path, `/assets/name.hash.suffix`: such a path may be cached for good."""
    return MappingProxyType(dict(_read().values()))


def asset_href(name: str) -> str:
    """The path of a file by its plain name; KeyError for one that is not there."""
    return _read()[name][0]


@cache
def _read() -> Mapping[str, tuple[str, Asset]]:
    return {file.name: _load(file) for file in sorted(STATIC.iterdir()) if file.suffix in TYPES}


def _load(file: Path) -> tuple[str, Asset]:
    body = file.read_bytes()
    digest = sha256(body).hexdigest()[:16]
    return f"/assets/{file.stem}.{digest}{file.suffix}", Asset(body, TYPES[file.suffix], f'"{digest}"', gzip.compress(body, 9, mtime=0))
