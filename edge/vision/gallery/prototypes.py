"""What a SKU looks like: a prototype, and how sure it is after so few pictures.

Pictures of one SKU scatter around its true mean, the means of all SKUs around the origin; both scatters are
alike in every direction (the two-covariance model: Prince and Elder, "Probabilistic Linear Discriminant
Analysis for Inferences About Identity", 2007, with spherical covariances). ``alike`` is the cosine that two
pictures of one SKU have on average. After n pictures with mean m, the true mean is believed at::

    prototype = n alike / (n alike + 1 - alike) m,   variance = alike (1 - alike) / (n alike + 1 - alike)

so that a SKU with one picture claims less, and less surely, than one with twenty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.vision.gallery.metric import Metric, Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Prototypes:
    """One prototype a SKU.

    Attributes:
        means: (SKU, size) believed means; shorter than 1.
        lengths: (SKU,) their squared lengths.
        spreads: (SKU,) variance of a new picture around the believed mean, summed over all directions.
    """

    means: Vectors
    lengths: NDArray[np.float64]
    spreads: NDArray[np.float64]

    @classmethod
    def of(cls, groups: Sequence[Vectors], alike: float) -> Prototypes:
        """From groups of unit vectors (n, size), a SKU each; none may be empty."""
        counts = np.array([len(group) for group in groups], dtype=np.float64)
        sums = np.array([group.sum(axis=0) for group in groups])
        certainty = counts * alike + 1.0 - alike
        means = sums * (alike / certainty)[:, None]
        spreads = 1.0 - alike + alike * (1.0 - alike) / certainty
        return cls(means.astype(np.float32), (means**2).sum(axis=1), spreads)

    def evidence(self, vectors: Vectors) -> NDArray[np.float64]:
        """(n, SKU) log-likelihood of unit vectors (n, size) against "any product", of one dimension.

        Times the number of dimensions that count, which calibration finds, it is in nats.
        """
        squares = 1.0 - 2.0 * (vectors @ self.means.T) + self.lengths
        return np.asarray(0.5 * (1.0 - squares / self.spreads - np.log(self.spreads)), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class FoldedPrototypes:
    """Prototypes with their metric folded in: vectors of a model in, evidence out, by one product.

    Stretching a picture and comparing it with a prototype is comparing it with a stretched prototype, as the
    metric's map is symmetric; what the picture's length becomes is told by its parts along the axes.

    Attributes:
        centre: (size,) of the metric.
        rows: (SKU + axes, size) stretched prototypes, then the metric's axes.
        surplus: (axes,) what an axis adds to the squared length, by the square of the part along it.
        gain, offset: (SKU,) evidence is ``gain * cosine + offset``.
    """

    centre: Vectors
    rows: Vectors
    surplus: NDArray[np.float32]
    gain: NDArray[np.float64]
    offset: NDArray[np.float64]

    @classmethod
    def of(cls, prototypes: Prototypes, metric: Metric) -> FoldedPrototypes:
        """Equal, but for rounding, to applying the metric and asking the prototypes."""
        stretched = metric.stretched(prototypes.means)
        spreads = prototypes.spreads
        return cls(
            centre=metric.centre,
            rows=np.concatenate((stretched, metric.axes)).astype(np.float32),
            surplus=metric.shortening**2 - 1.0,
            gain=1.0 / spreads,
            offset=0.5 * (1.0 - (1.0 + prototypes.lengths) / spreads - np.log(spreads)),
        )

    def evidence(self, vectors: Vectors) -> NDArray[np.float64]:
        """(n, SKU), see :meth:`Prototypes.evidence`; ``vectors`` (n, size) unit vectors of a model."""
        evidence = np.empty((len(vectors), len(self.gain)))
        for row, vector in enumerate(vectors):  # one after the other: each reads memory once, in order
            offset = vector - self.centre
            products = self.rows @ offset
            along = products[len(self.gain) :]
            length = np.sqrt(max(float(offset @ offset + self.surplus @ (along * along)), 0.0))
            evidence[row] = self.gain * (products[: len(self.gain)] / max(length, 1e-9)) + self.offset
        return evidence
