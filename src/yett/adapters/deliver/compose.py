"""From a template and its data to a mail, in text and in HTML."""

from html import escape
from string import Formatter

from yett.adapters.deliver.words import LANGUAGES, METHODS, SETTINGS
from yett.domain.enrolment import Message
from yett.ports import Letter

LONGEST = 200
PAGE = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    '<title>{subject}</title></head><body style="font:16px/1.5 system-ui,sans-serif;max-width:32em;margin:2em auto;padding:0 1em">{body}</body></html>'
)
CODE = '<p style="font-size:2em;font-weight:bold;letter-spacing:.15em">{text}</p>'


def compose(message: Message, code: str, account: str = "") -> Letter:
    """The mail of a message; `code` is what its challenge derives, empty for a notice.

    Values are data, never markup and never a header: a client's name with a line break in it stays one line. A template
    without words is a notice all the same: one that says little is better than none. A mail that is one says where
    Security settings are (`account`, an address).
    """
    language = message.locale.replace("_", "-").partition("-")[0].lower()
    language = language if language in LANGUAGES else "en"
    subject, paragraphs = LANGUAGES[language].get(message.template) or LANGUAGES[language][""]
    values = {name: one_line(value) for name, value in message.data.items() if value} | ({"code": code} if code else {})
    if "factor" in values:
        values["factor"] = METHODS[language].get(values["factor"], values["factor"])
    # The demo's outbox still shows a message whose question, and with it the code, was swept away.
    subject = subject.format_map({"code": "", **values}).strip()
    if account and message.channel == "email" and "{code}" not in paragraphs:
        paragraphs, values = (*paragraphs, SETTINGS[language]), values | {"account": account}
    said = [paragraph.format_map(values) for paragraph in paragraphs if _named(paragraph) <= values.keys()]
    body = "".join((CODE if code and one == code else "<p>{text}</p>").format(text=escape(one)) for one in said)
    html = PAGE.format(language=language, subject=escape(subject), body=body)
    return Letter(message.channel, one_line(message.to), "\n\n".join(said) + "\n", subject, html, locale=language, code=code)


def one_line(value: str) -> str:
    """What may stand in a header: no control character can begin another one (CRLF injection)."""
    return "".join(letter if letter.isprintable() else " " for letter in value)[:LONGEST]


def _named(paragraph: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(paragraph) if name}
