"""Which changes of plates were one act: segmentation as a hypothesis.

A thing may straddle plates; a hand that presses, holds or leans makes levels that are no goods; a slow lift
leaves in pieces; a heavy pick tugs at its neighbours. So every new rest of a plate joins a *cluster* of
recent changes near it, and the cluster is cut into *acts* anew, in the way that explains all its levels best:

* one act of goods: the density of its total under the catalogue, and of its shares over the plates;
* a level on the way that was no rest of goods: a hand's force, any within some hundred grams;
* a touch: levels that come back to where they were;
* goods moved about: as much came on other plates of their facing;
* cross-talk: a small change beside a large one; noise.

The best cut is published at once. A later one that differs revises it, under the same identity.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from edge.config import FusionSection
from edge.fusion.act import Act, ActReader
from edge.fusion.cluster import Block, Cluster
from edge.fusion.cuts import Cutter
from edge.fusion.hypotheses import HypothesisSearch
from edge.fusion.neighbourhood import HOLD_S, Neighbourhood
from edge.planogram import Planogram
from edge.samples import NS_PER_S, ChangeKind, PlateChange

STIR_G = 10.0
"""[g] A disturbance that moved the plate so far, and left nothing, ends the rest before it."""

TOLD_PROBABILITY, TOLD_G = 0.02, 3.0
"""[1, g] A revision that changes less, or no more than was said to be uncertain, and no item, is kept to
oneself."""

SURE = 0.9
"""[1] What is less surely no goods is worth a word, in the end."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An act to publish: new, or instead of what was published under its key."""

    key: int  # identity of the act, for later revisions
    act: Act | None  # None: withdrawn, it was part of something else
    undoes: int | None = None  # key of an earlier act: goods moved in both, or in neither


class Segmentation:
    """Cuts the changes of one rack's plates into acts."""

    def __init__(
        self, planogram: Planogram, hypotheses: HypothesisSearch, options: FusionSection, join_s: float
    ) -> None:
        self._options = options
        self._near = Neighbourhood(planogram, options.crosstalk)
        self._cutter = Cutter(ActReader(hypotheses, self._near, options), self._near)
        self._join_ns = round(join_s * NS_PER_S)
        self.reset()

    def reset(self) -> None:
        """Forget everything; equal to a new object."""
        self._clusters: list[Cluster] = []
        self._stirs: dict[str, list[tuple[int, int]]] = {}  # lately
        self._next_key = 1

    @property
    def is_waiting(self) -> bool:
        """Whether something is held back: a change whose neighbour still moves, or a doubt that may pass."""
        return any(cluster.wait_until_ns is not None or cluster.doubts for cluster in self._clusters)

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
            if change.kind is not ChangeKind.CHANGE and abs(change.peak_g) >= STIR_G:
                self._stirs.setdefault(change.plate, []).append((change.stirred_ns, change.settled_ns))
            if change.kind is ChangeKind.CHANGE:
                cluster = self._cluster_of(change)
                cluster.add(change)
                cluster.wait_until_ns = now_ns + self._join_ns
        verdicts: list[Verdict] = []
        for cluster in self._clusters:
            due = cluster.wait_until_ns is not None and now_ns >= cluster.wait_until_ns
            if due or (cluster.wait_until_ns is not None and not self._must_wait(cluster, moving_g)):
                verdicts.extend(self._decide(cluster, now_ns))
        return [*verdicts, *self._doubts(self._forget(now_ns))]

    def flush(self) -> list[Verdict]:
        """Decide what is held back."""
        held_back = [cluster for cluster in self._clusters if cluster.wait_until_ns is not None]
        verdicts = [
            verdict
            for cluster in held_back
            for verdict in self._decide(cluster, max(each.decided_ns for each in cluster.changes))
        ]
        return [*verdicts, *self._doubts(self._clusters)]

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

    def _forget(self, now_ns: int) -> list[Cluster]:
        """The clusters that are forgotten now."""
        horizon_ns = now_ns - round(HOLD_S * NS_PER_S)
        old = [
            cluster
            for cluster in self._clusters
            if cluster.wait_until_ns is None and max(each.settled_ns for each in cluster.changes) < horizon_ns
        ]
        if old:
            self._clusters = [cluster for cluster in self._clusters if cluster not in old]
        self._stirs = {
            plate: kept
            for plate, stirred in self._stirs.items()
            if (kept := [each for each in stirred if each[0] >= horizon_ns])
        }
        return old

    def _decide(self, cluster: Cluster, now_ns: int) -> Iterator[Verdict]:
        """Publish the best cut, as far as it differs from what was published; it was made ``now_ns``."""
        cluster.wait_until_ns = None
        cluster.fresh.clear()
        acts = {frozenset(act.changes): act for act in self._cutter.cut(tuple(cluster.changes), self._stirs)}
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
                decided = replace(act, total=replace(act.total, decided_ns=now_ns))
                yield Verdict(key, decided, cluster.published.get(frozenset(act.undoes)))
        for key in gone.values():
            yield Verdict(key, None)
        cluster.doubts = [
            act for block, act in acts.items() if block not in cluster.published and act.probability < SURE
        ]

    def _doubts(self, clusters: Iterable[Cluster]) -> Iterator[Verdict]:
        """What may have been goods and never was told of, now that nothing more will be learnt of it."""
        for cluster in clusters:
            for act in cluster.doubts:
                key, self._next_key = self._next_key, self._next_key + 1
                yield Verdict(key, act)
            cluster.doubts = []


def _differs(act: Act, said: Act | None) -> bool:
    """Whether a revision would tell anybody something new."""
    if said is None or bool(act.hypotheses) != bool(said.hypotheses):
        return True
    if not act.hypotheses:
        return False
    best, before = act.hypotheses[0], said.hypotheses[0]
    return (
        best.items != before.items
        or act.total.plates != said.total.plates
        or act.undoes != said.undoes
        or abs(best.probability - before.probability) > TOLD_PROBABILITY
        or abs(float(act.total.delta_g.sum() - said.total.delta_g.sum()))
        > max(TOLD_G, math.hypot(*said.total.sigma_g))
    )
