"""Per plate: from the first motion to a new level, or back to the old one.

A plate is *calm* or *disturbed*. It becomes disturbed when a hop's mean leaves the baseline by more than its
own noise explains, or its samples ripple more than the whole rack's do (``stirring.py``). From then on its
baseline is frozen. It settles as soon as the last ``settle_min_s`` to ``settle_max_s`` are level enough
(``rest.py``), and is judged (``verdict.py``).

Hops are judged in *runs*: those of one stretch and one epoch of the baseline. Within a run no plate depends
on another, and every plate's hops are taken in their order, so that how samples are cut makes no difference.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.config import WeightSection
from edge.samples import NS_PER_S, ChangeKind, Grams, PlateChange, RackLayout
from edge.weight.baseline import Baseline
from edge.weight.conditioning import Stretch
from edge.weight.dating import Dating
from edge.weight.rest import RestSearch, Trails
from edge.weight.stirring import Flags, Stirring
from edge.weight.verdict import Disturbance, Verdicts

ONSET_BAND_G = 3.0
"""[g] A sample so near its level has not begun to move; ..."""

ONSET_BAND_RIPPLES, ONSET_BAND_SIGMAS = 5.0, 3.0
"""[1, sigma] ... nor has one within so many times the plate's ripple, or its noise."""

LEVEL_SIGMA_G = 0.05
"""[g] added to what averaging leaves of a level's noise: slow motion does not average away."""

STORED_SIGMA_G = 4.0
"""[g] What drift may have done to a stored level while the node was off."""

WATCHED_AFTER_S = 1.0
"""[s] After a change, every hop is told for so long: somebody may wait for a neighbour that still moves."""

DATED_WITHIN_S = 4.0
"""[s] The onset of a disturbance is looked up at its end, or when it lasts so long: most need none."""


@dataclass(frozen=True, slots=True)
class DetectedHop:
    """A hop that ended some disturbances, or that came soon after such a one."""

    hop: int  # in the stretch
    changes: tuple[PlateChange, ...]
    moving_g: Mapping[str, float]  # [g] by plate still disturbed: how far it is from its baseline


@dataclass(slots=True)
class _Run:
    """Some hops of a stretch, and what comes of them."""

    first: int  # number of the first hop
    end_ns: NDArray[np.int64]  # [hop]
    mean_g: Grams  # [hop, plate]
    spread_g: Grams  # [hop, plate]
    usable: Flags | None  # [hop, plate]; None: all
    loudness: NDArray[np.float64]  # [hop]
    changes: dict[int, list[PlateChange]] = field(default_factory=dict)  # by hop
    disturbed: list[tuple[Disturbance, int, int]] = field(default_factory=list)  # from hop, until hop

    def moving_g(self, hop: int, plates: Sequence[str]) -> dict[str, float]:
        """[g] by plate that is still disturbed after a hop, and can be read."""
        moving = sorted(
            (each.plate, each.level_g)
            for each, start, until in self.disturbed
            if start <= hop < until and (self.usable is None or self.usable[hop, each.plate])
        )
        return {plates[plate]: float(self.mean_g[hop, plate]) - level_g for plate, level_g in moving}


