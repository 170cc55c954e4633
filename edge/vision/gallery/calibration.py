"""From evidence to honest likelihoods: the scale, and what a product that nobody enrolled looks like.

The log-likelihood of SKU s, against a product that is not enrolled, is::

    m_s = scale * (evidence_s - rival * r) - threshold
    l_s = m_s - log(1 - sibling + sibling * mean over all SKUs of exp(m))

with ``evidence`` of :class:`edge.vision.gallery.prototypes.Prototypes` and r the evidence of the runner-up: a
picture that resembles two SKUs alike is more likely of a third. Of the products that nobody enrolled some are
siblings of one that is, another flavour of the brand, and look like it: so no picture, however clear, is
beyond doubt of an enrolled product, while SKUs are told from each other as before.

Scale, rival and threshold are fitted to each gallery on pictures that were held out of it, asked twice: with
their own SKU enrolled, and with it taken away, as a product that nobody enrolled. They start from values that
other galleries had, and leave them as far as the pictures at hand support (maximum a posteriori).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge.vision.gallery.held_out import Fold, held_out
from edge.vision.gallery.metric import Vectors
from edge.vision.gallery.prototypes import Prototypes

CASES_MAX = 1500
"""Held-out pictures that are asked; more change the second digit of nothing."""

KEPT = 32
"""SKUs that are looked at of every held-out picture, the best; the others hardly weigh."""

STEP_LEAST = 0.02
"""[1] of the first step, when the search ends."""

ALIKE_LEAST, ALIKE_MOST = 0.05, 0.95


SIBLING = 0.15
"""[1] of the products that are not enrolled look like one that is. Of photographed groceries, half of which
were enrolled, 0.1 to 0.2 made stated probabilities come true; 0 was too sure by 0.1."""


class Calibration(msgspec.Struct, frozen=True):
    """Four numbers; see the module. The defaults are what galleries of photographs had."""

    alike: float = 0.65  # [1] cosine of two pictures of one SKU, in the gallery's metric
    scale: float = 12.0  # [1] dimensions that count
    rival: float = 0.3  # [1] share of the runner-up's evidence that an unknown product would have too
    threshold: float = -0.75  # [nat]

    def log_likelihood(self, evidence: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, SKU) evidence -> (n, SKU) nat, relative to a product that is not enrolled."""
        runner_up = np.partition(evidence, -2, axis=1)[:, -2:-1] if evidence.shape[1] > 1 else 0.0
        likeness = self.scale * (evidence - self.rival * runner_up) - self.threshold
        largest = likeness.max(axis=1, keepdims=True, initial=0.0)
        mean = np.exp(likeness - largest).mean(axis=1, keepdims=True)
        unknown = largest + np.log((1.0 - SIBLING) * np.exp(-largest) + SIBLING * mean)
        return np.asarray(likeness - unknown)


PRIOR = Calibration()
ALIKE_PICTURES = 10.0
"""[pictures] that the prior of ``alike`` is worth."""

SPREAD = np.array([0.25, 0.2, 1.0])
"""Standard deviations between galleries: of the scale's logarithm, of ``rival`` and of ``threshold``."""


def fit(groups: Sequence[Vectors]) -> Calibration:
    """Calibrate on groups of unit vectors (n, size) of a model, a SKU each; none may be empty."""
    folds = held_out(groups)
    alike = _alike(folds)
    cases = _Cases.of([(Prototypes.of(fold.enrolled, alike).evidence(fold.asked), fold) for fold in folds])
    start = np.array([np.log(PRIOR.scale), PRIOR.rival, PRIOR.threshold])

    def loss(three: NDArray[np.float64]) -> float:
        return cases.loss(_calibration(alike, three)) + 0.5 * float((((three - start) / SPREAD) ** 2).sum())

    return _calibration(alike, _least(loss, start, SPREAD / 2))


