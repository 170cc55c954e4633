"""Corner error: a cell weighs what stands off its middle a little too heavy or too light."""

from __future__ import annotations

import numpy as np

CORNER_SHARE = 0.0005
"""[1] of a load at the edge of its plate, standard deviation along each axis. OIML R 76-1 (A.4.7, eccentric
loading) weighs a third of the maximum in each quarter of the plate; one verification interval off, which
class III allows there, is 0.075 % for a scale of 20 kg and 5 g."""

Place = tuple[float, float]
"""(to the right, to the back) of the plate's middle, in halves of its width and depth: -1 to 1."""


class CornerError:
    """The cells of one board under loads off their middle. Linear, so the errors of several loads add up.

    Attributes:
        share: [channel, 2] of a load at the right and at the back edge that is shown too much.
    """

    def __init__(self, channels: int, made: np.random.Generator) -> None:
        self.share = made.normal(0.0, CORNER_SHARE, (channels, 2))

    def felt(self, channel: int, place: Place) -> float:
        """[1] what the cell feels of a load there, as a share of it."""
        return 1.0 + float(self.share[channel] @ place)
