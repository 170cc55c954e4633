"""Which event to ask a person about: how much the answer is expected to tell about what a visit holds.

The information is the mutual information of the answer and the visit's content over the accounts of a beam
[Cover & Thomas, Elements of Information Theory, 2.3]; the answer comes through a channel that errs.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.aggregator.carts.account import Choice
from edge.aggregator.carts.beam import Beam, Column
from edge.aggregator.carts.contents import Content, content_of
from edge.aggregator.carts.testimony import Testimony
from edge.messages import EventIdentity, Reading

SHOWN_MAX = 8
"""[candidates] a question shows at most; the ninth key says "none of these"."""

SHOWN_MIN = 0.002
"""[1] Candidates less probable than this are not worth a line."""

ERROR = 0.03
"""[1] of an answer, before it is known who gives it."""

LOOK_S, READ_S = 4.0, 1.5
"""[s] to look at the evidence of an event, and to compare it with one candidate. An assumption; what answers
really take is measured."""

TELLING_NAT = 0.01
"""[nat] An answer that is expected to tell less is not worth anybody's time."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One event that may be asked about."""

    event: EventIdentity
    candidates: tuple[tuple[Reading, float], ...]  # with probabilities, best first
    information_nat: float

    @property
    def expected_s(self) -> float:
        """[s] of a person's time."""
        return LOOK_S + READ_S * len(self.candidates)


def doubts_of(beam: Beam, visit: str) -> tuple[Doubt, ...]:
    """Events that tell apart what a visit may hold; the most information a second first."""
    held = beam.held.column(visit)
    if held is None:
        return ()
    contents = held.mapped(content_of)
    if len(contents.values) < 2:
        return ()
    weights = beam.weights
    found: list[Doubt] = []
    for event, column in beam.choices.columns():
        joint = _joint(column, contents, weights)
        candidates = ranked((reading_of(choice), mass) for (choice, _), mass in joint.items())
        if len(candidates) < 2:
            continue
        information = _information(joint, tuple(reading for reading, _ in candidates))
        if information >= TELLING_NAT:
            found.append(Doubt(event, candidates, information))
    return tuple(sorted(found, key=lambda doubt: (-doubt.information_nat / doubt.expected_s, doubt.event)))


def _joint(
    choices: Column[Choice], contents: Column[Content], weights: Sequence[float]
) -> dict[tuple[Choice, Content], float]:
    """Mass of each pair that accounts have, in the order of the accounts."""
    mass: dict[tuple[int, int], float] = defaultdict(float)
    numbers = zip(choices.numbers.tolist(), contents.numbers.tolist(), strict=True)
    for pair, weight in zip(numbers, weights, strict=True):
        mass[pair] += weight
    return {(choices.values[one], contents.values[other]): each for (one, other), each in mass.items()}


def reading_of(choice: Choice) -> Reading:
    """What an account takes an event for, without the event."""
    return Reading(choice.items, choice.visit, choice.foreign, choice.happened)


def ranked(masses: Iterable[tuple[Reading, float]]) -> tuple[tuple[Reading, float], ...]:
    """The candidates that are worth showing, best first."""
    summed: dict[Reading, float] = defaultdict(float)
    for reading, mass in masses:
        summed[reading] += mass
    best = sorted(summed.items(), key=lambda each: (-each[1], str(each[0])))[:SHOWN_MAX]
    return tuple((reading, min(mass, 1.0)) for reading, mass in best if mass >= SHOWN_MIN)


def _information(joint: Mapping[tuple[Choice, Content], float], shown: tuple[Reading, ...]) -> float:
    """I(answer; content) = H(answer) - H(answer | content) [nat]."""
    answers = [Testimony(said, shown, ERROR) for said in (*shown, None)]
    by_content: dict[Content, list[float]] = defaultdict(lambda: [0.0] * len(answers))
    for (choice, content), mass in joint.items():
        reading, row = reading_of(choice), by_content[content]
        for index, answer in enumerate(answers):
            row[index] += mass * math.exp(answer.log_likelihood(reading))
    conditional = math.fsum(_entropy(row) for row in by_content.values())
    marginal = _entropy([math.fsum(column) for column in zip(*by_content.values(), strict=True)])
    own = _entropy([math.fsum(row) for row in by_content.values()])
    return max(marginal - (conditional - own), 0.0)


def _entropy(masses: list[float]) -> float:
    """-sum p log p [nat]; the masses need not sum to 1."""
    return -math.fsum(mass * math.log(mass) for mass in masses if mass > 0.0)
