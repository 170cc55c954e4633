"""When a hop ended: by the samples' own clock, however they are cut."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.config import WeightSection
from edge.samples import RackLayout, WeightBlock
from edge.weight.conditioning import Conditioner

RACK = RackLayout("r", ("p",), 60.0)
ORIGIN_NS = 1_700_000_000_123_456_789


def end_ns(period_ns: float, sizes: list[int]) -> list[int]:
    """Ends of hops of blocks that are dated to the nanosecond, each for itself."""
    conditioner = Conditioner(RACK, WeightSection())
    first, ends = 0, []
    for size in sizes:
        mono_ns = ORIGIN_NS + round(first * period_ns)
        stretch = conditioner.update(WeightBlock("r", mono_ns, period_ns, np.zeros((size, 1))))
        ends += [] if stretch is None else stretch.end_ns.tolist()
        first += size
    return ends


@given(st.floats(1.6e7, 1.7e7), st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_how_samples_are_cut_moves_no_time_by_a_rounding(period_ns: float, sizes: list[int]) -> None:
    assert end_ns(period_ns, sizes) == end_ns(period_ns, [sum(sizes)])


def test_a_block_that_is_dated_otherwise_is_believed() -> None:
    conditioner = Conditioner(RACK, WeightSection())
    period_ns = 1e9 / 60
    conditioner.update(WeightBlock("r", 0, period_ns, np.zeros((4, 1))))
    late = conditioner.update(WeightBlock("r", 4 * round(period_ns) + 5_000_000, period_ns, np.zeros((4, 1))))
    assert late is not None
    assert late.end_ns.tolist() == [4 * round(period_ns) + 5_000_000 + round(period_ns)]
