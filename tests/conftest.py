"""What all tests share: where things are, what a test may need of the machine, and the order.

``STEELYARD_REQUIRE_ALL=1`` (CI sets it) turns a missing program from a skip into a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from tools.build_kernel import built_kernel

ROOT = Path(__file__).parent.parent
STORE_DATA = ROOT.parent / "shared" / "data"
NANOSTORE = STORE_DATA / "nanostore" / "BENCHMARK-1"
POSTGRESQL = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)  # Debian puts the server there
SYSTEM_PATH = ":".join(
    [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", *map(str, POSTGRESQL)]
)  # and mosquitto into sbin

PROGRAMS = {
    "mosquitto": ("mosquitto",),
    "browser": ("chromium", "chromium-browser", "google-chrome"),
    "avr_gcc": ("avr-gcc",),
    "simavr": ("simavr",),
    "c_compiler": ("cc",),
    "postgres": ("initdb",),
}
"""Marker of a test -> names of programs of which it needs one."""


def find_program(marker: str) -> Path | None:
    """The first of the marker's programs that this machine has."""
    paths = (shutil.which(name, path=SYSTEM_PATH) for name in PROGRAMS[marker])
    return next((Path(path) for path in paths if path), None)


def needs_program(item: pytest.Item) -> bool:
    """Whether the test carries one of the markers of ``PROGRAMS``."""
    return any(item.get_closest_marker(marker) for marker in PROGRAMS)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Top of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def store_data() -> Path:
    """Folder of the recordings and photos that are kept beside the repository."""
    if not STORE_DATA.is_dir():
        pytest.skip("no data beside the repository (../shared/data)")
    return STORE_DATA


@pytest.fixture(scope="session")
def nanostore() -> Path:
    """The real store recording BENCHMARK-1, a case directory in AiFi's format."""
    if not NANOSTORE.is_dir():
        pytest.skip("no store recording beside the repository (../shared/data/nanostore/BENCHMARK-1)")
    return NANOSTORE


@pytest.fixture(scope="session")
def mosquitto_program() -> Path:
    """The mosquitto program; tests that use it carry the marker ``mosquitto``."""
    return find_program("mosquitto") or pytest.skip("mosquitto is not installed")


@pytest.fixture(scope="session")
def chromium_program() -> Path:
    """A Chromium; tests that use it carry the marker ``browser``."""
    return find_program("browser") or pytest.skip("chromium is not installed")


@pytest.fixture(scope="session")
def postgres_programs() -> Path:
    """Folder of PostgreSQL's programs; tests that use it carry the marker ``postgres``."""
    initdb = find_program("postgres") or pytest.skip("PostgreSQL is not installed")
    return initdb.resolve().parent


def pytest_configure() -> None:
    """A changed kernel is compiled before it is tested."""
    built_kernel()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests first, then those with a browser or a system broker, ``slow`` ones last."""

    def rank(item: pytest.Item) -> int:
        return 2 if item.get_closest_marker("slow") else int(needs_program(item))

    items.sort(key=rank)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine lacks the program for, with the reason."""
    for marker, names in PROGRAMS.items():
        if item.get_closest_marker(marker) and find_program(marker) is None:
            pytest.skip(f"needs {' or '.join(names)}")
    if item.get_closest_marker("store_data") and not NANOSTORE.is_dir():
        pytest.skip("no store recording beside the repository (../shared/data/nanostore/BENCHMARK-1)")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything has been installed, a test that skips for a missing program has failed."""
    report = yield
    if report.skipped and needs_program(item) and os.environ.get("STEELYARD_REQUIRE_ALL") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped although STEELYARD_REQUIRE_ALL=1: {report.longrepr}"
    return report
