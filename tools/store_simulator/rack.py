"""The mechanics of a rack: plates that lean on each other a little, on a frame that rings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.store_simulator.forces import Bump, Footstep, PlateForce, RackForce
from tools.store_simulator.load_cell.corner import CornerError, Place
from tools.store_simulator.quantities import Grams, Seconds
from tools.store_simulator.resonance import UNREST, Resonance

CROSSTALK_SHARE, CROSSTALK_REACH = (0.0, 0.015), 2
"""[1] permanent share of a load that each of the nearest plates of its shelf shows, with the load's own sign:
the recorded pick of 622 g moved the next plate by 5-7 g and the one after it by 8-9.5 g."""


class Rack:
    """Plates on a common frame.

    Args:
        plates: names ``gondola/shelf/plate`` in channel order; neighbours share a shelf.
        load_g: [plate] g that stand on the plates at second 0.
        rng: decides the rack's own mechanics, and how the building stirs it.
        moment_g: [plate] g times place of what stands there; left out: all in the middle.
        corner: how the cells feel what stands off the middle; left out: like everything else.
        unrest: [g/sqrt(s)] by how much the building stirs it.

    Attributes:
        crosstalk: [plate, plate] g shown on the column's plate per g on the row's plate.
        resonance: what the rack rings with.
    """

    def __init__(
        self,
        plates: Sequence[str],
        load_g: Sequence[float],
        rng: np.random.Generator,
        *,
        moment_g: Sequence[Place] | None = None,
        corner: CornerError | None = None,
        unrest: float = UNREST,
    ) -> None:
        self._corner = corner
        self._load_g = np.array(load_g, dtype=np.float64)
        if corner is not None and moment_g is not None:
            self._load_g += (corner.share * np.asarray(moment_g)).sum(axis=1)
        self._forces: list[PlateForce] = []
        shelves = [plate.rpartition("/")[0] for plate in plates]
        self.crosstalk = np.eye(len(plates))
        for one, shelf in enumerate(shelves):
            for other in range(max(one - CROSSTALK_REACH, 0), min(one + CROSSTALK_REACH + 1, len(plates))):
                if other != one and shelves[other] == shelf:
                    self.crosstalk[one, other] = rng.uniform(*CROSSTALK_SHARE)
        self.resonance = Resonance(len(plates), rng, rng.spawn(1)[0], unrest=unrest)

    def act(self, force: RackForce) -> None:
        """Accept a force; one in the past acts from the next sample on as if it had begun on time."""
        match force:
            case PlateForce():
                self._forces.append(force)
                if force.kick_g:
                    self.resonance.strike(force.channel, force.kick_at_s, force.kick_g)
            case Footstep():
                self.resonance.shake(force.at_s, force.kick_g)
            case Bump():
                self.resonance.shake(force.at_s, force.kick_g, own=0.0)

    def load_g(self, at_s: Seconds) -> Grams:
        """Load as the cells feel it.

        Args:
            at_s: [n] rising sample times, later than any asked for before.

        Returns:
            [n, plate] g.
        """
        on_plate = np.tile(self._load_g, (len(at_s), 1))
        for force in self._forces:
            knots_s, knots_g = zip(*force.knots, strict=True)
            on_plate[:, force.channel] += self._felt(force) * np.interp(at_s, knots_s, knots_g)
        self._settle(float(at_s[-1]))
        return np.asarray(on_plate @ self.crosstalk + self.resonance.update(on_plate, at_s))

    def _settle(self, now_s: float) -> None:
        """Forces that have run out are load."""
        for force in [force for force in self._forces if force.knots[-1][0] < now_s]:
            self._load_g[force.channel] += self._felt(force) * force.knots[-1][1]
            self._forces.remove(force)

    def _felt(self, force: PlateForce) -> float:
        return self._corner.felt(force.channel, force.place) if self._corner else 1.0
