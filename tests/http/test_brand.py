"""A tenant's colour, and what pages load."""

import gzip
import re
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as some

from yett.domain.tenant import Brand
from yett.http.assets import STATIC, asset_href, assets
from yett.http.brand import DARK, DEFAULT, LIGHT, brand_css, brand_href, colour, contrast
from yett.http.qr import qr

HEX = some.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def properties(primary: str) -> tuple[dict[str, str], dict[str, str]]:
    """The custom properties for light and for dark."""
    light, dark = brand_css(Brand(primary=primary)).decode().split("@media", 1)
    return dict(re.findall(r"--([\w-]+):(#\w+)", light)), dict(re.findall(r"--([\w-]+):(#\w+)", dark))


@pytest.mark.parametrize(
    "unsafe", ["red", "#12345", "#1234567", "#fff;}body{display:none}", "#ggg", "url(https://x.test)", "", "#fff\n", "#\uff11\uff12\uff13", "rgb(0,0,0)"]
)
def test_whatever_is_no_plain_colour_is_replaced(unsafe: str) -> None:
    assert colour(unsafe) == DEFAULT
    assert brand_css(Brand(primary=unsafe)) == brand_css(Brand(primary=DEFAULT))


def test_a_short_colour_is_written_out() -> None:
    assert colour("#AbC") == "#aabbcc"


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@given(HEX)
def test_every_colour_can_be_read_on_and_with_in_light_and_dark(primary: str) -> None:
    for surface, given_ in zip((LIGHT, DARK), properties(primary), strict=True):
        assert contrast(given_["brand-ink"], surface) >= 4.5
        assert contrast(given_["on-brand"], given_["brand"]) >= 4.5


def test_a_colour_that_can_be_read_is_left_as_it_is() -> None:
    light, _ = properties("#c2185b")
    assert light == {"brand": "#c2185b", "on-brand": "#ffffff", "brand-ink": "#c2185b"}


def test_the_address_changes_with_the_colour_and_only_with_it() -> None:
    assert brand_href(Brand(primary="#123456")) != brand_href(Brand(primary="#123457"))
    assert brand_href(Brand("A", primary="#123456")) == brand_href(Brand("B", primary="#123456"))


def test_a_file_is_served_under_a_name_that_changes_with_its_bytes() -> None:
    for path, asset in assets().items():
        name, digest, suffix = path.removeprefix("/assets/").rsplit(".", 2)
        assert (STATIC / f"{name}.{suffix}").read_bytes() == asset.body == gzip.decompress(asset.gzip)
        assert sha256(asset.body).hexdigest().startswith(digest)
        assert asset.etag == f'"{digest}"'
    assert asset_href("yett.css") in assets()
    assert assets()[asset_href("yett.js")].content_type.startswith("text/javascript")


def test_a_file_that_is_not_there_has_no_address() -> None:
    with pytest.raises(KeyError):
        asset_href("../render.py")


def test_no_file_reaches_out() -> None:
    for asset in assets().values():
        assert not re.search(rb"https?://(?!www\.w3\.org/)|@import|url\(", asset.body)


def test_a_qr_code_needs_no_style_and_keeps_its_white_quiet_zone() -> None:
    drawn = qr("otpauth://totp/x?secret=ABCD")
    assert "style" not in drawn
    assert re.search(r'<path fill="#fff" d="M0 0h(\d+)v\1h-\1z"', drawn)
    assert 'stroke="#000"' in drawn
    assert "M4 4.5" in drawn


def test_what_a_qr_code_says_is_no_markup() -> None:
    assert "script" not in qr("<script>alert(1)</script>")
