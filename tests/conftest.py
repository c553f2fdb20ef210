"""What every test may ask for. Nothing starts before it is wanted, and nothing outlives the run."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright

from tests.harness import chromium as browsers
from tests.harness.postgres import ENVIRONMENT, Cluster
from tests.harness.process import unused_port
from tests.harness.valkey import valkey

# Time is no property: a busy machine is no failure.
hypothesis.settings.register_profile("yett", deadline=None, print_blob=True, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("yett")

_CLUSTER = pytest.StashKey[Cluster]()


def pytest_configure(config: pytest.Config) -> None:
    """Start PostgreSQL once for all workers; where there are none, it starts when a test first wants it."""
    spreads = getattr(config.option, "numprocesses", None)
    if spreads and not hasattr(config, "workerinput") and not config.option.collectonly:
        config.stash[_CLUSTER] = cluster = Cluster.begin()
        os.environ[ENVIRONMENT] = str(cluster.folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if cluster := config.stash.get(_CLUSTER, None):
        del os.environ[ENVIRONMENT]
        cluster.end()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """PostgreSQL in a hurry (nothing synced): one cluster for the whole run. See `Cluster.template`."""
    if shared := Cluster.shared():
        yield shared
    else:
        with Cluster.begin() as own:
            yield own


@pytest.fixture
def postgres_url(postgres: Cluster) -> Iterator[str]:
    """URL (libpq) of a new, empty database, for this test alone."""
    with postgres.database() as url:
        yield url


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[Cluster]:
    """PostgreSQL that keeps its word (fsync and synchronous_commit on): for tests of durability."""
    with Cluster.begin(durable=True) as own:
        yield own


@pytest.fixture
def durable_postgres_url(durable_postgres: Cluster) -> Iterator[str]:
    """URL (libpq) of a new, empty, durable database, for this test alone."""
    with durable_postgres.database() as url:
        yield url


@pytest.fixture(scope="session")
def valkey_socket() -> Iterator[Path]:
    """Socket of a Valkey server of this worker. It is shared between tests: use keys of your own, or flush."""
    with valkey() as path:
        yield path


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Gives ports that nobody listens on, on 127.0.0.1 and [::1]."""
    return unused_port


@pytest.fixture(scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    """Playwright's driver, in its asynchronous form (the synchronous one occupies the loop of the worker)."""
    async with async_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
async def launch_chromium(playwright: Playwright) -> AsyncIterator[Callable[..., Awaitable[Browser]]]:
    """Starts a browser of your own, with `pins` or `arguments` (see `launch`); closed at the end of the run."""
    launched: list[Browser] = []

    async def launch(**how: list[str]) -> Browser:
        browser = await browsers.launch(playwright, **how)
        launched.append(browser)
        return browser

    yield launch
    for browser in launched:
        await browser.close()


@pytest.fixture(scope="session")
async def chromium(launch_chromium: Callable[..., Awaitable[Browser]]) -> Browser:
    """One Chromium for the worker: make a context of your own in it, or ask for `context` or `page`."""
    return await launch_chromium()


@pytest.fixture
async def context(chromium: Browser) -> AsyncIterator[BrowserContext]:
    """A browser context without a past: no cookies, no storage."""
    fresh = await chromium.new_context()
    yield fresh
    await fresh.close()


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    """A page in a fresh context."""
    return await context.new_page()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], Awaitable[list[str]]]:
    """Audits a page for accessibility; a good one gives an empty list."""
    return browsers.audit
