"""The catalogues: what pages can say, against what translators have said. Run it to bring them up to date."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

from yett.http.render import TEMPLATES
from yett.http.speech import CATALOGUES, LANGUAGES
from yett.http.words import every_message

TRANSLATED = tuple(language for language in LANGUAGES if language != "en")

HEADER = 'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {plural}\\n"\n\n'


def spoken() -> Catalog:
    """Every sentence of the templates and of words.py, as an empty catalogue."""
    catalogue = Catalog(domain="yett", project="Yett", fuzzy=False)
    for said in sorted(every_message()):
        catalogue.add(said, locations=[("words.py", 1)])
    for template in sorted(TEMPLATES.glob("*.html")):
        for message, line in _sentences(template):
            catalogue.add(message, locations=[(template.name, line)])
    return catalogue


def _sentences(template: Path) -> Iterator[tuple[str | tuple[str, str], int]]:
    for found in Environment(autoescape=True).parse(template.read_text("utf-8")).find_all(nodes.Filter):
        if found.name == "t" and isinstance(found.node, nodes.Const):
            yield found.node.value, found.lineno
        elif found.name == "count":
            one, many = found.args
            assert isinstance(one, nodes.Const)
            assert isinstance(many, nodes.Const)
            yield (one.value, many.value), found.lineno


def po(language: str) -> Path:
    """Where a language's sentences are written."""
    return CATALOGUES / language / "LC_MESSAGES" / "yett.po"


def read(language: str) -> Catalog:
    """The catalogue as it stands."""
    with po(language).open("rb") as file:
        return read_po(file, locale=language, domain="yett")


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as programs read it: the same bytes for the same words, whenever it is compiled."""
    catalogue.creation_date = catalogue.revision_date = datetime.fromtimestamp(0, UTC)
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def update(language: str) -> None:
    """Bring in what is new, drop what nobody says any more, and compile."""
    catalogue = read(language) if po(language).exists() else Catalog(locale=language, domain="yett", project="Yett", fuzzy=False)
    catalogue.update(spoken(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    po(language).parent.mkdir(parents=True, exist_ok=True)
    with po(language).open("wb") as file:
        file.write(HEADER.format(language=language, plural=catalogue.plural_forms).encode())
        write_po(file, catalogue, width=0, sort_output=True, omit_header=True, include_lineno=False)
    po(language).with_suffix(".mo").write_bytes(compiled(read(language)))


if __name__ == "__main__":
    for translated in TRANSLATED:
        update(translated)
