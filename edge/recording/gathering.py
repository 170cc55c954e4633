"""Fewer and longer blocks, from any source of blocks: what was sampled on, in one piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from edge.errors import RecordingError
from edge.recording.case import CaseInput
from edge.samples import NS_PER_S, WeightBlock

ON_GRID_NS = 1000
"""[ns] A block may begin so far from where the one before it ends."""

PEOPLE_MAX = 10_000
"""Frames held back at most, where no samples come to end a window."""


def gathered(inputs: Iterable[CaseInput], window_s: float) -> Iterator[CaseInput]:
    """The same inputs window by window: people first, then samples, each in their order.

    So a store that waits for people who are late waits no longer than it would have. A window of 0 changes
    nothing.

    Raises:
        RecordingError: that of ``inputs``, after everything before it.
    """
    if not window_s:
        yield from inputs
        return
    people: list[CaseInput] = []
    blocks: dict[tuple[str | None, str], list[WeightBlock]] = {}

    def window() -> Iterator[CaseInput]:
        yield from people
        for (node, _), row in blocks.items():
            yield node, _joined(row)
        people.clear()
        blocks.clear()

    try:
        for node, arrived in inputs:
            if isinstance(arrived, WeightBlock):
                row = blocks.get((node, arrived.rack))
                if row is None:
                    blocks[node, arrived.rack] = [arrived]
                elif _continues(row, arrived, window_s):
                    row.append(arrived)
                else:
                    yield from window()
                    blocks[node, arrived.rack] = [arrived]
            elif node is None and len(people) < PEOPLE_MAX:
                people.append((node, arrived))
            else:  # what a node hears of its clock, its links and its past holds from there on
                yield from window()
                yield node, arrived
    except RecordingError:
        yield from window()
        raise
    yield from window()


def _continues(row: list[WeightBlock], after: WeightBlock, window_s: float) -> bool:
    """Whether samples go on from block to block on one even grid, and the window is not over."""
    first, last = row[0], row[-1]
    due_ns = last.mono_ns + len(last.grams) * last.period_ns
    return (
        after.mono_ns - first.mono_ns < window_s * NS_PER_S - ON_GRID_NS
        and not after.lost_before
        and after.period_ns == last.period_ns
        and after.grams.shape[1] == last.grams.shape[1]
        and abs(after.mono_ns - due_ns) <= ON_GRID_NS
    )


def _joined(row: list[WeightBlock]) -> WeightBlock:
    first = row[0]
    if len(row) == 1:
        return first
    grams = np.concatenate([block.grams for block in row])
    return WeightBlock(first.rack, first.mono_ns, first.period_ns, grams, first.lost_before)
