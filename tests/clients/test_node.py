"""The outsiders need Node."""

import subprocess

import pytest

from tests.harness.process import program

pytestmark = pytest.mark.clients


def test_node_is_new_enough_for_the_front_ends() -> None:
    node = program("node", install="install Node 20 or newer")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    assert int(said.lstrip("v").partition(".")[0]) >= 20