class ChangeDetector:
    """Watches all plates of one rack."""

    def __init__(self, rack: RackLayout, hop_samples: int, options: WeightSection) -> None:
        self._rack, self._options = rack, options
        self._hop_s = hop_samples / rack.rate_hz
        shortest = max(3, math.ceil(options.settle_min_s / self._hop_s - 1e-9))
        longest = max(shortest, math.ceil(options.settle_max_s / self._hop_s - 1e-9))
        self._watched_hops = round(WATCHED_AFTER_S / self._hop_s)
        self._dated_hops = round(DATED_WITHIN_S / self._hop_s)
        self._past = longest - 1  # [hops] before a hop that a rest may be read from
        self.baseline = Baseline(len(rack.plates), self._hop_s, options, rack.resolution_g)
        self._stirring = Stirring(self.baseline, options.onset_sigmas)
        self._rests = RestSearch(shortest, longest, self._hop_s)
        self._dating = Dating(hop_samples, self._hop_s)
        self._verdicts = Verdicts(rack.plates, self.baseline, self._dating, options)
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new detector."""
        plates = len(self._rack.plates)
        self.baseline.reset()
        self._dating.clear()
        self._open: dict[int, Disturbance] = {}
        self._epoch: list[tuple[Grams, Grams]] = []  # (means, spreads) of runs of the running epoch
        self._epoch_left = self.baseline.epoch_hops  # [hops] that the running epoch lacks
        self._calm = np.ones(plates, dtype=bool)  # so far in the running epoch
        self._seen_ns = 0  # [ns] end of the hop before
        self._watched_to = 0  # number of the first hop that nobody waits for
        self._mean_g = np.full((self._past, plates), np.nan)  # the hops before
        self._spread_g = np.full((self._past, plates), np.nan)
        self._loudness = np.ones(self._past)

    @property
    def disturbed(self) -> frozenset[int]:
        """Columns between first motion and rest."""
        return frozenset(self._open)

    def expect(self, levels_g: Mapping[int, float], mono_ns: int) -> None:
        """Levels from before the node stopped, by column: a difference is a change that nobody saw."""
        hop = self._dating.hops
        for plate, level_g in levels_g.items():
            self._open[plate] = Disturbance(
                plate, hop, level_g, STORED_SIGMA_G, 0.0, hop, mono_ns, onset_ns=mono_ns, dark_s=math.inf
            )

    def forget(self, plate: int) -> None:
        """Nothing is known of this column any more; what it was in the middle of is no event."""
        self._open.pop(plate, None)
        self.baseline.forget(plate)
        self._calm[plate] = False
        self._mean_g[:, plate] = self._spread_g[:, plate] = np.nan

    def update(self, stretch: Stretch) -> Iterator[DetectedHop]:
        """Take in some hops; give those with which something ended, and those soon after."""
        first, past = self._dating.hops, self._past
        self._dating.take(stretch)
        self._mean_g = np.concatenate((self._mean_g, stretch.mean_g))
        self._spread_g = np.concatenate((self._spread_g, stretch.spread_g))
        self._loudness = np.concatenate((self._loudness, np.ones(len(stretch))))
        start = 0
        while start < len(stretch):
            until = min(len(stretch), start + self._epoch_left)
            hops = slice(start, until)
            run = _Run(
                first=first + start,
                end_ns=stretch.end_ns[hops],
                mean_g=stretch.mean_g[hops],
                spread_g=stretch.spread_g[hops],
                usable=None if stretch.clean else stretch.valid[hops],
                loudness=self._loudness[past + start : past + until],
            )
            self._judge(run, start, round(stretch.period_ns))
            yield from self._told(run, start)
            self._count(run)
            start = until
        kept = len(self._mean_g) - past
        self._mean_g, self._spread_g = self._mean_g[kept:], self._spread_g[kept:]
        self._loudness = self._loudness[kept:]

    # --- a run ------------------------------------------------------------------------------------

    def _judge(self, run: _Run, start: int, period_ns: int) -> None:
        """Let disturbances begin and end."""
        possible = self._stirring.possible(run.mean_g, run.spread_g, run.usable)
        if not self._open and not possible.any():
            return
        run.loudness[:] = self._stirring.loudness(run.spread_g)
        calm = [plate for plate in map(int, np.flatnonzero(possible.any(axis=0))) if plate not in self._open]
        followed = [(each, 0) for each in self._open.values()]
        followed += self._stirred(run, calm, [0] * len(calm))
        while followed:
            ended = self._follow(run, start, followed, period_ns)
            # A plate may stir again within the run in which it came to rest.
            again = [(plate, hop + 1) for plate, hop in ended if hop + 1 < len(run.end_ns)]
            followed = self._stirred(run, [plate for plate, _ in again], [hop for _, hop in again])

    def _stirred(self, run: _Run, plates: list[int], since: list[int]) -> list[tuple[Disturbance, int]]:
        """Calm plates that stand out, and the hop with which it begins; they are disturbed from there.

        Args:
            run: what is judged.
            plates: columns to be judged.
            since: [plate] hop of the run from which on.
        """
        if not plates:
            return []
        stirred = self._stirring.stirred(run.mean_g, run.spread_g, run.usable, plates, run.loudness)
        stirred &= np.arange(len(stirred))[:, None] >= since
        begun = []
        for column in map(int, np.flatnonzero(stirred.any(axis=0))):
            hop = int(stirred[:, column].argmax())
            begun.append((self._begin(run, plates[column], hop), hop))
        return begun

    def _begin(self, run: _Run, plate: int, hop: int) -> Disturbance:
        noise_g, ripple_g = float(self.baseline.noise_g[plate]), float(self.baseline.ripple_g[plate])
        averaged_hops = max(self._options.baseline_s / self._hop_s, 1.0)
        self._open[plate] = begun = Disturbance(
            plate=plate,
            hop=run.first + hop,
            level_g=float(self.baseline.level_g[plate]),
            level_sigma_g=noise_g / math.sqrt(averaged_hops) + LEVEL_SIGMA_G,
            still_g=max(ONSET_BAND_RIPPLES * ripple_g, ONSET_BAND_SIGMAS * noise_g, ONSET_BAND_G),
            trail_hop=run.first + hop,
            seen_ns=int(run.end_ns[hop - 1]) if hop else self._seen_ns,
        )
        return begun

    def _follow(
        self, run: _Run, start: int, followed: list[tuple[Disturbance, int]], period_ns: int
    ) -> list[tuple[int, int]]:
        """Look for rests of disturbed plates; (plate, hop) of those that ended."""
        plates = [each.plate for each, _ in followed]
        length = self._trail_lengths(run, [each for each, _ in followed])
        rests = self._rests.update(
            Trails(
                mean_g=self._mean_g[start : start + self._past + len(run.end_ns), plates],
                spread_g=self._spread_g[start : start + self._past + len(run.end_ns), plates],
                loudness=self._loudness[start : start + self._past + len(run.end_ns)],
                length=length,
                level_g=np.array([each.level_g for each, _ in followed]),
                noise_g=self.baseline.noise_g[plates],
                ripple_g=self.baseline.ripple_g[plates],
            )
        )
        hops = np.arange(len(run.end_ns))[:, None]
        judged = hops >= [since for _, since in followed]
        at_rest = (rests.hops > 0) & judged
        rests_at = np.where(at_rest.any(axis=0), at_rest.argmax(axis=0), len(hops))
        push_g = np.where(judged & (hops <= rests_at), rests.push_g, 0.0)
        peaks_g = push_g[np.abs(push_g).argmax(axis=0), np.arange(len(followed))]
        self._calm[plates] = False
        ended = []
        for column, (each, since) in enumerate(followed):
            hop = int(rests_at[column])
            run.disturbed.append((each, since, hop))
            if abs(peaks_g[column]) > abs(each.peak_g):
                each.peak_g = float(peaks_g[column])
            self._see(run, each, since, min(hop + 1, len(hops)))
            if hop == len(hops):
                if run.first + hop - each.hop >= self._dated_hops:
                    self._verdicts.date(each)
                continue
            del self._open[each.plate]
            ended.append((each.plate, hop))
            rest, swing_g = rests.at(hop, column), rests.swing_g(hop, column, int(length[hop, column]))
            decided_ns = int(run.end_ns[hop]) + period_ns
            told = self._verdicts.of(each, rest, swing_g, run.first + hop, decided_ns)
            if told is not None:
                run.changes.setdefault(hop, []).append(told)
        return ended

    def _trail_lengths(self, run: _Run, disturbances: Sequence[Disturbance]) -> NDArray[np.int64]:
        """[hop, plate] hops since each disturbance began, or since the plate could not be read."""
        hops = np.arange(run.first + 1, run.first + 1 + len(run.end_ns))
        since = np.array([each.trail_hop for each in disturbances])
        if run.usable is None:
            return np.asarray(np.maximum(hops[:, None] - since, 0))
        unusable = ~run.usable[:, [each.plate for each in disturbances]]
        dark = np.maximum.accumulate(np.where(unusable, hops[:, None], 0), axis=0)
        since = np.maximum(dark, since)
        for each, last in zip(disturbances, since[-1], strict=True):
            each.trail_hop = int(last)
        return np.asarray(np.maximum(hops[:, None] - since, 0))

    def _see(self, run: _Run, each: Disturbance, since: int, until: int) -> None:
        """Note for how long a plate could not be read."""
        seen_ns = run.end_ns[since:until]
        if run.usable is not None:
            seen_ns = seen_ns[run.usable[since:until, each.plate]]
        if seen_ns.size:
            gap_ns = int(seen_ns[0]) - each.seen_ns
            if run.usable is not None and seen_ns.size > 1:
                gap_ns = max(gap_ns, int(np.diff(seen_ns).max()))
            each.dark_s = max(each.dark_s, gap_ns / NS_PER_S - self._hop_s)
            each.seen_ns = int(seen_ns[-1])

    # --- after a run ------------------------------------------------------------------------------

    def _told(self, run: _Run, start: int) -> Iterator[DetectedHop]:
        """Hops worth a word, in their order."""
        if not run.changes and run.first >= self._watched_to:
            return
        for hop in range(len(run.end_ns)):
            changes = sorted(
                run.changes.get(hop, ()), key=lambda change: self._rack.plates.index(change.plate)
            )
            if any(change.kind is ChangeKind.CHANGE for change in changes):
                self._watched_to = run.first + hop + 1 + self._watched_hops
            if changes or run.first + hop < self._watched_to:
                yield DetectedHop(start + hop, tuple(changes), run.moving_g(hop, self._rack.plates))

    def _count(self, run: _Run) -> None:
        """Add a run to its epoch; the baseline moves when that is over."""
        self._epoch.append((run.mean_g, run.spread_g))
        self._epoch_left -= len(run.end_ns)
        self._seen_ns = int(run.end_ns[-1])
        if run.usable is not None:
            self._calm &= run.usable.all(axis=0)
        if self._epoch_left:
            return
        if len(self._epoch) == 1:
            self.baseline.update(run.mean_g, run.spread_g, self._calm)
        else:
            means_g, spreads_g = zip(*self._epoch, strict=True)
            self.baseline.update(np.concatenate(means_g), np.concatenate(spreads_g), self._calm)
        self._epoch, self._epoch_left = [], self.baseline.epoch_hops
        self._calm = np.ones(len(self._rack.plates), dtype=bool)
        self._calm[list(self._open)] = False
