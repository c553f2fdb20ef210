"""Read users out of a file, one after another: a JSON array as imports want it, or a line each as exports give them.

Never more in memory than one row and what was read last, so that a file may have a million.
"""

import codecs
import json
from collections.abc import Iterable, Iterator, Mapping

LONGEST_ROW = 256 * 1024
# What an object of the array is preceded by, and what ends it.
BETWEEN = " \t\r\n,["
_decode = json.JSONDecoder().raw_decode


class Unreadable(Exception):
    """The file is no list of users: from here on nothing of it can be believed."""


def users_of(chunks: Iterable[bytes]) -> Iterator[Mapping[str, object]]:
    """The users, in their order. Raises Unreadable."""
    text, ended = "", False
    for piece in _texts(chunks):
        text += piece
        while not ended:
            text = text.lstrip(BETWEEN)
            if text.startswith("]"):
                ended, text = True, text[1:]
                break
            if not text:
                break
            if not text.startswith("{"):
                raise Unreadable("there is something that is no user object")
            try:
                one, at = _decode(text)
            except (ValueError, RecursionError):
                if len(text) > LONGEST_ROW:
                    raise Unreadable("a user is not JSON, or too long") from None
                break
            yield one
            text = text[at:]
    if text.strip(BETWEEN):
        raise Unreadable("the file ends in the middle of a user" if not ended else "there is something behind the end of the list")


def _texts(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise Unreadable("the file is not UTF-8") from None
