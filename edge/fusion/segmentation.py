"""Which changes of plates were one act: segmentation as a hypothesis.

A thing may straddle plates; a hand that presses, holds or leans makes levels that are no goods; a slow lift
leaves in pieces; a heavy pick tugs at its neighbours. So every new rest of a plate joins a *cluster* of
recent changes near it, and the cluster is cut into *acts* anew, in the way that explains all its levels best:

* one act of goods: the density of its total under the catalogue, and of its shares over the plates;
* a level on the way that was no rest of goods: a hand's force, any within some hundred grams;
* a touch: levels that come back to where they were;
* cross-talk: a small change beside a large one.

The best cut is published at once. A later one that differs revises it, under the same identity.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from edge.config import FusionSection
from edge.fusion.hypotheses import HypothesisSearch
from edge.messages import Hypothesis
from edge.planogram import Planogram, shelf_of
from edge.samples import NS_PER_S, ChangeKind, Grams, PlateChange, WeightChange

HOLD_S = 12.0
"""[s] A hand may hold goods on the shelf for so long (the competition's scenario: 10 s)."""

TOGETHER_S = 0.4
"""[s] The plates under one thing come to rest within so long of each other."""

REST_G, GRIP_G = 60.0, 500.0
"""[g] A hand that rests on goods presses with some tens of grams (mean of an exponential), one that grips
them holds any part of their weight (uniform)."""

LOG_HAND = math.log(0.4)
"""[nat] prior of a level on the way that is a hand's."""

LOG_RAMP = math.log(0.5 / 10.0)
"""[nat] one more small step of a slow lift: prior times density over some grams."""

HOLD_PER_S, TOUCH_PER_S = 1.5, 3.0
"""[nat/s] what a level costs as a hand's for every second that it was at rest: hands tremble. A hand that
holds goods before it takes them is stiller than one that leaves them."""

STILL_MAX_S = 10.0
"""[s] rest beyond makes no difference."""

STIR_G = 10.0
"""[g] A disturbance that moved the plate so far, and left nothing, ends the rest before it."""

MAIN_SHARE = 0.1
"""[1] An act has settled with the last change that is so much of it; what follows is creep."""

LOG_TOUCH = math.log(0.3)
"""[nat] prior that a hand came and went and left everything in its place."""

LOG_NOISE = math.log(0.02)
"""[nat] prior that a change is the plates' own motion after all, ..."""

NOISE_SIGMAS, NOISE_MIN_G = 2.0, 3.0
"""[sigma, g] ... and the scale of such errors: their tail is exponential, not Gaussian."""

LOG_TAKEN_AGAIN = math.log(0.02)
"""[nat] prior that what was just put down is what is taken next."""

TOLD_PROBABILITY, TOLD_G = 0.02, 3.0
"""[1, g] A revision that changes less, and no item, is kept to oneself."""

CLUSTER_MAX = 7
"""Changes considered together; a cluster of 7 has at most 877 cuts."""

TUG_SIGMA = 0.35
"""[1] standard deviation of a tug as a share of its bound (measured: 0.8-1.5 % of 2.5 %)."""

REACH_PLATES = 2
"""[plates] reach of cross-talk (measured: the two neighbours on one side)."""


@dataclass(frozen=True, slots=True)
class Act:
    """Changes that one act made, and what it may have been. No hypotheses: nothing changed place."""

    changes: tuple[PlateChange, ...]
    total: WeightChange
    hypotheses: tuple[Hypothesis, ...]
    log_evidence: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """An act to publish: new (``revises`` None), or instead of what was published under a key."""

    key: int  # identity of the act, for later revisions
    revises: bool
    act: Act | None  # None: withdrawn, it was part of something else


@dataclass(slots=True)
class _Cluster:
    """Recent changes near each other, and what was published for them."""

    changes: list[PlateChange] = field(default_factory=list)
    published: dict[frozenset[PlateChange], int] = field(default_factory=dict)
    said: dict[int, Act] = field(default_factory=dict)
    fresh: set[PlateChange] = field(default_factory=set)  # not yet decided
    wait_until_ns: int | None = None

    def block_of(self, change: PlateChange) -> frozenset[PlateChange] | None:
        """The published act that the change is part of."""
        return next((block for block in self.published if change in block), None)


class Segmentation:
    """Cuts the changes of one node's plates into acts."""

    def __init__(
        self, planogram: Planogram, hypotheses: HypothesisSearch, options: FusionSection, join_s: float
    ) -> None:
        self._planogram, self._hypotheses, self._options = planogram, hypotheses, options
        self._join_ns = round(join_s * NS_PER_S)
        self._column = {
            plate: column
            for shelf in planogram.shelves
            for column, plate in enumerate(planogram.shelf(shelf))
        }
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new object."""
        self._clusters: list[_Cluster] = []
        self._acts: dict[frozenset[PlateChange], Act] = {}  # of the cluster that is being cut
        self._stirs: dict[str, list[int]] = {}  # [ns] onsets of all that disturbed a plate lately
        self._next_key = 1

    @property
    def is_waiting(self) -> bool:
        """Whether some change is held back for a neighbour that still moves."""
        return any(cluster.wait_until_ns is not None for cluster in self._clusters)

    def update(
        self, changes: Sequence[PlateChange], moving_g: Mapping[str, float], now_ns: int
    ) -> list[Verdict]:
        """Take in disturbances that ended.

        Args:
            changes: plates that came to rest, at a new level or back at the old one.
            moving_g: [g] by plate, how far those are away that still move.
            now_ns: [ns] mono, last sample used.
        """
        for change in changes:
            if abs(change.peak_g) >= STIR_G:
                self._stirs.setdefault(change.plate, []).append(change.stirred_ns)
            if change.kind is ChangeKind.CHANGE:
                cluster = self._cluster_of(change)
                cluster.changes.append(change)
                cluster.fresh.add(change)
                cluster.wait_until_ns = now_ns + self._join_ns
        verdicts: list[Verdict] = []
        for cluster in self._clusters:
            if cluster.wait_until_ns is not None and (
                now_ns >= cluster.wait_until_ns or not self._must_wait(cluster, moving_g)
            ):
                cluster.wait_until_ns = None
                cluster.fresh.clear()
                verdicts.extend(self._decide(cluster))
        self._forget(now_ns)
        return verdicts

    def flush(self) -> list[Verdict]:
        """Decide what is held back."""
        return [
            verdict
            for cluster in self._clusters
            if cluster.wait_until_ns is not None
            for verdict in self._decide(cluster)
        ]

    # --- clusters ---------------------------------------------------------------------------------

    def _cluster_of(self, change: PlateChange) -> _Cluster:
        """The cluster that the change is near to; clusters that it connects become one."""
        near = [
            cluster
            for cluster in self._clusters
            if any(self._is_near(earlier, change) for earlier in cluster.changes)
        ]
        if not near:
            self._clusters.append(_Cluster())
            return self._clusters[-1]
        first, *others = near
        for other in others:
            first.changes.extend(other.changes)
            first.published.update(other.published)
            first.said.update(other.said)
            first.fresh.update(other.fresh)
            self._clusters.remove(other)
        first.changes.sort(key=lambda each: (each.settled_ns, each.plate))
        while len(first.changes) >= CLUSTER_MAX:
            if self._condense(first):
                continue
            known = [each for each in first.changes if each not in first.fresh]
            if not known:  # nothing may be forgotten before it was decided
                self._clusters.append(_Cluster())
                return self._clusters[-1]
            small = (each for each in known if abs(each.delta_g) < self._options.smallest_item_g)
            self._drop(first, next(small, known[0]))
        return first

    def _condense(self, cluster: _Cluster) -> bool:
        """Make one of two changes of a plate that follow each other and were one act so far."""
        steps = [
            (later.onset_ns - earlier.settled_ns, earlier, later)
            for plate in {change.plate for change in cluster.changes}
            for earlier, later in itertools.pairwise(each for each in cluster.changes if each.plate == plate)
            if cluster.block_of(earlier) == cluster.block_of(later) and not {earlier, later} & cluster.fresh
        ]
        if not steps:
            return False
        _, earlier, later = min(steps, key=lambda step: step[0])
        whole = replace(
            later,
            delta_g=earlier.delta_g + later.delta_g,
            sigma_g=math.hypot(earlier.sigma_g, later.sigma_g),
            onset_ns=earlier.onset_ns,
            stirred_ns=earlier.stirred_ns,
        )
        block = cluster.block_of(earlier)
        if block is not None:
            cluster.published[block - {earlier, later} | {whole}] = cluster.published.pop(block)
        at = cluster.changes.index(later)
        cluster.changes[at] = whole
        cluster.changes.remove(earlier)
        return True

    def _drop(self, cluster: _Cluster, change: PlateChange) -> None:
        """What was published with a dropped change stays as it is."""
        gone = cluster.block_of(change) or frozenset((change,))
        cluster.published.pop(gone, None)
        cluster.changes = [each for each in cluster.changes if each not in gone]

    def _is_near(self, one: PlateChange, other: PlateChange) -> bool:
        apart = self._apart(one.plate, other.plate)
        if apart == 0:
            return other.onset_ns - one.settled_ns <= HOLD_S * NS_PER_S
        return apart <= REACH_PLATES and _together(one, other)

    def _apart(self, one: str, other: str) -> int:
        """Plates between two of one shelf; far for others."""
        if shelf_of(one) != shelf_of(other):
            return 1_000
        return abs(self._column.get(one, 0) - self._column.get(other, 0))

    def _must_wait(self, cluster: _Cluster, moving_g: Mapping[str, float]) -> bool:
        """A neighbour still moves, the same way, by more than cross-talk."""
        for change in cluster.changes[-3:]:
            least_g = self._crosstalk_g(change.delta_g)
            for plate, moved_g in moving_g.items():
                if (
                    0 < self._apart(plate, change.plate) <= 1
                    and moved_g * change.delta_g > 0
                    and abs(moved_g) > least_g
                ):
                    return True
        return False

    def _forget(self, now_ns: int) -> None:
        horizon_ns = now_ns - round(HOLD_S * NS_PER_S)
        for cluster in self._clusters:
            if (
                cluster.wait_until_ns is None
                and max(each.settled_ns for each in cluster.changes) < horizon_ns
            ):
                cluster.changes = []
        self._clusters = [cluster for cluster in self._clusters if cluster.changes]
        self._stirs = {
            plate: kept
            for plate, onsets in self._stirs.items()
            if (kept := [onset for onset in onsets if onset >= horizon_ns])
        }

    # --- cuts -------------------------------------------------------------------------------------

    def _decide(self, cluster: _Cluster) -> Iterator[Verdict]:
        """Publish the best cut, as far as it differs from what was published."""
        self._acts.clear()
        changes = tuple(cluster.changes)
        best = max(self._cuts(changes, changes), key=_log_score)
        acts = {frozenset(act.changes): act for act in best}
        gone = {block: key for block, key in cluster.published.items() if block not in acts}
        published = {block: key for block, key in cluster.published.items() if block in acts}
        for block, act in acts.items():
            if block in published:
                continue
            ancestor = max(gone, key=lambda each: len(each & block), default=frozenset[PlateChange]())
            if ancestor & block:
                published[block] = key = gone.pop(ancestor)
                if _differs(act, cluster.said.get(key)):
                    cluster.said[key] = act
                    yield Verdict(key, True, act)
            elif act.hypotheses:
                published[block] = key = self._next_key
                self._next_key += 1
                cluster.said[key] = act
                yield Verdict(key, False, act)
        for key in gone.values():
            yield Verdict(key, True, None)
        cluster.published = published

    def _cuts(self, left: tuple[PlateChange, ...], changes: tuple[PlateChange, ...]) -> Iterator[list[Act]]:
        """All ways to cut what is ``left`` of a cluster's ``changes`` into possible acts."""
        if not left:
            yield []
            return
        first, rest = left[0], left[1:]
        for mask in range(1 << len(rest)):
            block = (first, *(change for bit, change in enumerate(rest) if mask >> bit & 1))
            if not self._is_possible(block, changes):
                continue
            act = self._act(block, changes)
            others = tuple(change for bit, change in enumerate(rest) if not mask >> bit & 1)
            for cut in self._cuts(others, changes):
                yield [act, *cut]

    def _is_possible(self, block: tuple[PlateChange, ...], changes: tuple[PlateChange, ...]) -> bool:
        """One act: neighbouring plates at one time, and no other change of its plates in between."""
        columns = sorted({self._column.get(change.plate, 0) for change in block})
        if columns[-1] - columns[0] != len(columns) - 1:
            return False
        if len(columns) > 1:
            last = {change.plate: change for change in block}
            if not all(
                any(_together(one, other) for other in last.values() if other is not one)
                for one in last.values()
            ):
                return False
        for change in changes:
            if change not in block:
                own = [each.settled_ns for each in block if each.plate == change.plate]
                if own and min(own) < change.settled_ns < max(own):
                    return False
        return True

    def _act(self, block: tuple[PlateChange, ...], changes: tuple[PlateChange, ...]) -> Act:
        """The block as one act, with the best kind of explanation."""
        key = frozenset(block)
        act = self._acts.get(key)
        if act is None:
            total = self._total(block, changes)
            hypotheses: tuple[Hypothesis, ...] = ()
            goods = -math.inf
            if abs(float(total.delta_g.sum())) >= self._options.smallest_item_g:
                hypotheses = self._hypotheses.explain(total)
                goods = self._hypotheses.log_evidence(hypotheses) + self._log_hand(block, HOLD_PER_S)
            touch = LOG_NOISE + _log_noise(total)
            if len(block) > len(total.plates):
                touch = (
                    LOG_TOUCH + _log_zero(total.delta_g, total.sigma_g) + self._log_hand(block, TOUCH_PER_S)
                )
            act = Act(block, total, hypotheses, goods) if goods > touch else Act(block, total, (), touch)
            self._acts[key] = act
        if len(block) == 1:
            tug = self._log_crosstalk(block[0], changes)
            if tug > act.log_evidence:
                return Act(block, act.total, (), tug)
        return act

    def _total(self, block: tuple[PlateChange, ...], changes: tuple[PlateChange, ...]) -> WeightChange:
        """Sum of a block by plate; what neighbours' changes may tug at a plate is noise to it."""
        by_plate: dict[str, list[PlateChange]] = {}
        for change in block:
            by_plate.setdefault(change.plate, []).append(change)
        plates = tuple(sorted(by_plate, key=lambda plate: self._column.get(plate, 0)))
        sigma_g = []
        for plate in plates:
            tugs_g = [
                TUG_SIGMA * self._options.crosstalk * other.delta_g
                for other in changes
                if 0 < self._apart(other.plate, plate) <= REACH_PLATES
                and any(_together(other, own) for own in by_plate[plate])
            ]
            sigma_g.append(math.hypot(*(change.sigma_g for change in by_plate[plate]), *tugs_g))
        return WeightChange(
            plates=plates,
            delta_g=np.array([sum(change.delta_g for change in by_plate[plate]) for plate in plates]),
            sigma_g=np.array(sigma_g),
            onset_ns=min(change.onset_ns for change in block),
            settled_ns=_settled_ns(block),
            decided_ns=max(change.decided_ns for change in block),
        )

    def _log_hand(self, block: tuple[PlateChange, ...], per_s: float) -> float:
        """Log density of all levels of a block but the last of each plate, as a hand's force."""
        log_density = 0.0
        by_plate: dict[str, list[PlateChange]] = {}
        for change in sorted(block, key=lambda each: each.settled_ns):
            by_plate.setdefault(change.plate, []).append(change)
        for plate, changes in by_plate.items():
            end_g, level_g = sum(change.delta_g for change in changes), 0.0
            for change, following in itertools.pairwise(changes):
                level_g += change.delta_g
                force_g = min(abs(level_g), abs(level_g - end_g))
                rests = 0.5 * math.exp(-force_g / REST_G) / REST_G
                stirs = [onset for onset in self._stirs.get(plate, ()) if onset > change.settled_ns]
                still_s = max(min([following.stirred_ns, *stirs]) - change.settled_ns, 0) / NS_PER_S
                held = LOG_HAND + math.log(rests + 0.5 / GRIP_G) - per_s * min(still_s, STILL_MAX_S)
                ramp = LOG_RAMP if self._is_ramp(change, following) else -math.inf
                log_density += max(held, ramp)
        return log_density

    def _is_ramp(self, one: PlateChange, following: PlateChange) -> bool:
        """Small steps the same way: a load that leaves slower than rest is found."""
        small_g = self._options.smallest_item_g
        return one.delta_g * following.delta_g > 0 and max(abs(one.delta_g), abs(following.delta_g)) < small_g

    def _log_crosstalk(self, change: PlateChange, changes: tuple[PlateChange, ...]) -> float:
        """Log density of a small change as the tug of a large one beside it."""
        tugs = [
            -math.log(self._crosstalk_g(main.delta_g))
            for main in changes
            if 0 < self._apart(main.plate, change.plate) <= REACH_PLATES
            and _together(main, change)
            and main.delta_g * change.delta_g > 0
            and 2 * abs(change.delta_g) < abs(main.delta_g)
            and abs(change.delta_g) <= self._crosstalk_g(main.delta_g)
        ]
        return max(tugs, default=-math.inf)

    def _crosstalk_g(self, delta_g: float) -> float:
        return self._options.crosstalk * abs(delta_g) + 1.0


def _together(one: PlateChange, other: PlateChange) -> bool:
    """Disturbances that overlap, or nearly."""
    slack_ns = round(TOGETHER_S * NS_PER_S)
    return one.onset_ns <= other.settled_ns + slack_ns and other.onset_ns <= one.settled_ns + slack_ns


def _differs(act: Act, said: Act | None) -> bool:
    """Whether a revision would tell anybody something new."""
    if said is None or not act.hypotheses or not said.hypotheses:
        return True
    best, before = act.hypotheses[0], said.hypotheses[0]
    return (
        best.items != before.items
        or act.total.plates != said.total.plates
        or abs(best.probability - before.probability) > TOLD_PROBABILITY
        or abs(float(act.total.delta_g.sum() - said.total.delta_g.sum())) > TOLD_G
    )


def _settled_ns(block: tuple[PlateChange, ...]) -> int:
    """When the act was over but for creep."""
    least_g = MAIN_SHARE * abs(sum(change.delta_g for change in block))
    return max(change.settled_ns for change in block if abs(change.delta_g) >= least_g)


def _log_zero(delta_g: Grams, sigma_g: Grams) -> float:
    """Log density of nothing having changed."""
    sigma = np.maximum(sigma_g, 1.0)
    z = delta_g / sigma
    return float((-0.5 * z * z - np.log(sigma * math.sqrt(2 * math.pi))).sum())


def _log_noise(total: WeightChange) -> float:
    """Log density of a change that is no change."""
    scale = np.maximum(NOISE_SIGMAS * total.sigma_g, NOISE_MIN_G)
    return float((-np.abs(total.delta_g) / scale - np.log(2 * scale)).sum())


def _log_score(cut: list[Act]) -> float:
    """Log evidence of a cut. An act that undoes the one before it is likelier than by itself."""
    score = 0.0
    before: dict[tuple[str, ...], Act] = {}
    for act in sorted(cut, key=lambda each: each.total.settled_ns):
        log_evidence = act.log_evidence
        earlier = before.get(act.total.plates)
        if earlier is not None and act.hypotheses and float(act.total.delta_g.sum()) < 0:
            remains = earlier.total.delta_g + act.total.delta_g
            sigma = np.hypot(earlier.total.sigma_g, act.total.sigma_g)
            log_evidence = max(log_evidence, LOG_TAKEN_AGAIN + _log_zero(remains, sigma))
        score += log_evidence
        before[act.total.plates] = act
    return score
