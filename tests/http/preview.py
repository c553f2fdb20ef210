"""Every screen as a picture, to be looked at: `python -m tests.http.preview [DIR] [NAME...]`, with axe-core's opinion of each."""

import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.http.samples import ACME, Sample, samples
from yett.domain.tenant import Brand
from yett.http.assets import assets
from yett.http.brand import brand_css
from yett.http.edge import CSP
from yett.http.render import render

AXE = Path(__file__).parents[1] / "vendor" / "axe.min.js"
SIZES = {"wide": (1280, 860), "narrow": (390, 844)}
THEMES = ("light", "dark")


@contextmanager
def served(pages: dict[str, bytes], brand: Brand) -> Iterator[str]:
    """The pages and what they load, under the policy of the real server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            asset = assets().get(path)
            if path == "/assets/brand.css":
                self.answer(brand_css(brand), "text/css")
            elif asset:
                self.answer(asset.body, asset.content_type)
            else:
                self.answer(pages.get(path[1:], b""), "text/html; charset=utf-8")

        def answer(self, body: bytes, content_type: str) -> None:
            self.send_response(200)
            self.send_header("content-type", content_type)
            self.send_header("content-security-policy", CSP)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()


def photograph(browser: Browser, base: str, taken: list[Sample], tag: str, folder: Path) -> list[str]:
    """A picture of each in every size and theme; returns what axe-core, the console and the width find wrong."""
    wrong: list[str] = []
    complain = wrong.append
    axe = AXE.read_text("utf-8") if AXE.exists() else ""
    for size, (width, height) in SIZES.items():
        for theme in THEMES:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme, device_scale_factor=1)  # type: ignore[arg-type]
            page.on("console", lambda message: complain(f"console: {message.text}"))
            page.on("pageerror", lambda error: complain(f"script: {error}"))
            for name, _, _ in taken:
                page.goto(base + name)
                if name.endswith("step-up"):
                    page.locator("#code").press_sequentially("493")
                page.screenshot(path=folder / f"{name}-{tag}-{size}-{theme}.png", full_page=True)
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    wrong.append(f"{name} {tag} {size}: wider than the window")
                if axe:
                    page.evaluate(axe)
                    for found in page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]:
                        wrong += [f"{name} {tag} {size} {theme}: {found['id']}: {node['html'][:140]}" for node in found["nodes"]]
            page.close()
    return wrong


def main(folder: Path, only: list[str]) -> int:
    """Photograph all of it; the exit status says whether anything was found wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for tag, locale, brand in (("en", "en", Brand()), ("de", "de", ACME)):
            taken = [one for one in samples(locale, brand) if not only or any(part in one.name for part in only)]
            with served({one.name: render(one.screen, one.page) for one in taken}, brand) as base:
                wrong += photograph(browser, base, taken, tag, folder)
        browser.close()
    print(*wrong or ["nothing wrong"], sep="\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(Path(*sys.argv[1:2] or ["/tmp/yett-shots"]), sys.argv[2:]))
