"""What every driver does, on a real pty: come and go, hear only what is said, say why there is nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from driver_cases import DRIVERS, DriverCase

from edge import config
from firmware_bridge.drivers.interface import BoardSamples, BoardStatus, Driver, Samples
from firmware_bridge.link import LinkFault, LinkState
from firmware_bridge.serial_port import QUEUED_CHUNKS_MAX, open_port
from firmware_bridge.simulated_scales import DeviceLine

pytestmark = pytest.mark.slow

News = Sequence[Samples | BoardStatus]


class Bench:
    """A driver, a line, and the device of the case at its far end."""

    def __init__(self, case: DriverCase, folder: Path) -> None:
        self.case = case
        self.device = case.device()
        self.link = folder / "port"
        self.line = DeviceLine(self.device, self.link)
        self.drivers: list[Driver] = []

    def open(self) -> Driver:
        self.drivers.append(self.case.open(str(self.link)))
        return self.drivers[-1]

    def poll_until(self, driver: Driver, done: Callable[[News], bool], timeout_s: float = 20.0) -> News:
        news: list[Samples | BoardStatus] = []
        deadline_s = time.monotonic() + timeout_s
        while not done(news):
            assert time.monotonic() < deadline_s, f"waited in vain: {news[-3:]}, {driver.status}"
            time.sleep(0.02)
            news += driver.poll()
        self.check_values(news)
        return news

    def check_values(self, news: News) -> None:
        """Nothing is accepted that the device did not say."""
        for block in samples(news):
            rows = rows_of(block)
            if self.case.values is None:
                first = rows[0, 0] + np.arange(len(rows))
                np.testing.assert_array_equal(
                    rows, np.column_stack((first, -first, 2 * first, 0 * first + 7))
                )
            else:
                np.testing.assert_allclose(rows, np.tile(self.case.values, (len(rows), 1)), rtol=1e-6)

    def close(self) -> None:
        for driver in self.drivers:
            driver.close()
        self.line.close()
        if hasattr(self.device, "close"):
            self.device.close()


@pytest.fixture(params=DRIVERS, ids=lambda case: case.name)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(request.param, tmp_path)
    yield bench
    bench.close()


def samples(news: News) -> list[Samples]:
    return [each for each in news if not isinstance(each, BoardStatus)]


def rows_of(block: Samples) -> np.ndarray:
    return block.counts if isinstance(block, BoardSamples) else block.grams


def faults(news: News) -> list[LinkFault | None]:
    return [each.fault for each in news if isinstance(each, BoardStatus)]


def at_least(count: int) -> Callable[[News], bool]:
    return lambda news: sum(len(rows_of(block)) for block in samples(news)) >= count


def has_fault(fault: LinkFault | None) -> Callable[[News], bool]:
    return lambda news: fault in faults(news)


def test_every_driver_has_a_case() -> None:
    assert {case.name for case in DRIVERS} == set(config.DRIVERS)


def test_it_waits_for_its_device_and_survives_its_unplugging(bench: Bench) -> None:
    driver = bench.open()
    (missing,) = bench.poll_until(driver, bool)
    assert (missing.state, missing.fault) == (LinkState.DISCONNECTED, LinkFault.PORT_MISSING)
    bench.line.plug_in()
    before = bench.poll_until(driver, at_least(12))
    assert faults(before) == [None]
    bench.line.unplug()
    gone = bench.poll_until(driver, has_fault(LinkFault.UNPLUGGED))
    assert faults(gone) == [LinkFault.UNPLUGGED]
    time.sleep(0.5)
    assert driver.poll() == []
    bench.line.plug_in()
    after = bench.poll_until(driver, at_least(12), timeout_s=10.0)
    assert faults(after) == [None]
    for news in (before, after):
        for one, next_one in pairwise(samples(news)):
            ends_ns = one.mono_ns + len(rows_of(one)) * one.period_ns
            assert next_one.mono_ns > ends_ns - 0.5 * one.period_ns
    assert samples(after)[0].mono_ns > samples(before)[-1].mono_ns
    age_s = (time.monotonic_ns() - samples(after)[-1].mono_ns) / 1e9
    assert -0.1 < age_s < 5
    assert driver.health.rate_hz > 0
    assert driver.health.clock is not None


def test_it_hears_only_what_is_said_and_says_why_there_is_nothing(bench: Bench) -> None:
    random = Random(4)
    bench.line.plug_in()
    driver = bench.open()
    bench.poll_until(driver, at_least(8))
    bench.line.piece_bytes = 1
    bench.poll_until(driver, at_least(8))
    bench.line.piece_bytes = 0
    for length in (1, 30, 700):
        bench.line.inject(b"\r\n" + random.randbytes(length) + b"\r\n\x00")
        bench.poll_until(driver, at_least(8))
    bench.line.silent = True
    silence = bench.poll_until(driver, has_fault(LinkFault.NO_SAMPLES))
    assert driver.status.state is LinkState.STALE
    assert driver.status.detail
    bench.line.silent = False
    bench.poll_until(driver, at_least(8))
    assert driver.status.state is LinkState.CONNECTED
    assert faults(silence)[-1] is LinkFault.NO_SAMPLES


def test_it_is_its_ports_only_reader_and_leaves_it_clean(bench: Bench) -> None:
    bench.line.plug_in()
    first = bench.open()
    bench.poll_until(first, at_least(4))
    second = bench.open()
    busy = bench.poll_until(second, bool)
    assert faults(busy) == [LinkFault.PORT_BUSY]
    assert "one reader a port" in busy[0].detail
    bench.poll_until(first, at_least(8))
    for driver in (first, second, first):
        driver.close()
    assert not any(thread.name == f"serial {bench.link}" for thread in threading.enumerate())
    with open_port(str(bench.link)) as port:
        assert port.is_open


def test_a_flood_that_nobody_polls_is_dropped_and_counted(bench: Bench) -> None:
    bench.line.plug_in()
    driver = bench.open()
    bench.poll_until(driver, at_least(4))
    bench.line.silent = True
    deadline_s = time.monotonic() + 20
    while not driver.health.chunks_dropped:
        assert time.monotonic() < deadline_s
        bench.line.inject(b"\xfe")
        time.sleep(0.0003)
    assert len(driver._port._queue) <= QUEUED_CHUNKS_MAX + 2
    bench.line.silent = False
    bench.poll_until(driver, at_least(8))
