"""Accounts branched by one event, of which the best are kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge.aggregator.carts.account import Actor
from edge.aggregator.carts.beam import Column, Rows
from edge.aggregator.carts.branches import Branch, Branches

NEGLIGIBLE = 12.0
"""[nat] Branches so much below an event's best are not followed."""

_PLACES = 1 << 16
"""No account has so many branches."""


class Deed(NamedTuple):
    """What was done, and by whom."""

    branch: Branch
    actor: Actor


class Candidates:
    """What may become of the accounts of a beam.

    Attributes:
        floor: [nat] what weighs less is negligible.
    """

    def __init__(self) -> None:
        self.floor = -math.inf
        self._log_weights: list[NDArray[np.float64]] = []
        self._rows: list[Rows] = []  # accounts that they come from
        self._codes: list[Rows] = []  # which of the lists below, and which branch of it
        self._lists: list[tuple[Branches, Actor]] = []

    def add(
        self, log_weights: NDArray[np.float64], rows: Rows, branches: Column[Branches], actor: Actor
    ) -> None:
        """Branch some accounts by what one actor may have done.

        Args:
            log_weights: [account, branch] nat; -inf beyond the branches that an account has.
            rows: [account] of the beam.
            branches: of each of these accounts.
            actor: who did it.
        """
        self.floor = max(self.floor, float(log_weights.max(initial=-math.inf)) - NEGLIGIBLE)
        near, places = np.nonzero((log_weights >= self.floor) & (log_weights > -math.inf))
        self._log_weights.append(log_weights[near, places])
        self._rows.append(rows[near])
        self._codes.append((branches.numbers[near] + np.intp(len(self._lists))) * _PLACES + places)
        self._lists += [(each, actor) for each in branches.values]

    def best(self, count: int) -> tuple[NDArray[np.float64], Rows, Rows, Sequence[Deed]]:
        """The best ``count``: their log-weights [nat], rows and numbers of deeds, and the deeds.

        Of equal ones those come first that come from better accounts.
        """
        log_weights = np.concatenate(self._log_weights)
        rows, codes = np.concatenate(self._rows), np.concatenate(self._codes)
        kept = np.flatnonzero(log_weights >= self.floor)
        order = kept[np.lexsort((codes[kept], rows[kept], -log_weights[kept]))][:count]
        done, numbers = np.unique(codes[order], return_inverse=True)
        deeds = []
        for code in done.tolist():
            branches, actor = self._lists[code // _PLACES]
            deeds.append(Deed(branches.branches[code % _PLACES], actor))
        return log_weights[order], rows[order], numbers, deeds


def side_by_side(lists: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """[list, place] Lists of different lengths, filled up with -inf."""
    table = np.full((len(lists), max(map(len, lists))), -math.inf)
    for row, each in enumerate(lists):
        table[row, : len(each)] = each
    return table
