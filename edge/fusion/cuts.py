"""All ways to cut a cluster's changes into acts, which of them explains the levels best, and how surely.

Every cut explains all levels, so that cuts compare as densities of the same data, in 1/g a level.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from edge.fusion.act import Act, ActReader, Changes, log_zero
from edge.fusion.cluster import Block
from edge.fusion.hand import Stirs
from edge.fusion.neighbourhood import Neighbourhood, together
from edge.samples import NS_PER_S, PlateChange

LOG_TAKEN_AGAIN = math.log(0.02)
"""[nat] prior that what was just put down is what is taken next."""

LOG_PUT_BACK = math.log(0.1)
"""[nat] prior that what was just taken is what is put down next. It matters for goods that nobody knew when
they were taken: the density of those that are planned here is higher."""

GRASP_S, LOG_HASTE = 0.4, math.log(0.05)
"""[s, nat] Who sets goods down and takes others from there needs so long to let go, move and grip; sooner it
takes two hands, which is rare on one plate."""

AT_ONCE_S, LOG_TWO_HANDS = 0.3, math.log(0.07)
"""[s, nat] Plates side by side that move at the same moment mostly bear one thing: two hands that take two
things so are rarer than things that straddle."""

LOG_ODDS_PAIR = 12.0
"""[nat] Of two acts that are so much likelier than one touch nobody need know that they may have been one."""

LOG_ODDS_MAX = 20.0
"""[nat] Beyond, the model is wrong before the answer is."""


@dataclass(frozen=True, slots=True, eq=False)
class _Cut:
    """One way to cut a cluster."""

    acts: tuple[Act, ...]  # by their first changes
    log_terms: tuple[float, ...]  # [nat, act] evidence of each, given those that settled before it
    log_score: float  # [nat] sum of them

    def among(self, changes: Changes) -> list[tuple[Act, float]]:
        """Acts that have some of these changes, with their evidence."""
        return [
            (act, log_term)
            for act, log_term in zip(self.acts, self.log_terms, strict=True)
            if not set(act.changes).isdisjoint(changes)
        ]


class Cutter:
    """Cuts clusters of changes."""

    def __init__(self, reader: ActReader, neighbourhood: Neighbourhood) -> None:
        self._reader, self._near = reader, neighbourhood

    def cut(self, changes: Changes, stirs: Stirs) -> tuple[Act, ...]:
        """The best cut of ``changes``, oldest first, with the odds of each of its acts.

        For ``stirs`` see :meth:`ActReader.read`.
        """
        cuts = [self._scored(acts) for acts in self._cuts(changes, changes, stirs, {})]
        best = max(cuts, key=lambda cut: cut.log_score)
        pairs = dict(_pairs(best, cuts))
        return tuple(
            replace(
                act,
                log_odds=_log_odds(act, cuts),
                log_odds_goods=_log_odds_goods(act, cuts),
                undoes=pairs.get(act.changes, ()),
            )
            for act in best.acts
        )

    def _cuts(
        self,
        left: Changes,
        changes: Changes,
        stirs: Stirs,
        read: dict[Block, Act],
    ) -> Iterator[list[Act]]:
        """All ways to cut what is ``left`` of ``changes`` into possible acts."""
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
                read[key] = self._reader.read(block, changes, stirs)
            others = tuple(change for bit, change in enumerate(rest) if not mask >> bit & 1)
            for cut in self._cuts(others, changes, stirs, read):
                yield [read[key], *cut]

    def _is_possible(self, block: Changes, changes: Changes) -> bool:
        """Plates side by side at one time, all the same way, or of one facing; nothing of theirs between."""
        last = {change.plate: change for change in block}
        total_g = [sum(each.delta_g for each in block if each.plate == plate) for plate in last]
        if self._near.is_two_way(total_g):
            if not self._near.is_one_facing(last):
                return False
        elif not self._is_side_by_side(list(last.values())):
            return False
        for change in changes:
            if change not in block:
                own = [each.settled_ns for each in block if each.plate == change.plate]
                if own and min(own) < change.settled_ns < max(own):
                    return False
        return True

    def _is_side_by_side(self, ends: list[PlateChange]) -> bool:
        """Whether plates, without a gap between them, came to rest together, each with the next."""
        row = sorted(ends, key=lambda end: self._near.column(end.plate))
        return all(
            self._near.column(right.plate) - self._near.column(left.plate) == 1 and together(left, right)
            for left, right in itertools.pairwise(row)
        )

    def _scored(self, acts: list[Act]) -> _Cut:
        """Log evidence of a cut: what its acts have to do with each other, too."""
        log_terms = [0.0] * len(acts)
        earlier: list[Act] = []
        for place, act in sorted(enumerate(acts), key=lambda each: each[1].total.settled_ns):
            log_term = max([act.log_evidence, *(_log_undoing(act, before) for before in earlier)])
            if act.hypotheses:
                goods = [before for before in earlier if before.hypotheses]
                log_term += LOG_HASTE * any(_is_hasty(act, before) for before in goods)
                log_term += LOG_TWO_HANDS * any(self._need_two_hands(act, before) for before in goods)
            log_terms[place] = log_term
            earlier.append(act)
        return _Cut(tuple(acts), tuple(log_terms), math.fsum(log_terms))

    def _need_two_hands(self, act: Act, before: Act) -> bool:
        """Whether goods went from, or came to, plates side by side at the same moment."""
        apart_ns = abs(act.total.onset_ns - before.total.onset_ns)
        if apart_ns > AT_ONCE_S * NS_PER_S or (act.total.delta_g.sum() < 0) != (
            before.total.delta_g.sum() < 0
        ):
            return False
        return 1 in (
            self._near.apart(act.total.plates[0], before.total.plates[-1]),
            self._near.apart(before.total.plates[0], act.total.plates[-1]),
        )


def _log_undoing(act: Act, before: Act) -> float:
    """Log evidence of an act as the end of what ``before`` began: what came goes, what went comes back."""
    if act.total.plates != before.total.plates or not act.hypotheses:
        return -math.inf
    crept_g = {change.plate: change.crept_g for change in reversed(act.changes)}
    remains = before.total.delta_g + act.total.delta_g + [crept_g[plate] for plate in act.total.plates]
    sigma = np.hypot(before.total.sigma_g, act.total.sigma_g)
    taken = float(act.total.delta_g.sum()) < 0
    return (LOG_TAKEN_AGAIN if taken else LOG_PUT_BACK) + log_zero(remains, sigma) + act.log_way


def _pairs(best: _Cut, cuts: Sequence[_Cut]) -> Iterator[tuple[Changes, Changes]]:
    """(later, earlier) acts of goods that another cut, not much worse, takes for one hand that moved none."""
    least = best.log_score - LOG_ODDS_PAIR
    touches = [
        set(act.changes)
        for cut in cuts
        if cut.log_score > least
        for act in cut.acts
        if not act.hypotheses and len(act.changes) > 1
    ]
    goods = sorted(
        (act for act in best.acts if act.hypotheses), key=lambda act: (act.total.settled_ns, act.total.plates)
    )
    for place, later in enumerate(goods):
        for earlier in reversed(goods[:place]):
            if earlier.total.plates == later.total.plates:
                both = {*earlier.changes, *later.changes}
                if any(both <= touch for touch in touches):
                    yield later.changes, earlier.changes
                break


def _is_hasty(act: Act, before: Act) -> bool:
    """Whether goods came, and others of their plate went before a hand can have let go and gripped."""
    return (
        act.total.onset_ns - before.total.settled_ns < GRASP_S * NS_PER_S
        and float(before.total.delta_g.sum()) > 0 > float(act.total.delta_g.sum())
        and not set(act.total.plates).isdisjoint(before.total.plates)
    )


def _log_odds(act: Act, cuts: Sequence[_Cut]) -> float:
    """Log of the weight of the cuts in which an act is, against those in which it is not.

    Every cut counts once as it is, and once with the act read the other way. An act of goods is in those that
    have the same items with some of its changes, any other in those where no goods had a part in them.
    """
    top = max(cut.log_score for cut in cuts)
    yes, no = 0.0, 0.0
    for cut in cuts:
        like = [(each, log_term) for each, log_term in cut.among(act.changes) if _is_like(each, act)]
        if not like:
            no += math.exp(cut.log_score - top)
            continue
        other, log_term = max(like, key=lambda each: each[0].log_goods - each[0].log_nothing)
        log_rest = cut.log_score - log_term - top
        yes += math.exp(log_rest + _log_goods(other, log_term))
        no += math.exp(log_rest + other.log_nothing)
    return _log_ratio(yes, no) if act.hypotheses else _log_ratio(no, yes)


def _log_odds_goods(act: Act, cuts: Sequence[_Cut]) -> float:
    """Log of the weight of goods, in this act or another, against that of none in any of its changes."""
    top = max(cut.log_score for cut in cuts)
    yes, no = 0.0, 0.0
    for cut in cuts:
        touched = cut.among(act.changes)
        log_rest = cut.log_score - math.fsum(log_term for _, log_term in touched) - top
        log_none = math.fsum(each.log_nothing for each, _ in touched)
        log_either = math.fsum(
            float(np.logaddexp(each.log_nothing, _log_goods(each, log_term))) for each, log_term in touched
        )
        yes += math.exp(log_rest + log_either) - math.exp(log_rest + log_none)
        no += math.exp(log_rest + log_none)
    return _log_ratio(yes, no)


def _log_goods(act: Act, log_term: float) -> float:
    """Log evidence of an act as goods, beside the others of its cut if that is how the cut reads it."""
    return log_term if act.hypotheses else act.log_goods


def _log_ratio(yes: float, no: float) -> float:
    """Log of a ratio of weights, bounded."""
    least = math.exp(-LOG_ODDS_MAX)
    return math.log(max(yes, no * least) / max(no, yes * least))


def _is_like(other: Act, act: Act) -> bool:
    """Whether an act that has some of the same changes says of them what ``act`` says."""
    if not act.hypotheses:
        return True
    return bool(other.hypotheses) and act.hypotheses[0].items == other.hypotheses[0].items