def surprise(
    trusted: Mapping[str, Vectors], extra: Mapping[str, Vectors], calibration: Calibration
) -> tuple[float, int]:
    """[nat] mean surprise at trusted pictures, each held out in its turn; and how many there were.

    Args:
        trusted: unit vectors (n, size) by SKU, whose truth is beyond doubt.
        extra: more, that are enrolled beside them and never asked.
        calibration: of the gallery.
    """
    skus = sorted({*trusted, *extra})
    if not skus:
        return 0.0, 0
    none = np.zeros_like((*trusted.values(), *extra.values())[0][:0])
    folds = held_out([trusted.get(sku, none) for sku in skus], [extra.get(sku, none) for sku in skus])
    asked = [(Prototypes.of(fold.enrolled, calibration.alike).evidence(fold.asked), fold) for fold in folds]
    cases = _Cases.of(asked)
    return cases.loss(calibration) / max(len(cases.known), 1), len(cases.known)


def _calibration(alike: float, three: NDArray[np.float64]) -> Calibration:
    return Calibration(alike, float(np.exp(three[0])), float(three[1]), float(three[2]))


@dataclass(frozen=True, slots=True, eq=False)
class _Cases:
    """Evidence on held-out pictures: column 0 is the true SKU's; of unknown products, all are others'."""

    known: NDArray[np.float64]  # (n, k)
    unknown: NDArray[np.float64]  # (m, k)

    @classmethod
    def of(cls, asked: Sequence[tuple[NDArray[np.float64], Fold]]) -> _Cases:
        """From evidence (n, SKU) on the pictures of each fold."""
        known, unknown = [], []
        for evidence, fold in asked:
            rows = np.arange(len(evidence))
            own = evidence[rows, fold.truth]
            others = evidence.copy()
            others[rows, fold.truth] = -np.inf
            others = -np.sort(-others, axis=1)[:, : min(KEPT, evidence.shape[1] - 1)]
            known.append(np.column_stack((own, others)))
            unknown.append(others)
        return cls(_spread(known), _spread(unknown))

    def loss(self, calibration: Calibration) -> float:
        """[nat] surprise at the truth, if half of the pictures are of products that are not enrolled."""
        total = 0.0
        if len(self.known):
            likelihood = calibration.log_likelihood(self.known) - np.log(self.known.shape[1])
            total += float((_log_sum(likelihood) - likelihood[:, 0]).sum())
        if len(self.unknown):
            likelihood = calibration.log_likelihood(self.unknown) - np.log(self.unknown.shape[1])
            total += float(_log_sum(likelihood).sum())
        return total


def _spread(cases: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """At most ``CASES_MAX`` rows, evenly taken; none where nobody else is enrolled."""
    rows = np.concatenate(cases) if cases else np.zeros((0, 1))
    return rows[:: max(1, -(-len(rows) // CASES_MAX))] if rows.shape[1] else np.zeros((0, 1))


def _log_sum(likelihood: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log of 1, the unknown's, plus all likelihoods (n, k) of a row."""
    largest = np.maximum(likelihood.max(axis=1), 0.0)
    total = np.exp(-largest) + np.exp(likelihood - largest[:, None]).sum(axis=1)
    return np.asarray(largest + np.log(total))


def _least(
    function: Callable[[NDArray[np.float64]], float], start: NDArray[np.float64], step: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Where a smooth function of few arguments is least: compass search (Kolda, Lewis, Torczon 2003)."""
    best, least = start.copy(), function(start)
    directions = [sign * row for row in np.eye(len(start)) for sign in (1.0, -1.0)]
    size = 1.0
    while size > STEP_LEAST:
        for direction in directions:
            trial = best + size * step * direction
            if (value := function(trial)) < least:
                best, least = trial, value
                break
        else:
            size /= 2
    return best


def _alike(folds: Sequence[Fold]) -> float:
    """Mean cosine of a held-out picture with those enrolled of its SKU."""
    total, count = PRIOR.alike * ALIKE_PICTURES, ALIKE_PICTURES
    for fold in folds:
        total += float((fold.asked * fold.means[fold.truth]).sum())
        count += len(fold.truth)
    return float(np.clip(total / count, ALIKE_LEAST, ALIKE_MOST))
