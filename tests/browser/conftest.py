"""Pages in a real browser, over the real daemon and broker of ``tests/aggregator``.

A module shares one daemon and one Chromium. ``screenshot(name)`` keeps a picture in the folder that
STEELYARD_SCREENSHOTS names (CI keeps it), else below pytest's own; ``assert_accessible(page)`` runs axe-core.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

AGGREGATOR_TESTS = Path(__file__).parent.parent / "aggregator"
AXE = Path(__file__).parent / "axe" / "axe.min.js"

PATIENCE_MS = 30_000


_examined: list[Any] = []


@contextmanager
def _examining(page: Any) -> Iterator[None]:
    """What the console says of our own instruments is no complaint about the page."""
    _examined.append(page)
    yield
    _examined.remove(page)


def _fixtures_of_the_aggregator() -> object:
    sys.path.insert(0, str(AGGREGATOR_TESTS))
    spec = importlib.util.spec_from_file_location("aggregator_fixtures", AGGREGATOR_TESTS / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_aggregator = _fixtures_of_the_aggregator()
shelf, broker, client = _aggregator.shelf, _aggregator.broker, _aggregator.client


@pytest.fixture(scope="module")
def store_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory with catalogue and planogram."""
    from small_store import CATALOGUE, PLANOGRAM

    folder = tmp_path_factory.mktemp("store")
    (folder / "catalogue.yaml").write_text(CATALOGUE)
    (folder / "planogram.yaml").write_text(PLANOGRAM)
    return folder


@pytest.fixture(scope="module")
def aggregator(store_dir: Path, broker: Any) -> Iterator[Any]:
    """The real daemon, connected; a module that needs accounts overrides ``store_dir``."""
    from aggregator_process import AggregatorProcess

    process = AggregatorProcess(store_dir, broker.port).start().wait_connected()
    yield process
    if process.running:
        process.end(signal.SIGKILL)


@pytest.fixture(scope="session")
def browser(chromium_program: Path) -> Iterator[Any]:
    """A headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(chromium_program), args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console said, and requests to anywhere but the pages' origin."""
    return []


@pytest.fixture
def new_page(browser: Any, aggregator: Any, complaints: list[str]) -> Iterator[Callable[..., Any]]:
    """``new_page(width=1280, dark=False)``: a page of a browser without cookies."""
    contexts = []

    def make(width: int = 1280, height: int = 844, *, dark: bool = False) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            base_url=aggregator.url,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: _examined.count(page) or complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda ask: ask.url.startswith(aggregator.url) or complaints.append(ask.url))
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def screenshot(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any, str], Path]:
    """``screenshot(page, name)``: the whole page as ``name.png``."""
    asked = os.environ.get("STEELYARD_SCREENSHOTS")
    folder = Path(asked) if asked else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Any, name: str) -> Path:
        file = folder / f"{name}.png"
        with _examining(page):
            page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")
            page.screenshot(path=str(file), full_page=True)
        return file

    return take


@pytest.fixture(scope="session")
def assert_accessible() -> Callable[[Any], None]:
    """``assert_accessible(page)``: axe-core finds nothing serious or critical, in light and in dark."""
    axe = AXE.read_text(encoding="utf-8")

    def check(page: Any) -> None:
        with _examining(page):
            examine(page)

    def examine(page: Any) -> None:
        page.evaluate(axe)  # not as a script element: our own pages forbid foreign scripts
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            grave = [
                f"{issue['id']} ({issue['impact']}): {node['html'][:160]} {node['failureSummary']}"
                for issue in found["violations"]
                if issue["impact"] in ("serious", "critical")
                for node in issue["nodes"]
            ]
            assert grave == [], f"in {scheme}: {grave}"
        page.emulate_media(color_scheme="light", reduced_motion="no-preference")

    return check
