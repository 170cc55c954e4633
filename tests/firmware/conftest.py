"""The host build of the firmware, compiled once for all tests."""

from __future__ import annotations

import ctypes

import pytest
from firmware_core import Core, build_core


@pytest.fixture(scope="session")
def shared_clock(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """Four converters on one clock line."""
    return build_core(tmp_path_factory.mktemp("shared_clock"))


@pytest.fixture(scope="session")
def separate_clocks(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """Four converters with a clock line each."""
    return build_core(tmp_path_factory.mktemp("separate_clocks"), separate_clocks=1)


@pytest.fixture
def core(shared_clock: ctypes.CDLL) -> Core:
    """A new board whose converters never answer."""
    return Core(shared_clock)
