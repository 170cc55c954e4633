"""A gallery at work: vectors of pictures in, calibrated likelihoods of the enrolled SKUs out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.vision.gallery.calibration import Calibration, fit
from edge.vision.gallery.metric import Metric, Vectors
from edge.vision.gallery.prototypes import FoldedPrototypes, Prototypes

UNKNOWN_PRIOR = 0.02
"""[1] How many of the pictures that people ask about show nothing enrolled, unless they say so."""

_NONE = np.zeros(0, np.float32)
NOTHING = FoldedPrototypes(_NONE, _NONE.reshape(0, 0), _NONE, np.zeros(0), np.zeros(0))
"""Of a gallery in which nothing is enrolled."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one picture says of every enrolled SKU."""

    log_likelihood: Mapping[str, float]  # [nat] by SKU, relative to a product that is not enrolled

    def posterior(
        self, unknown_prior: float = UNKNOWN_PRIOR, among: Collection[str] | None = None
    ) -> tuple[dict[str, float], float]:
        """Probabilities by SKU, best first, and that of a product that is not among them; they sum to 1.

        Args:
            unknown_prior: [1] before the picture was seen; the SKUs share the rest evenly.
            among: SKUs that it may be; all enrolled when left out.
        """
        skus = [sku for sku in self.log_likelihood if among is None or sku in among]
        if not skus:
            return {}, 1.0
        known = np.array([self.log_likelihood[sku] for sku in skus])
        log_weights = np.append(known + np.log((1.0 - unknown_prior) / len(skus)), np.log(unknown_prior))
        weights = np.exp(log_weights - log_weights.max())
        weights /= weights.sum()
        order = np.argsort(-weights[:-1], kind="stable")
        return {skus[row]: float(weights[row]) for row in order}, float(weights[-1])


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """An immutable snapshot; a gallery that learnt something is another object.

    Attributes:
        model_sha256: of the model that made the vectors: those of another mean nothing here.
        skus: enrolled, in the order of the prototypes.
        prototypes: of every SKU, in the metric that the gallery's pictures teach.
        calibration: fitted to this gallery's own pictures.
    """

    model_sha256: str
    skus: tuple[str, ...]
    prototypes: FoldedPrototypes
    calibration: Calibration

    @classmethod
    def of(
        cls, pictures: Mapping[str, Vectors], model_sha256: str, calibration: Calibration | None = None
    ) -> Gallery:
        """From unit vectors (n, size) by SKU, none of them empty.

        Args:
            pictures: what is enrolled.
            model_sha256: of the model that made the vectors.
            calibration: of these very pictures, where it is known; fitted when left out.
        """
        skus = tuple(sorted(pictures))
        groups = [np.asarray(pictures[sku], np.float32) for sku in skus]
        if not groups:
            return cls(model_sha256, (), NOTHING, Calibration())
        calibration = fit(groups) if calibration is None else calibration
        metric = Metric.of(groups)
        prototypes = Prototypes.of([metric.apply(group) for group in groups], calibration.alike)
        return cls(model_sha256, skus, FoldedPrototypes.of(prototypes, metric), calibration)

    def likelihoods(self, vectors: Vectors) -> list[Sighting]:
        """What each picture says.

        Args:
            vectors: (n, size) unit vectors of the model that the gallery is for.
        """
        if not self.skus:
            return [Sighting({}) for _ in vectors]
        return [Sighting(dict(zip(self.skus, row, strict=True))) for row in self._log(vectors).tolist()]

    def _log(self, vectors: Vectors) -> NDArray[np.float64]:
        """(n, SKU) nat."""
        return self.calibration.log_likelihood(self.prototypes.evidence(vectors))


def grouped(skus: Sequence[str], vectors: Vectors) -> dict[str, Vectors]:
    """Rows of an array (n, size) by the SKU of each."""
    rows: dict[str, list[int]] = {}
    for row, sku in enumerate(skus):
        rows.setdefault(sku, []).append(row)
    return {sku: vectors[of_sku] for sku, of_sku in rows.items()}
