"""The page in a real browser, over the real daemon and broker of ``tests/aggregator``."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

AGGREGATOR_TESTS = Path(__file__).parent.parent / "aggregator"


def _fixtures_of_the_aggregator() -> object:
    sys.path.insert(0, str(AGGREGATOR_TESTS))
    spec = importlib.util.spec_from_file_location("aggregator_fixtures", AGGREGATOR_TESTS / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_aggregator = _fixtures_of_the_aggregator()
store_dir, shelf, broker = _aggregator.store_dir, _aggregator.shelf, _aggregator.broker
aggregator, client = _aggregator.aggregator, _aggregator.client


@pytest.fixture(scope="session")
def browser(chromium_program: Path) -> Iterator[object]:
    """A headless Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(chromium_program), args=["--no-sandbox"])
        yield chromium
        chromium.close()
