"""The mechanics of a rack: plates that lean on each other a little, and a frame that rings.

Resonances are damped oscillators with a closed form, so that a block of samples costs one matrix product and
its length changes nothing in the result.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.store_simulator.forces import Footstep, PlateForce, RackForce
from tools.store_simulator.load_cell import Grams

CROSSTALK_SHARE = (0.008, 0.015)
"""[1] permanent share of a load that each neighbouring plate shows, with the load's own sign."""

RACK_MODES = 2
RESONANCE_HZ = (5.0, 20.0)
RING_S = (0.5, 1.4)
"""[s] until a ringing has fallen to a twentieth (three time constants)."""

SENSITIVITY_SPREAD = 0.8
"""[1] sigma of the log of how much of a mode a plate shows: in the recording a walk-by shakes the median
plate by 2 g and one plate in twenty by 9-18 g."""

OWN_MODE_SHARE = 0.4
"""[1] how much of a footstep the plate's own resonance takes up, against the rack's."""


class Rack:
    """Plates on a common frame.

    Attributes:
        crosstalk: [plate, plate] g shown on the column's plate per g on the row's plate.
    """

    def __init__(self, plates: Sequence[str], load_g: Sequence[float], rng: np.random.Generator) -> None:
        """Build the rack.

        Args:
            plates: names ``gondola/shelf/plate`` in channel order; neighbours share a shelf.
            load_g: [plate] g that stand on the plates at second 0.
            rng: decides the rack's own mechanics.
        """
        count = len(plates)
        self._load_g = np.asarray(load_g, dtype=np.float64)
        self._forces: list[PlateForce] = []
        self._kicks: list[tuple[float, NDArray[np.float64]]] = []
        self.crosstalk = np.eye(count)
        shelves = [plate.rpartition("/")[0] for plate in plates]
        for left in range(count - 1):
            if shelves[left] == shelves[left + 1]:
                self.crosstalk[left, left + 1] = rng.uniform(*CROSSTALK_SHARE)
                self.crosstalk[left + 1, left] = rng.uniform(*CROSSTALK_SHARE)
        # Modes: the rack's own, which move all plates, then one of each plate.
        modes = RACK_MODES + count
        decay_per_s = 3.0 / rng.uniform(*RING_S, modes)
        self._pole = -decay_per_s + 2j * np.pi * rng.uniform(*RESONANCE_HZ, modes)  # [mode] 1/s
        self._seen = np.zeros((modes, count), dtype=np.complex128)  # [mode, plate] share and phase
        sensitivity = rng.lognormal(0.0, SENSITIVITY_SPREAD, (RACK_MODES, count)) / RACK_MODES
        phase = rng.normal(0.0, 0.4, (RACK_MODES, count))
        self._seen[:RACK_MODES] = sensitivity * np.exp(1j * phase)
        self._seen[RACK_MODES:] = np.eye(count)
        self._amplitude = np.zeros(modes, dtype=np.complex128)  # [mode] g at `_ringing_s`
        self._ringing_s = 0.0

    def act(self, force: RackForce) -> None:
        """Accept a force; one in the past acts from the next sample on as if it had begun on time."""
        kick_g = np.zeros(len(self._pole))
        if isinstance(force, PlateForce):
            self._forces.append(force)
            if force.kick_g:
                kick_g[RACK_MODES + force.channel] = force.kick_g
                kick_g[:RACK_MODES] = 0.1 * force.kick_g
                self._kicks.append((force.kick_at_s, kick_g))
        elif isinstance(force, Footstep):
            kick_g[:RACK_MODES] = force.kick_g
            kick_g[RACK_MODES:] = OWN_MODE_SHARE * force.kick_g
            self._kicks.append((force.at_s, kick_g))

    def load_g(self, at_s: NDArray[np.float64]) -> Grams:
        """True load at the cells.

        Args:
            at_s: [n] rising sample times, later than any asked for before.

        Returns:
            [n, plate] g.
        """
        on_plate = np.tile(self._load_g, (len(at_s), 1))
        for force in self._forces:
            knots_s, knots_g = zip(*force.knots, strict=True)
            on_plate[:, force.channel] += np.interp(at_s, knots_s, knots_g)
        self._settle(float(at_s[-1]))
        return np.asarray(on_plate @ self.crosstalk + self._ringing_g(at_s))

    def _settle(self, now_s: float) -> None:
        """Forces that have run out are load."""
        for force in [force for force in self._forces if force.knots[-1][0] < now_s]:
            self._load_g[force.channel] += force.knots[-1][1]
            self._forces.remove(force)

    def _ringing_g(self, at_s: NDArray[np.float64]) -> Grams:
        last_s = float(at_s[-1])
        modes = self._amplitude * np.exp(self._pole * (at_s - self._ringing_s)[:, None])  # [n, mode]
        self._amplitude = self._amplitude * np.exp(self._pole * (last_s - self._ringing_s))
        self._ringing_s = last_s
        for kick_at_s, kick_g in [kick for kick in self._kicks if kick[0] <= last_s]:
            since_s = at_s - kick_at_s
            # A kick is a velocity: the ringing starts at zero and swings out as a sine.
            ring = -1j * kick_g * np.exp(self._pole * np.maximum(since_s, 0.0)[:, None])
            modes += np.where(since_s[:, None] >= 0.0, ring, 0.0)
            self._amplitude += -1j * kick_g * np.exp(self._pole * (last_s - kick_at_s))
        self._kicks = [kick for kick in self._kicks if kick[0] > last_s]
        return np.asarray((modes @ self._seen).real)
