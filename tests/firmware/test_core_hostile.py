"""Whatever happens to converters and main loop: no unflagged reading is wrong, all are dated right."""

from __future__ import annotations

import ctypes as c
from dataclasses import dataclass

import numpy as np
import pytest
from hx711_model import TICK_US, Bench, Converter
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from firmware_bridge import wire
from firmware_bridge.framing import encode_frame
from firmware_bridge.wire import COUNTS_MIN

pytestmark = [pytest.mark.c_compiler, pytest.mark.slow]
few = settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking costs minutes of simulated time
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CHANNELS = 4
RATE_HZ = 80.0


@dataclass(frozen=True)
class Mishap:
    """Something that happens to one converter, or to the main loop, and how long it lasts."""

    kind: str
    channel: int
    seconds: float


mishaps = st.builds(
    Mishap,
    kind=st.sampled_from(["silent", "stuck_low", "deaf", "power_loss", "busy"]),
    channel=st.integers(0, CHANNELS - 1),
    seconds=st.sampled_from([0.003, 0.02, 0.1, 0.4]),
)


def strike(bench: Bench, mishap: Mishap) -> None:
    converter = bench.converters[mishap.channel]
    if mishap.kind == "busy":
        bench.idle(mishap.seconds * 1e6)
    elif mishap.kind == "deaf":
        converter.deaf_pulses = 1
    elif mishap.kind == "power_loss":
        converter.lose_power(bench.now_us)
    else:
        setattr(converter, mishap.kind, True)
        bench.run(mishap.seconds)
        setattr(converter, mishap.kind, False)


def check(block: wire.SampleBlock, converters: list[Converter]) -> None:
    """Every reading is that of a conversion that became ready when the block says."""
    for row in range(block.samples):
        says_us = (block.mcu_ticks + row * 1e6 / RATE_HZ / TICK_US) * TICK_US
        for channel, counts in enumerate(block.counts[row]):
            if counts == COUNTS_MIN:
                assert block.flags[row], "a failed read without a flag"
                continue
            number, remainder = divmod(abs(int(counts)) - 4_000_000, 6)
            assert remainder == 0, f"{counts} was never converted"
            lateness_us = says_us - converters[channel].ready_us[number]
            assert -1.0 < lateness_us * RATE_HZ * 1e-6 < 1.2, "of another time"


@few
@given(
    plan=st.lists(st.tuples(mishaps, st.sampled_from([0.0, 0.05, 0.3])), min_size=1, max_size=6),
    separate=st.booleans(),
    spread=st.sampled_from([0.0, 0.002, 0.02]),
)
def test_no_mishap_makes_a_wrong_reading(
    shared_clock: c.CDLL,
    separate_clocks: c.CDLL,
    plan: list[tuple[Mishap, float]],
    separate: bool,
    spread: float,
) -> None:
    # Even counts: a converter that has missed one pulse shows its last bit, and only a 0 gives that away.
    signals = [lambda number, sign=sign: sign * (4_000_000 + 6 * number) for sign in (1, -1, -1, 1)]
    rates = RATE_HZ * (1 + spread * np.array([0.0, 1.0, 0.7, 0.4]))
    bench = Bench(separate_clocks if separate else shared_clock, list(map(Converter, signals, rates)))
    bench.say(encode_frame(wire.encode(wire.Start())))
    bench.run(0.5)
    for mishap, pause_s in plan:
        strike(bench, mishap)
        bench.run(pause_s)
    bench.run(6.0)  # two restarts of a converter that is out of step
    for block in bench.blocks:
        check(block, bench.converters)
    assert not np.concatenate([block.flags for block in bench.blocks[-5:]]).any(), "all is well in the end"
    assert len(bench.faults) % 2 == 0, "what began has ended"
