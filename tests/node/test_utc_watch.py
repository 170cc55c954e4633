"""Readings of the calendar clock: one at the start, then only when something moved."""

from __future__ import annotations

from edge.node.utc_watch import UtcWatch

S = 1_000_000_000


class SteppedClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_ns = 1_000 * S
        self.utc_offset_s = 1_700_000_000.0
        self.busy_ns = 0

    def mono_ns(self) -> int:
        return self.now_ns

    def utc_s(self) -> float:
        utc_s = self.utc_offset_s + self.now_ns / S
        self.now_ns += self.busy_ns
        return utc_s


def test_a_step_of_the_clock_is_read_and_a_steady_one_is_not() -> None:
    clock = SteppedClock()
    watch = UtcWatch(clock, lambda: True)
    first = watch.update()
    assert first is not None
    assert first.at(clock.now_ns) == clock.utc_s()
    for _ in range(100):
        clock.now_ns += S
        assert watch.update() is None
    clock.utc_offset_s += 0.004
    assert watch.update() is None
    clock.utc_offset_s += 0.004
    moved = watch.update()
    assert moved is not None
    assert abs(moved.at(clock.now_ns) - clock.utc_s()) < 1e-5
    clock.utc_offset_s -= 3600
    assert watch.update() is not None
    assert watch.update() is None


def test_the_first_synchronisation_is_read() -> None:
    clock, synchronized = SteppedClock(), [False]
    watch = UtcWatch(clock, lambda: synchronized[0])
    first = watch.update()
    assert first is not None
    assert not first.synchronized
    synchronized[0] = True
    second = watch.update()
    assert second is not None
    assert second.synchronized


def test_a_reading_that_was_interrupted_does_not_count() -> None:
    clock = SteppedClock()
    watch = UtcWatch(clock, lambda: True)
    assert watch.update() is not None
    clock.busy_ns = 20_000_000
    assert watch.update() is None
    clock.busy_ns = 0
    assert watch.update() is None
