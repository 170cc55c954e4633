"""Samples to traces: what plates weighed over a while, in equal steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from edge.messages import PlateTrace
from edge.samples import NS_PER_S, CountBlock, WeightBlock


def end_ns(block: CountBlock | WeightBlock) -> int:
    """[ns] mono, just after the last sample of a block."""
    rows = block.counts if isinstance(block, CountBlock) else block.grams
    return block.mono_ns + round(len(rows) * block.period_ns)


def plate_traces(
    blocks: Sequence[WeightBlock],
    columns: Mapping[str, int],
    *,
    from_ns: int,
    to_ns: int,
    period_s: float,
    t_first: float,
) -> Iterator[PlateTrace]:
    """One trace a plate; none without a block.

    Args:
        blocks: of one rack, in order of time.
        columns: of the wanted plates in them.
        from_ns: [ns] mono, where the traces begin.
        to_ns: [ns] mono, where they end.
        period_s: [s] of a step; its value is the mean of its samples.
        t_first: [s] UTC of ``from_ns``.
    """
    if not blocks:
        return
    steps = _binned(blocks, list(columns.values()), from_ns, to_ns, period_s)
    for plate, values in zip(columns, steps.T, strict=True):
        grams = tuple(None if np.isnan(each) else round(float(each), 1) for each in values)
        yield PlateTrace(plate, t_first, period_s, grams)


def _binned(
    blocks: Sequence[WeightBlock], columns: list[int], from_ns: int, to_ns: int, period_s: float
) -> NDArray[np.float64]:
    """[bin, column] mean grams; NaN where nothing was read."""
    times_ns = np.concatenate(
        [block.mono_ns + np.arange(len(block.grams)) * block.period_ns for block in blocks]
    )
    grams = np.concatenate([block.grams[:, columns] for block in blocks])
    count = max(1, round((to_ns - from_ns) / NS_PER_S / period_s))
    which = np.floor((times_ns - from_ns) / (period_s * NS_PER_S)).astype(int)
    inside = (which >= 0) & (which < count)
    binned = np.full((count, len(columns)), np.nan)
    for column in range(len(columns)):
        use = inside & np.isfinite(grams[:, column])
        total = np.bincount(which[use], grams[use, column], minlength=count)
        number = np.bincount(which[use], minlength=count)
        np.divide(total, number, out=binned[:, column], where=number > 0)
    return binned
