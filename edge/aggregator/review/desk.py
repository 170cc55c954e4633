"""The review desk: every answer that stands, as evidence weighed by how often its reviewer errs.

What is asked is decided elsewhere (``questions.py``); here is what was answered, and which receipts no longer
wait for an answer.
"""

from __future__ import annotations

from collections import defaultdict, deque
from statistics import median

from edge.aggregator.carts.testimony import Testimony
from edge.aggregator.entries import GivenUpEntry, StatementEntry
from edge.aggregator.review.reviewers import ReviewerEstimate, Reviewers, Trial, trials_of
from edge.aggregator.review.statements import Statements
from edge.messages import AuditVerdict, EventIdentity, Reading, ReviewAnswer

Key = tuple[str, EventIdentity]
"""What answers are compared within: an event, or one reviewer's gold case of it."""


TIMED = 50
"""[answers] of a reviewer whose median time is told."""


class ReviewDesk:
    """Answers by event.

    Args:
        statements: everything that was said; whoever owns it hands its news to :meth:`apply`.
    """

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._reviewers = Reviewers()
        self._answers: dict[EventIdentity, dict[str, ReviewAnswer]] = defaultdict(
            dict
        )  # by id; not gold ones
        self._by_visit: dict[str, set[str]] = defaultdict(set)  # ids of answers that concern a visit
        self._events_of: dict[str, set[EventIdentity]] = defaultdict(set)  # by reviewer
        self._trials: dict[Key, tuple[Trial, ...]] = {}
        self._gold: dict[str, dict[str, EventIdentity]] = defaultdict(dict)  # by reviewer, by id
        self._given_up: set[tuple[str, float]] = set()
        self._seconds: dict[str, deque[float]] = {}  # by reviewer, of the latest answers

    def apply(self, entry: StatementEntry) -> frozenset[EventIdentity]:
        """Take in an answer, or that it was taken back; events of which people now say something else."""
        answer = entry.statement
        if isinstance(answer, ReviewAnswer | AuditVerdict) and self._statements.stands(answer):
            self._seconds.setdefault(answer.by, deque(maxlen=TIMED)).append(answer.seconds)
        if not isinstance(answer, ReviewAnswer):
            return frozenset()
        if entry.gold is not None:
            self._gold[answer.by][answer.id] = answer.event
            return self._known(("gold " + answer.id, answer.event), self._gold_trial(answer, entry.gold))
        if self._statements.stands(answer):
            self._answers[answer.event][answer.id] = answer
        else:
            self._answers[answer.event].pop(answer.id, None)
        for visit in visits_of(answer):
            self._by_visit[visit].add(answer.id)
        self._events_of[answer.by].add(answer.event)
        trials = trials_of(self.answers_to(answer.event))
        return self._known(("", answer.event), trials) | {answer.event}

    def give_up(self, entry: GivenUpEntry) -> None:
        """A receipt waits no longer."""
        self._given_up.add((entry.visit, entry.left_at))

    def answers_to(self, event: EventIdentity) -> tuple[ReviewAnswer, ...]:
        """The latest answer of each reviewer that stands, in the order in which they were given."""
        found = sorted(self._answers.get(event, {}).values(), key=lambda answer: (answer.t, answer.id))
        latest = {answer.by: answer for answer in found}
        return tuple(answer for answer in found if latest[answer.by] is answer)

    def testimonies(self, event: EventIdentity) -> tuple[Testimony, ...]:
        """The answers as evidence."""
        return tuple(
            Testimony(answer.reading, answer.shown, self._reviewers.error(answer.by))
            for answer in self.answers_to(event)
            if not answer.undecided
        )

    def about(self, visit: str) -> tuple[ReviewAnswer, ...]:
        """Answers that stand and may change what a visit is charged, as they were given."""
        found = {
            answer.event: self.answers_to(answer.event)
            for answer in map(self._statements.get, sorted(self._by_visit.get(visit, ())))
            if isinstance(answer, ReviewAnswer)
        }
        answers = (answer for each in found.values() for answer in each if visit in visits_of(answer))
        return tuple(sorted(answers, key=lambda answer: (answer.t, answer.id)))

    def has_given_up(self, visit: str, left_at: float) -> bool:
        """Whether the receipt of this stay waits no longer."""
        return (visit, left_at) in self._given_up

    def seen_by(self, reviewer: str) -> frozenset[EventIdentity]:
        """Events that somebody was asked about, gold cases among them."""
        return frozenset((*self._events_of.get(reviewer, ()), *self._gold.get(reviewer, {}).values()))

    def reviewer(self, name: str) -> ReviewerEstimate:
        """How often somebody errs."""
        return self._reviewers.estimate(name)

    def median_s(self, name: str) -> float | None:
        """[s] from showing to key, median of somebody's latest answers; ``None``: there are none."""
        return median(self._seconds[name]) if name in self._seconds else None

    def reviewers(self) -> tuple[ReviewerEstimate, ...]:
        """Everybody whose answers could be compared with anything."""
        return tuple(self._reviewers.estimate(name) for name in self._reviewers.names())

    def _gold_trial(self, answer: ReviewAnswer, gold: Reading) -> tuple[Trial, ...]:
        if answer.undecided or not self._statements.stands(answer):
            return ()
        return (Trial(answer.by, float(answer.reading == gold)),)

    def _known(self, key: Key, trials: tuple[Trial, ...]) -> frozenset[EventIdentity]:
        """Events whose answers weigh otherwise because more is known of their reviewers."""
        moved = self._reviewers.replace(self._trials.pop(key, ()), trials)
        if trials:
            self._trials[key] = trials
        return frozenset(event for reviewer in moved for event in self._events_of[reviewer])


def visits_of(answer: ReviewAnswer) -> frozenset[str]:
    """Visits that an answer may charge or clear."""
    readings = answer.shown if answer.reading is None else (*answer.shown, answer.reading)
    return frozenset(reading.visit for reading in readings if reading.visit is not None)
