"""The wheel: what is in it, and what it says of itself. Nothing is installed."""

import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
import yett_guard
from hatchling.builders.wheel import WheelBuilder

HERE = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    built = next(iter(WheelBuilder(str(HERE)).build(directory=str(tmp_path_factory.mktemp("wheel")))))
    return zipfile.ZipFile(built)


def test_it_holds_the_package_its_types_and_its_licence_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    about = f"yett_guard-{yett_guard.__version__}.dist-info"
    package = {f"yett_guard/{file.name}" for file in (HERE / "src" / "yett_guard").iterdir() if file.suffix == ".py"}
    assert set(wheel.namelist()) == package | {"yett_guard/py.typed"} | {f"{about}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "licenses/LICENSE")}


def test_it_needs_one_thing_and_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    said = message_from_bytes(wheel.read(f"yett_guard-{yett_guard.__version__}.dist-info/METADATA"))
    assert (said["Name"], said["Version"], said["Requires-Python"]) == ("yett-guard", yett_guard.__version__, ">=3.11")
    assert said.get_all("Requires-Dist") == ["cryptography>=42"]
    assert said["License-Expression"] == "Apache-2.0"
    assert "Typing :: Typed" in said.get_all("Classifier", [])
