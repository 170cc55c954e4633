"""Ours, the winner and what is attainable on the same traces, one case after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from edge.aggregator.report import replay_report
from edge.aggregator.store import Store
from edge.cli.replay.in_process import InProcessReplay
from edge.planogram import Catalogue, Planogram
from edge.recording.nanostore import NanostoreCase
from tools.scenarios.attainable import AttainableReader, tellable
from tools.scenarios.layout import scenario_store
from tools.scenarios.modelled_noise import ModelledNoise
from tools.scenarios.noise import Noise, RecordedNoise
from tools.scenarios.receipts import ReceiptOutcome, outcomes
from tools.scenarios.rendered import RenderedCase
from tools.scenarios.score import Score
from tools.scenarios.suite import GROUPS, Scenario, write
from tools.scenarios.unseen import UNSEEN
from tools.scenarios.winner import Winner


@dataclass(frozen=True, slots=True)
class Ground:
    """Where scenarios are played."""

    planogram: Planogram
    catalogue: Catalogue
    noise: Noise
    name: str  # of the noise's source

    @classmethod
    def of(cls, noise_from: Path | None) -> Ground:
        """The made-up store with modelled noise, or a recorded store with its own.

        Raises:
            RecordingError: not a readable recording, or one whose quiet and walking stretches are not known.
        """
        if noise_from is None:
            return cls(*scenario_store(), ModelledNoise(), "modelled")
        setup = NanostoreCase(noise_from).setup
        noise = RecordedNoise.of_case(noise_from)
        return cls(setup.planogram(), setup.catalogue(), noise, f"recorded: {setup.name}")

    def case(self, scenario: Scenario, seed: int) -> RenderedCase:
        """One scenario as a recording; an unseen one in a store that was made up for it, if any is."""
        planogram, catalogue = self.planogram, self.catalogue
        if isinstance(self.noise, ModelledNoise) and scenario in UNSEEN.values():
            planogram, catalogue = scenario_store(seed)
        script = write(scenario, seed, planogram, catalogue)
        return RenderedCase(script, planogram, catalogue, self.noise)


@dataclass(slots=True)
class Standing:
    """Scores of both sides, and what nobody can do better."""

    ours: Score = field(default_factory=Score)
    winner: Score = field(default_factory=Score)
    attainable: list[ReceiptOutcome] = field(default_factory=list)

    def merge(self, other: Standing) -> None:
        """Add the scores of ``other``."""
        self.ours.merge(other.ours)
        self.winner.merge(other.winner)
        self.attainable += other.attainable


def replayed(case: RenderedCase) -> dict[str, Any]:
    """Our report of a case."""
    return _replay(case)[1]


def _replay(case: RenderedCase) -> tuple[Store, dict[str, Any]]:
    """The store after a case, and our report of it."""
    started = time.process_time()
    replay = InProcessReplay(case)
    replay.run()
    return replay.store, replay_report(
        case.setup.name,
        replay.store,
        data_seconds=case.script.duration_s,
        cpu_seconds=time.process_time() - started,
        plates=len(case.setup.plates),
    )


def play(ground: Ground, scenario: Scenario, seed: int) -> Standing:
    """Both sides on one case."""
    case = ground.case(scenario, seed)
    standing = Standing()
    attained = AttainableReader(case).visits()
    can_be_told = tellable(attained)
    standing.attainable += outcomes(case.script, attained, can_be_told)
    store, report = _replay(case)
    standing.ours.add(case.script, report, can_be_told)
    standing.ours.revisions += [decision.event.revision for decision in store.decisions()]
    standing.winner.add(case.script, Winner(case).report(), can_be_told)
    return standing


def find(name: str) -> Scenario:
    """The scenario of that name, or the writer of unseen scripts. Raises ``KeyError``."""
    known = [*UNSEEN.values(), *(each for group in GROUPS.values() for each in group)]
    return {each.__name__: each for each in known}[name]


def contest(
    names: list[str], seeds: range, noise_from: Path | None, jobs: int
) -> Iterator[tuple[str, Standing]]:
    """Scores by scenario name, case by case, in order."""
    rounds = [(name, seed) for name in names for seed in seeds]
    if jobs == 1:
        _enter(noise_from)
        yield from map(_round, rounds)
        return
    with get_context("spawn").Pool(jobs, _enter, (noise_from,)) as pool:
        yield from pool.imap(_round, rounds)


_grounds: list[Ground] = []
"""Of this process: built once, not sent with each round."""


def _enter(noise_from: Path | None) -> None:
    _grounds[:] = [Ground.of(noise_from)]


def _round(at: tuple[str, int]) -> tuple[str, Standing]:
    name, seed = at
    return name, play(_grounds[0], find(name), seed)
