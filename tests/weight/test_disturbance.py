"""Which disturbances are reported, and when many are one bump."""

from __future__ import annotations

from edge.messages import DisturbanceKind
from edge.samples import ChangeKind, PlateChange
from edge.weight.disturbance import BUMP_PLATES, REPORTED_PEAK_G, reported


def ended(plate: int, kind: ChangeKind, peak_g: float = 2 * REPORTED_PEAK_G) -> PlateChange:
    return PlateChange(f"g/s/{plate}", kind, 0.0, 1.0, 0, 1, 2, peak_g)


def kinds_of(changes: list[PlateChange]) -> list[DisturbanceKind]:
    return [kind for kind, _ in reported(changes)]


def test_goods_and_light_touches_are_not_reported() -> None:
    light = ended(2, ChangeKind.TOUCH, REPORTED_PEAK_G)
    assert kinds_of([ended(1, ChangeKind.CHANGE), light]) == []


def test_what_moved_while_nobody_looked_comes_first_however_light() -> None:
    offline = ended(2, ChangeKind.OFFLINE_CHANGE, 0.0)
    assert kinds_of([ended(1, ChangeKind.LEAN), offline]) == [
        DisturbanceKind.OFFLINE_CHANGE,
        DisturbanceKind.LEAN,
    ]


def test_many_touches_at_one_moment_are_one_bump() -> None:
    touches = [ended(plate, ChangeKind.TOUCH) for plate in range(BUMP_PLATES)]
    ((kind, plates),) = reported(touches)
    assert (kind, list(plates)) == (DisturbanceKind.BUMP, touches)
    assert kinds_of(touches[1:]) == [DisturbanceKind.TOUCH] * (BUMP_PLATES - 1)
