"""The tenant's own words: the part of Jinja2 that Auth0's Liquid templates share, and nothing of it that takes long or reaches far.

Values, filters of a short list, and `if`: there is no loop, call, arithmetic or attribute, so a template is done when its text is.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from html.parser import HTMLParser

from jinja2 import ChainableUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

LONGEST, MOST_SAID, DEEPEST = 100_000, 200_000, 20
FILTERS = frozenset({"upper", "lower", "capitalize", "title", "trim", "escape", "e", "default", "urlencode", "length"})
SPOKEN = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.If,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
)


class Plain(ImmutableSandboxedEnvironment):
    """A dot finds what was told, never a method or an attribute of ours."""

    def getattr(self, obj: object, attribute: str) -> object:
        """A value by its name; nothing where none was told."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return self.undefined(name=attribute)


def _environment(*, html: bool) -> Plain:
    made = Plain(autoescape=html, undefined=ChainableUndefined, finalize=lambda value: value if isinstance(value, str | int) else "")
    made.globals.clear()
    return made


ENVIRONMENTS = {html: _environment(html=html) for html in (False, True)}


def check(text: str, *, html: bool) -> None:
    """Raises ValueError that says what cannot be in a template, or is wrong with this one."""
    _template(text, html)


def render(text: str, values: Mapping[str, object], *, html: bool) -> str:
    """The words. Raises ValueError for a template that cannot be, or that says too much."""
    said, size = [], 0
    try:
        for part in _template(text, html).generate(values):
            said.append(part)
            size += len(part)
            if size > MOST_SAID:
                raise ValueError(f"it says more than {MOST_SAID} letters")
    except (TemplateError, TypeError) as fault:
        raise ValueError(f"{type(fault).__name__} in the template") from None
    return "".join(said)


@lru_cache(64)
def _template(text: str, html: bool) -> Template:  # noqa: FBT001 - of the cache's key
    if len(text) > LONGEST:
        raise ValueError(f"it is longer than {LONGEST} letters")
    environment = ENVIRONMENTS[html]
    spoken = text.replace("{% elsif ", "{% elif ").replace("{%- elsif ", "{%- elif ")
    try:
        _checked(environment.parse(spoken))
        return environment.from_string(spoken)
    except TemplateError as fault:
        raise ValueError(f"line {getattr(fault, 'lineno', 1)}: {fault.message}") from None
    except (RecursionError, MemoryError, SyntaxError):
        raise ValueError("it is too deep") from None


def _checked(tree: nodes.Template) -> None:
    for node, depth in _all(tree, 0):
        if not isinstance(node, SPOKEN) or (isinstance(node, nodes.Filter) and node.name not in FILTERS):
            name = node.name if isinstance(node, nodes.Filter) else type(node).__name__
            raise ValueError(f"line {node.lineno}: {name} is not spoken here")
        if depth > DEEPEST:
            raise ValueError("it is too deep")


def _all(node: nodes.Node, depth: int) -> Iterator[tuple[nodes.Node, int]]:
    yield node, depth
    for child in node.iter_child_nodes():
        yield from _all(child, depth + 1)


class _Text(HTMLParser):
    """The words of a page, a line for each block."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - of the parser
        self.hidden += tag in {"style", "script", "title"}
        self.said += ["\n"] if tag in {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "table"} else []

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in {"style", "script", "title"} and self.hidden > 0

    def handle_data(self, data: str) -> None:
        self.said += [] if self.hidden else [" ".join(data.split()) + " " if data.strip() else ""]


def text_of(html: str) -> str:
    """What a reader without HTML reads."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    lines = (line.strip() for line in "".join(parser.said).splitlines())
    return "\n\n".join(line for line in lines if line) + "\n"
