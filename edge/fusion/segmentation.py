"""Which changes of plates were one act: segmentation as a hypothesis.

A thing may straddle plates; a hand that presses, holds or leans makes levels that are no goods; a slow lift
leaves in pieces; a heavy pick tugs at its neighbours. So every new rest of a plate joins a *cluster* of
recent changes near it, and the cluster is cut into *acts* anew, in the way that explains all its levels best:

* one act of goods: the density of its total under the catalogue, and of its shares over the plates;
* a level on the way that was no rest of goods: a hand's force, any within some hundred grams;
* a touch: levels that come back to where they were;
* cross-talk: a small change beside a large one; noise.

The best cut is published at once. A later one that differs revises it, under the same identity.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edge.config import FusionSection
from edge.fusion.act import Act, ActReader, Changes, log_zero
from edge.fusion.cluster import Block, Cluster
from edge.fusion.hypotheses import HypothesisSearch
from edge.fusion.neighbourhood import HOLD_S, Neighbourhood, together
from edge.planogram import Planogram
from edge.samples import NS_PER_S, ChangeKind, PlateChange

STIR_G = 10.0
"""[g] A disturbance that moved the plate so far, and left nothing, ends the rest before it."""

LOG_TAKEN_AGAIN = math.log(0.02)
"""[nat] prior that what was just put down is what is taken next."""

TOLD_PROBABILITY, TOLD_G = 0.02, 3.0
"""[1, g] A revision that changes less, and no item, is kept to oneself."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An act to publish: new, or instead of what was published under its key."""

    key: int  # identity of the act, for later revisions
    act: Act | None  # None: withdrawn, it was part of something else


class Segmentation:
    """Cuts the changes of one rack's plates into acts."""

    def __init__(
        self, planogram: Planogram, hypotheses: HypothesisSearch, options: FusionSection, join_s: float
    ) -> None:
        self._options = options
        self._near = Neighbourhood(planogram, options.crosstalk)
        self._reader = ActReader(hypotheses, self._near, options)
        self._join_ns = round(join_s * NS_PER_S)
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new object."""
        self._clusters: list[Cluster] = []
        self._stirs: dict[str, list[int]] = {}  # [ns] when a plate was disturbed lately
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
                cluster.add(change)
                cluster.wait_until_ns = now_ns + self._join_ns
        verdicts: list[Verdict] = []
        for cluster in self._clusters:
            due = cluster.wait_until_ns is not None and now_ns >= cluster.wait_until_ns
            if due or (cluster.wait_until_ns is not None and not self._must_wait(cluster, moving_g)):
                verdicts.extend(self._decide(cluster))
        self._forget(now_ns)
        return verdicts

    def flush(self) -> list[Verdict]:
        """Decide what is held back."""
        held_back = [cluster for cluster in self._clusters if cluster.wait_until_ns is not None]
        return [verdict for cluster in held_back for verdict in self._decide(cluster)]

    def _cluster_of(self, change: PlateChange) -> Cluster:
        """The cluster that the change is near to; clusters that it connects become one."""
        near = [
            cluster
            for cluster in self._clusters
            if any(self._near.is_near(earlier, change) for earlier in cluster.changes)
        ]
        if near:
            first, *others = near
            first.absorb(others)
            self._clusters = [cluster for cluster in self._clusters if cluster not in others]
            if first.make_room(self._options.smallest_item_g):
                return first
        self._clusters.append(Cluster())
        return self._clusters[-1]

    def _must_wait(self, cluster: Cluster, moving_g: Mapping[str, float]) -> bool:
        """A neighbour still moves, the same way, by more than cross-talk."""
        return any(
            self._near.apart(plate, change.plate) == 1
            and moved_g * change.delta_g > 0
            and abs(moved_g) > self._near.crosstalk_g(change.delta_g)
            for change in cluster.changes[-3:]
            for plate, moved_g in moving_g.items()
        )

    def _forget(self, now_ns: int) -> None:
        horizon_ns = now_ns - round(HOLD_S * NS_PER_S)
        self._clusters = [
            cluster
            for cluster in self._clusters
            if cluster.wait_until_ns is not None
            or max(each.settled_ns for each in cluster.changes) >= horizon_ns
        ]
        self._stirs = {
            plate: kept
            for plate, stirred in self._stirs.items()
            if (kept := [at for at in stirred if at >= horizon_ns])
        }

    # --- cuts -------------------------------------------------------------------------------------

    def _decide(self, cluster: Cluster) -> Iterator[Verdict]:
        """Publish the best cut, as far as it differs from what was published."""
        cluster.wait_until_ns = None
        cluster.fresh.clear()
        changes, read = tuple(cluster.changes), dict[Block, Act]()
        best = max(self._cuts(changes, changes, read), key=_log_score)
        acts = {frozenset(act.changes): act for act in best}
        gone = {block: key for block, key in cluster.published.items() if block not in acts}
        cluster.published = {block: key for block, key in cluster.published.items() if block in acts}
        for block, act in acts.items():
            if block in cluster.published:
                continue
            ancestor = max(gone, key=lambda each: len(each & block), default=Block())
            if ancestor & block:
                key = gone.pop(ancestor)
            elif act.hypotheses:
                key, self._next_key = self._next_key, self._next_key + 1
            else:
                continue
            cluster.published[block] = key
            if _differs(act, cluster.said.get(key)):
                cluster.said[key] = act
                yield Verdict(key, act)
        for key in gone.values():
            yield Verdict(key, None)

    def _cuts(self, left: Changes, changes: Changes, read: dict[Block, Act]) -> Iterator[list[Act]]:
        """All ways to cut what is ``left`` of a cluster's ``changes`` into possible acts."""
        if not left:
            yield []
            return
        first, rest = left[0], left[1:]
        for mask in range(1 << len(rest)):
            block = (first, *(change for bit, change in enumerate(rest) if mask >> bit & 1))
            if not self._is_possible(block, changes):
                continue
            key = frozenset(block)
            if key not in read:
                read[key] = self._reader.read(block, changes, self._stirs)
            others = tuple(change for bit, change in enumerate(rest) if not mask >> bit & 1)
            for cut in self._cuts(others, changes, read):
                yield [read[key], *cut]

    def _is_possible(self, block: Changes, changes: Changes) -> bool:
        """One act: neighbouring plates at one time, all the same way, and nothing of theirs in between."""
        last = {change.plate: change for change in block}
        columns = sorted(map(self._near.column, last))
        if columns[-1] - columns[0] != len(columns) - 1:
            return False
        if len(last) > 1:
            ends = list(last.values())
            if not all(any(together(one, other) for other in ends if other is not one) for one in ends):
                return False
            total_g = {plate: sum(each.delta_g for each in block if each.plate == plate) for plate in last}
            against_g = min(max(total_g.values()), -min(total_g.values()))
            if against_g > self._near.crosstalk_g(sum(total_g.values())):
                return False
        for change in changes:
            if change not in block:
                own = [each.settled_ns for each in block if each.plate == change.plate]
                if own and min(own) < change.settled_ns < max(own):
                    return False
        return True


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
            log_evidence = max(log_evidence, LOG_TAKEN_AGAIN + log_zero(remains, sigma))
        score += log_evidence
        before[act.total.plates] = act
    return score
