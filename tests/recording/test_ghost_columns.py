"""Sensors told from padding, constants and stale copies."""

import numpy as np
import pytest

from edge.recording.ghost_columns import ColumnSurvey

BATCH = 12
NOBODY: set[tuple[int, int]] = set()


def weights(samples=240, shelves=2, plates=6, seed=1):
    """[time, shelf, plate] g with NaN padding at index 0."""
    random = np.random.default_rng(seed)
    grams = random.normal(1000, 1, (samples, shelves + 1, plates + 1)).astype(np.float32)
    grams[:, 0], grams[:, :, 0] = np.nan, np.nan
    return grams


def survey(grams, *, compare=True):
    columns = ColumnSurvey()
    for start in range(0, len(grams), BATCH):
        columns.update(grams[start : start + BATCH], compare=compare)
    return columns


def test_padding_is_no_sensor():
    found = survey(weights()).sensors(None, NOBODY)
    assert found == tuple((shelf, plate) for shelf in (1, 2) for plate in range(1, 7))


def test_the_planogram_gives_the_width_and_keeps_a_stuck_plate():
    grams = weights()
    grams[:, 1, 2] = 700.0
    found = survey(grams, compare=False).sensors(4, {(1, 2)})
    assert found == tuple((shelf, plate) for shelf in (1, 2) for plate in range(1, 5))


def test_a_constant_column_that_nobody_listed_is_no_sensor():
    grams = weights()
    grams[:, 1, 2] = 700.0
    assert (1, 2) not in survey(grams, compare=False).sensors(4, NOBODY)


@pytest.mark.parametrize(("delay", "neighbour"), [(0, 1), (0, 2), (7, 1), (12, 2), (24, 2)])
def test_without_planogram_copies_are_masked(delay, neighbour):
    grams = weights()
    for shelf in (1, 2):
        grams[:, shelf, 6] = np.roll(grams[:, shelf, 6 - neighbour], delay)
    found = survey(grams).sensors(None, NOBODY)
    assert {plate for _, plate in found} == {1, 2, 3, 4, 5}


def test_without_planogram_a_column_constant_on_every_shelf_ends_the_gondola():
    grams = weights()
    grams[:, 1:, 5] = 123.0  # beyond it, column 6 is finite and moves, yet is no sensor
    found = survey(grams).sensors(None, NOBODY)
    assert {plate for _, plate in found} == {1, 2, 3, 4}


def test_a_stuck_plate_on_one_shelf_does_not_end_the_gondola():
    grams = weights()
    grams[:, 1, 3] = 123.0
    found = survey(grams).sensors(None, NOBODY)
    assert (1, 3) not in found
    assert {(1, 4), (2, 3), (2, 6)} <= set(found)


def test_plates_that_appear_later_are_seen():
    grams = weights()
    columns = ColumnSurvey()
    columns.update(grams[:12, :, :4], compare=True)
    columns.update(grams[12:24, :2], compare=True)
    columns.update(grams[24:36], compare=True)
    found = set(columns.sensors(None, NOBODY))
    assert {(1, 1), (1, 6), (2, 3), (2, 6)} <= found


def test_nothing_seen_is_nothing_found():
    assert ColumnSurvey().sensors(None, NOBODY) == ()
