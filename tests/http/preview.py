"""Every screen as a picture, to be looked at: `python -m tests.http.preview [DIR] [NAME...]`."""

import shutil
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from tests.http.samples import ACME, Sample, samples
from tests.http.served import served
from yett.domain.tenant import Brand
from yett.http.render import render

SIZES = {"wide": (1280, 860), "narrow": (390, 844)}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def photograph(browser: Browser, base: str, taken: list[Sample], tag: str, folder: Path) -> None:
    """A picture of each in every size and theme."""
    for size, (width, height) in SIZES.items():
        for theme in THEMES:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
            for one in taken:
                page.goto(base + one.name)
                if one.name.endswith("step-up"):
                    page.locator("#code").press_sequentially("493")
                page.screenshot(path=folder / f"{one.name}-{tag}-{size}-{theme}.png", full_page=True, animations="disabled")
            page.close()


def main(folder: Path, only: list[str]) -> None:
    """Photograph all of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for tag, locale, brand in (("en", "en", Brand()), ("de", "de", ACME)):
            taken = [one for one in samples(locale, brand) if not only or any(part in one.name for part in only)]
            with served({one.name: render(one.screen, one.page) for one in taken}, brand) as here:
                photograph(browser, here.base, taken, tag, folder)
        browser.close()


if __name__ == "__main__":
    main(Path(*sys.argv[1:2] or ["/tmp/yett-shots"]), sys.argv[2:])
