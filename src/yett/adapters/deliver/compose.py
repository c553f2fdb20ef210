"""From a template and its data to a mail, in text and in HTML."""

from html import escape

from yett.adapters.deliver.words import EN, LANGUAGES
from yett.domain.enrolment import Message
from yett.ports import Mail

LONGEST = 200


def compose(message: Message, code: str) -> Mail:
    """The mail of a message; `code` is what its challenge derives, empty for a notice.

    Values are data, never markup and never a header: a client's name with a line break in it stays one line.
    """
    words = LANGUAGES.get(message.locale.partition("-")[0].lower(), EN)
    subject, paragraphs = words.get(message.template) or EN[message.template]
    values = {"code": code, **{name: one_line(str(value)) for name, value in message.data.items()}}
    said = [paragraph.format_map(_Absent(values)) for paragraph in paragraphs]
    text = "\n\n".join(said) + "\n"
    html = "".join(_paragraph(one, big=bool(code) and one == code) for one in said)
    return Mail(one_line(message.to), one_line(subject.format_map(_Absent(values))), text, f"<!doctype html><html><body>{html}</body></html>")


def one_line(value: str) -> str:
    """What may stand in a header: no control character can begin another one (CRLF injection)."""
    return "".join(letter if letter.isprintable() else " " for letter in value)[:LONGEST]


def _paragraph(text: str, *, big: bool) -> str:
    inner = f"<strong style='font-size:2em;letter-spacing:.15em'>{escape(text)}</strong>" if big else escape(text)
    return f"<p style='font-family:sans-serif'>{inner}</p>"


class _Absent(dict[str, str]):
    """What a message was not told stays empty: a notice that says less is better than none."""

    def __missing__(self, key: str) -> str:
        return ""
