"""Telling sensors from columns that only look like some: padding, constants, stale copies."""

from __future__ import annotations

from collections.abc import Set

import numpy as np
from numpy.typing import NDArray

COPY_DELAY_MAX = 24  # [samples] two batches: how stale a copy of a neighbour may be
COPY_NEIGHBOURS = 2  # [columns] how far away the original may be (seen: 2)


class ColumnSurvey:
    """Watches all columns of one gondola and says at the end which are sensors.

    ``update`` takes batches in time order; only flags, first values and a short tail are kept.
    """

    def __init__(self) -> None:
        self._finite: NDArray[np.bool_] = np.zeros((0, 0), np.bool_)  # [shelf, plate] had a number
        self._constant: NDArray[np.bool_] = np.zeros((0, 0), np.bool_)  # [shelf, plate] always the same one
        self._first: NDArray[np.float32] = np.zeros((0, 0), np.float32)  # [shelf, plate] that number, or NaN
        # [delay, neighbour, shelf, plate] equal to that neighbour at that delay, whenever compared
        self._copy: NDArray[np.bool_] = np.ones((COPY_DELAY_MAX + 1, COPY_NEIGHBOURS, 0, 0), np.bool_)
        self._tail: NDArray[np.float32] = np.zeros((0, 0, 0), np.float32)  # [<= COPY_DELAY_MAX, shelf, plate]
        self._compared = False

    def update(self, grams: NDArray[np.float32], *, compare: bool) -> None:
        """Look at one batch.

        Args:
            grams: [time, shelf, plate] g; batches may differ in all three.
            compare: also look for copies of neighbours, which costs more.
        """
        grams = self._fitted(grams)
        finite = np.isfinite(grams)
        heard = finite.any(axis=0)
        if (heard & ~self._finite).any():
            first = np.take_along_axis(grams, finite.argmax(axis=0)[None], axis=0)[0]
            self._first = np.where(heard & ~self._finite, first, self._first)
            self._finite |= heard
        self._constant &= ((grams == self._first) | ~finite).all(axis=0)
        if compare:
            self._compare(grams)

    def sensors(self, width: int | None, listed: Set[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
        """(shelf, plate) indices of the sensors, shelf by shelf.

        Args:
            width: largest plate index that the planogram gives the gondola: everything beyond is no sensor.
                ``None``: copies of neighbours are masked, and a column that is a copy or constant on every
                shelf ends the gondola.
            listed: (shelf, plate) in the planogram: a constant column there is a stuck sensor, elsewhere
                it is none.
        """
        real = self._finite & ~self._constant
        if width is not None:
            for shelf, plate in listed:
                if shelf < real.shape[0] and plate < real.shape[1]:
                    real[shelf, plate] = self._finite[shelf, plate]
            real[:, width + 1 :] = False
        else:
            if self._compared:
                real &= ~self._copy.any(axis=(0, 1))
            live = np.flatnonzero(real.any(axis=0))
            gaps = np.flatnonzero(np.diff(live) > 1)
            if len(gaps):
                real[:, live[gaps[0]] + 1 :] = False
        return tuple((int(shelf), int(plate)) for shelf, plate in np.argwhere(real))

    def _compare(self, grams: NDArray[np.float32]) -> None:
        """Drop every (delay, neighbour) at which a column differs from the one before it."""
        joined = np.concatenate((self._tail, grams))
        if len(self._tail) == COPY_DELAY_MAX:
            self._compared = True
            for delay, neighbour in np.argwhere(self._copy.any(axis=(2, 3))):
                start, offset = COPY_DELAY_MAX - delay, neighbour + 1
                source = joined[start : start + len(grams), :, :-offset]
                column = grams[:, :, offset:]
                same = (column == source) | (np.isnan(column) & np.isnan(source))
                self._copy[delay, neighbour, :, offset:] &= same.all(axis=0)
                self._copy[delay, neighbour, :, :offset] = False
        self._tail = joined[-COPY_DELAY_MAX:]

    def _fitted(self, grams: NDArray[np.float32]) -> NDArray[np.float32]:
        """Make room for what a larger batch brings; pad a smaller one with NaN."""
        growth = [
            (0, max(0, new - have)) for new, have in zip(grams.shape[1:], self._finite.shape, strict=True)
        ]
        if any(added for _, added in growth):
            self._finite = np.pad(self._finite, growth)
            self._constant = np.pad(self._constant, growth, constant_values=True)
            self._first = np.pad(self._first, growth, constant_values=np.nan)
            self._copy = np.pad(self._copy, [(0, 0), (0, 0), *growth], constant_values=not self._compared)
            self._tail = np.pad(self._tail, [(0, 0), *growth], constant_values=np.nan)
        missing = [(0, have - new) for new, have in zip(grams.shape[1:], self._finite.shape, strict=True)]
        if any(lacking for _, lacking in missing):
            return np.pad(grams, [(0, 0), *missing], constant_values=np.nan)
        return grams
