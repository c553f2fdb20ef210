"""The pages in docs/frameworks show lines of the examples, and nothing else: those are run, driven and attacked by tests/clients."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "frameworks").glob("*.md"))
EXAMPLES = sorted(one.parent for one in (ROOT / "examples").glob("*/README.md"))
QUOTED = re.compile(r"^`(examples/[^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_line_that_a_page_shows_is_a_line_of_its_example(page: Path) -> None:
    text = page.read_text()
    quoted = QUOTED.findall(text)
    assert len(quoted) == text.count("\n```") // 2
    for name, shown in quoted:
        source = stripped((ROOT / name).read_text())
        for passage in shown.split("\n\n"):
            assert stripped(passage) in source, f"{name} does not say:\n{passage}"


@pytest.mark.parametrize(
    "page", [*PAGES, *(one / "README.md" for one in EXAMPLES), ROOT / "examples" / "README.md"], ids=lambda page: f"{page.parent.name}/{page.stem}"
)
def test_every_link_of_these_pages_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_example_has_a_page_and_a_readme() -> None:
    folders = {one.name for one in (ROOT / "examples").iterdir() if one.is_dir() and one.name not in {"node_modules", "shared", "forward-auth", "__pycache__"}}
    assert {one.name for one in EXAMPLES} - {"forward-auth"} == {one.stem for one in PAGES} - {"README"} == folders


def stripped(text: str) -> str:
    """However deep it stands."""
    return "\n".join(line.strip() for line in text.strip().splitlines())
