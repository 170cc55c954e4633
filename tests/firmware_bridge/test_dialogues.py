"""What every dialogue does with any bytes, in fictitious time."""

from __future__ import annotations

import inspect
import pkgutil
import tracemalloc
from importlib import import_module
from random import Random

import pytest
from driver_cases import DIALOGUES, DialogueCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import firmware_bridge.drivers
from firmware_bridge.drivers.dialogue import LINE_BYTES_MAX, Dialogue, LineSplitter, Reading

NS_PER_S = 1_000_000_000
STEP_NS = 10_000_000
FLOOD_BYTES = 10_000_000


class Line:
    """A dialogue and its device on one wire, both moved by the same fictitious time."""

    def __init__(self, case: DialogueCase) -> None:
        self.dialogue, self.device = case.build(), case.device()
        self.mono_ns = NS_PER_S
        self.dialogue.restart()
        self.dialogue.receive(b"\r\n", self.mono_ns)  # the host joins between two lines

    def run(self, seconds: float, random: Random | None = None, noise: bytes = b"") -> list[Reading]:
        """Let time pass; bytes come cut anywhere."""
        readings: list[Reading] = []
        end_ns = self.mono_ns + round(seconds * NS_PER_S)
        while self.mono_ns < end_ns:
            self.mono_ns += STEP_NS
            said = self.device.advance(self.mono_ns) + noise
            said += self.device.receive(self.dialogue.tick(self.mono_ns))
            noise = b""
            while said:
                length = random.randint(1, len(said)) if random else len(said)
                readings += self.dialogue.receive(said[:length], self.mono_ns)
                said = said[length:]
            readings += self.dialogue.receive(b"", self.mono_ns)
        return readings


@pytest.fixture(params=DIALOGUES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> DialogueCase:
    return request.param


def test_every_dialogue_has_a_case() -> None:
    modules = [
        import_module(f"firmware_bridge.drivers.{each.name}")
        for each in pkgutil.iter_modules(firmware_bridge.drivers.__path__)
    ]
    found = {
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if {"receive", "tick", "restart"} <= set(dir(kind)) and kind is not Dialogue
    }
    assert found <= {type(case.build()) for case in DIALOGUES}
    assert found


def test_readings_are_what_the_device_says_at_its_pace(case: DialogueCase) -> None:
    readings = Line(case).run(5.0)
    assert {reading.values for reading in readings} == {case.values}
    assert len(readings) == pytest.approx(5.0 * case.rate_hz, abs=4)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_chunking_does_not_matter(case: DialogueCase, seed: int) -> None:
    assert Line(case).run(1.0, Random(seed)) == Line(case).run(1.0)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(noise=st.binary(max_size=600))
def test_after_noise_it_hears_again_and_nothing_wrong_meanwhile(case: DialogueCase, noise: bytes) -> None:
    line = Line(case)
    line.run(0.5)
    readings = line.run(1.5, noise=b"\xfe" + noise)
    assert {reading.values for reading in readings} <= {case.values}
    assert line.run(3.0)


def test_a_restart_forgets_half_a_line(case: DialogueCase) -> None:
    line = Line(case)
    line.run(0.5)
    line.dialogue.receive(b"S S      9", line.mono_ns)
    line.dialogue.restart()
    readings = line.run(3.0)
    assert {reading.values for reading in readings} == {case.values}


def test_ten_million_random_bytes_give_no_reading_and_take_no_memory(case: DialogueCase) -> None:
    line, random = Line(case), Random(11)
    line.run(0.5)
    tracemalloc.start()
    try:
        held_bytes = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        for _ in range(FLOOD_BYTES // 4000):
            line.mono_ns += STEP_NS
            assert line.dialogue.receive(random.randbytes(4000), line.mono_ns) == []
            line.dialogue.tick(line.mono_ns)
        assert tracemalloc.get_traced_memory()[0] - held_bytes < 50_000
        assert tracemalloc.get_traced_memory()[1] - held_bytes < 500_000
    finally:
        tracemalloc.stop()
    assert line.dialogue.refused_total > 0
    assert line.run(3.0)


def test_an_endless_line_takes_no_memory() -> None:
    lines = LineSplitter()
    lines.receive(b"\n")
    for _ in range(1000):
        assert lines.receive(b"7" * 100) == []
        assert len(lines._partial) <= LINE_BYTES_MAX
    assert lines.receive(b"7\n12\r\n13\r14\n\n") == ["12", "13", "14"]
