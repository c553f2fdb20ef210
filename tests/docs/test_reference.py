"""The reference says what the code says, in both directions; and no document leads nowhere."""

import dataclasses
import re
from pathlib import Path

import pytest

from docs import generate
from yett.cli.options import serve_parser
from yett.config import SMTP_KEYS, Config
from yett.domain.assurance import assure
from yett.main import FACTORS
from yett.policy.regimes import Regime

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

MADE, LOGGED = generate.pages(), generate.logged()


@pytest.mark.parametrize("name", sorted(MADE))
def test_a_page_is_what_the_generator_makes_of_the_code(name: str) -> None:
    assert (DOCS / "reference" / name).read_text() == MADE[name], "run `make docs`"


def test_no_page_is_left_over_from_what_is_there_no_longer() -> None:
    assert {page.name for page in (DOCS / "reference").iterdir()} == set(MADE)


def test_each_log_type_that_happens_is_explained_and_no_other() -> None:
    assert set(generate.LOG_SAYS) == LOGGED


def test_each_setting_is_explained_once_and_no_other() -> None:
    flags = {action.dest for action in serve_parser()._actions}
    assert set(generate.ALSO) == {field.name for field in dataclasses.fields(Config)} - flags
    assert set(generate.SMTP_SAYS) == SMTP_KEYS
    assert set(generate.REGIME_SAYS) == set(Regime._fields) - {"name"}


def test_no_factor_reaches_more_than_the_reference_says() -> None:
    reached = assure(factor.promise(None) for factor in FACTORS.values())
    assert (reached.mfa, reached.phr, reached.phrh, reached.aal) == (True, True, False, 2)


def test_every_link_of_a_document_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
    links = [(page, link) for page in pages for found in re.findall(r"\]\(([^)#]+)[^)]*\)|src(?:set)?=\"([^\"]+)\"", page.read_text()) for link in found]
    local = [(page, link) for page, link in links if link and "://" not in link]
    assert local
    assert [(page.name, link) for page, link in local if not (page.parent / link).exists()] == []
