"""What a rack rings with: frames that sway, shelves that swing, plates on their springs.

Damped oscillators, stepped from sample to sample with their exact solution, so that how time is cut into
blocks changes nothing. Three kinds: modes of the whole rack, which every plate shows with a strength and
phase of its own; one mode of each plate, whose frequency falls with the load on it; and both are stirred a
little all the time by the building. Figures are fitted to the nanostore recording (docs/noise.md).
"""

from __future__ import annotations

import numpy as np

from tools.store_simulator.quantities import Grams, Seconds

SWAY_HZ, SWAY_SHARE = (0.5, 3.0, 4.0), 0.5
FRAME_HZ = (7.0, 10.5, 12.0, 14.0, 16.0, 18.0, 20.5, 22.0, 23.0, 26.0, 28.5)
"""[Hz] of a rack's modes: the sway on its feet, which a heel moves by that share [1], and the frame's own."""

MODE_SPREAD = 0.05
"""[1] by which a mode is off, standard deviation, from rack to rack."""

RING_S = (0.5, 1.4)
"""[s] until a ringing has fallen to a twentieth (three time constants)."""

EMPTY_HZ, PLATE_G = (12.0, 34.0), 2000.0
"""[Hz] a plate's own mode while it is empty, and [g] the mass that swings then: a mass on a spring goes with
1 / sqrt(plate + load)."""

SENSITIVITY_LOG_SIGMA, SENSITIVITY_MAX = 1.3, 12.0
"""Of how much of everything that shakes the rack a plate shows: in the recording a walk-by shakes the median
plate by 1.7 g and one in twenty by 14 g."""

OWN_SHARE = 1.1
"""[1] how much of a shock a plate's own mode takes up, against each mode of the rack."""

PHASE_STEP_RAD = 0.45
"""[rad] by which a mode's phase differs from one plate to the next, standard deviation."""

UNREST = 0.42
"""[g/sqrt(s)] by which the building stirs each mode: motors, doors, traffic."""

STRUCK_SHARE = 0.05
"""[1] of a shock to one plate that each mode of its rack takes up."""


class Resonance:
    """All modes of one rack.

    Args:
        plates: number of plates, neighbours beside each other.
        made: decides the rack's own mechanics.
        stir: decides how the building stirs it.
        unrest: [g/sqrt(s)] by how much.
    """

    def __init__(
        self,
        plates: int,
        made: np.random.Generator,
        stir: np.random.Generator,
        *,
        unrest: float = UNREST,
    ) -> None:
        rack_hz = np.array([*SWAY_HZ, *FRAME_HZ])
        share = np.repeat([SWAY_SHARE, 1.0], [len(SWAY_HZ), len(FRAME_HZ)]) / np.sqrt(rack_hz.size)
        self._rack_rad_per_s = 2 * np.pi * rack_hz * made.normal(1.0, MODE_SPREAD, rack_hz.size)
        self._empty_rad_per_s = 2 * np.pi * made.uniform(*EMPTY_HZ, plates)
        self._decay_per_s = 3.0 / made.uniform(*RING_S, rack_hz.size + plates)
        self._sensitivity = made.lognormal(0.0, SENSITIVITY_LOG_SIGMA, plates).clip(0, SENSITIVITY_MAX)
        phase = made.normal(0.0, PHASE_STEP_RAD, (rack_hz.size, plates)).cumsum(axis=1)
        self._shape = np.exp(1j * phase) * self._sensitivity * share[:, None]  # [mode, plate]
        self._stir, self._unrest = stir, unrest
        self._swing = np.zeros(rack_hz.size + plates, dtype=np.complex128)  # [mode] g
        self._at_s: float | None = None
        self._shocks: list[tuple[float, Grams]] = []  # (at_s, [mode] g), not yet felt

    def shake(self, at_s: float, shock_g: float, *, own: float = OWN_SHARE) -> None:
        """A shock to the whole rack; ``own`` is what the plates' own modes take up of it."""
        modes = len(self._rack_rad_per_s)
        self._shocks.append((at_s, shock_g * np.repeat([1.0, own], [modes, len(self._swing) - modes])))

    def strike(self, plate: int, at_s: float, shock_g: float) -> None:
        """A shock to one plate, which swings out by ``shock_g``."""
        modes = len(self._rack_rad_per_s)
        struck = np.zeros(len(self._swing))
        struck[:modes] = STRUCK_SHARE * shock_g
        struck[modes + plate] = shock_g / self._sensitivity[plate]
        self._shocks.append((at_s, struck))

    def plate_hz(self, load_g: Grams) -> Grams:
        """[..., plate] Hz of the plates' own modes under these loads [..., plate] g."""
        return np.asarray(
            self._empty_rad_per_s / (2 * np.pi) * np.sqrt(PLATE_G / (PLATE_G + load_g.clip(0.0)))
        )

    def update(self, load_g: Grams, at_s: Seconds) -> Grams:
        """Ringing of the plates.

        Args:
            load_g: [n, plate] g that swing with each plate.
            at_s: [n] rising, later than ever before.

        Returns:
            [n, plate] g.
        """
        modes = len(self._rack_rad_per_s)
        own_rad_per_s = 2 * np.pi * self.plate_hz(load_g)
        swings = np.empty((len(at_s), len(self._swing)), dtype=np.complex128)
        stirred = self._unrest * self._stir.normal(size=swings.shape)
        pole = np.empty(len(self._swing), dtype=np.complex128)
        pole.real, pole.imag[:modes] = -self._decay_per_s, self._rack_rad_per_s
        for row, now_s in enumerate(at_s.tolist()):
            since_s = 0.0 if self._at_s is None else now_s - self._at_s
            pole.imag[modes:] = own_rad_per_s[row]
            self._swing = self._swing * np.exp(pole * since_s) - 1j * stirred[row] * np.sqrt(since_s)
            for shock_s, shock_g in self._due(now_s):
                # A shock is a velocity: the ringing starts at zero and swings out as a sine.
                self._swing -= 1j * shock_g * np.exp(pole * (now_s - shock_s))
            swings[row], self._at_s = self._swing, now_s
        return np.asarray((swings[:, :modes] @ self._shape + self._sensitivity * swings[:, modes:]).real)

    def _due(self, now_s: float) -> list[tuple[float, Grams]]:
        due = [shock for shock in self._shocks if shock[0] <= now_s]
        if due:
            self._shocks = [shock for shock in self._shocks if shock[0] > now_s]
        return due
