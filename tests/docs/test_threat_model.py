"""Each row of the threat model names a guard and a test that are really there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [line for line in (ROOT / "docs" / "threat-model.md").read_text().splitlines() if re.match(r"\| [0-9, ]+ \|", line)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(row.split("|")[2].split()[:6]))
def test_the_test_that_a_row_names_exists(row: str) -> None:
    named = re.findall(r"`((?:sdk/[\w-]+/)?tests/[\w/]+\.py)::(\w+)`", row)
    assert named
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text())
        assert name in {one.name for one in ast.walk(tree) if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(row.split("|")[2].split()[:6]))
def test_the_guard_that_a_row_names_exists(row: str) -> None:
    files = re.findall(r"`([\w-]+(?:/[\w.\[\]-]+)+)`", row.split("|")[3])
    assert files
    assert [file for file in files if not (ROOT / "src" / "yett" / file).exists() and not (ROOT / file).exists()] == []
