"""Which disturbances that moved no goods are worth a word, and which of them were one bump of the rack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edge.messages import DisturbanceKind
from edge.samples import ChangeKind, PlateChange

REPORTED_PEAK_G = 40.0
"""[g] Touches that never moved a plate by more are not worth a word."""

BUMP_PLATES = 5
"""[plates] so many touches of one rack at one moment are a bump of the rack."""

_KINDS = {ChangeKind.TOUCH: DisturbanceKind.TOUCH, ChangeKind.LEAN: DisturbanceKind.LEAN}


def reported(changes: Sequence[PlateChange]) -> Iterator[tuple[DisturbanceKind, Sequence[PlateChange]]]:
    """Plates that came back to where they were, or moved while nobody looked.

    Args:
        changes: of one rack, that ended at one moment; goods among them are left to fusion.
    """
    for change in changes:
        if change.kind is ChangeKind.OFFLINE_CHANGE:
            yield DisturbanceKind.OFFLINE_CHANGE, [change]
    back = [each for each in changes if each.kind in _KINDS and abs(each.peak_g) > REPORTED_PEAK_G]
    if len(back) >= BUMP_PLATES:
        yield DisturbanceKind.BUMP, back
    else:
        for change in back:
            yield _KINDS[change.kind], [change]
