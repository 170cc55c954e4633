"""Who puts the loads on: a technician who is asked, or one who is watched."""

from __future__ import annotations

import time
from typing import Protocol

from rich.console import Console
from rich.markup import escape

from edge.calibration.reading import read
from edge.calibration.refusal import CalibrationRefusedError, RefusalReason
from edge.calibration.steps import Step, StepKind
from edge.cli.calibrate.source import CountsSource

LOOK_S = 0.6
"""[s] of a look at a plate that is being loaded."""

REST_SIGMAS = 6.0
"""[sigma] within which two looks are the same level."""


class Hand(Protocol):
    """Puts loads where the procedure asks for them."""

    retries: int  # [1] refused readings of a step before the calibration ends; -1: as often as it takes

    def place(self, step: Step, source: CountsSource) -> None:
        """Return when the load lies there and rests."""
        ...

    def agrees(self, question: str) -> bool:
        """Answer a question."""
        ...


class Technician:
    """A person at the keyboard, asked step by step.

    Args:
        console: to talk on.
        settle_s: [s] that the plate is given after the answer.
    """

    retries = -1

    def __init__(self, console: Console, settle_s: float) -> None:
        self._console, self._settle_s = console, settle_s

    def place(self, step: Step, source: CountsSource) -> None:
        """See :class:`Hand`."""
        del source
        if step.kind is StepKind.CREEP_END:
            self._console.print(f"→ {step.request}")
            time.sleep(step.hold_s)
            return
        self._ask(f"→ [bold]{escape(step.request)}[/] Hands off, then press Enter.")
        time.sleep(self._settle_s)

    def agrees(self, question: str) -> bool:
        """See :class:`Hand`."""
        while True:
            answer = self._ask(f"{escape(question)} [bold]\\[y/n][/]").strip().lower()
            if answer in ("y", "yes", "n", "no"):
                return answer.startswith("y")

    def _ask(self, text: str) -> str:
        try:
            return self._console.input(f"{text} ")
        except (EOFError, KeyboardInterrupt):
            self._console.print()
            raise aborted("by you") from None


class WatchedHand:
    """Nobody at the keyboard: the plate itself says when it was loaded.

    A step is done when the level has left its place (a weight moved to another corner leaves it too) and
    rests again. Each request is printed as one line, for a person or a machine to follow.

    Args:
        console: requests go there.
        settle_s: [s] that the plate is given once it rests.
        patience_s: [s] for a load to come.
    """

    retries = 3

    def __init__(self, console: Console, settle_s: float, patience_s: float) -> None:
        self._console, self._settle_s, self._patience_s = console, settle_s, patience_s
        self._step: Step | None = None  # that was asked for last
        self._level: tuple[float, float] | None = None  # (mean, sigma of a look) in counts

    def place(self, step: Step, source: CountsSource) -> None:
        """See :class:`Hand`."""
        if step == self._step:  # asked for again: it lies there already
            time.sleep(self._settle_s)
            return
        self._step = step
        self._console.print(f"→ {step.request}", highlight=False, markup=False, soft_wrap=True)
        if self._level is None or step.kind is StepKind.CREEP_END:
            time.sleep(step.hold_s)
            self._level = _look(source)
            return
        deadline = time.monotonic() + self._patience_s
        start, before, departed = self._level, self._level, False
        while True:
            now = _look(source)
            departed = departed or not _same(now, start)
            if departed and _same(now, before):
                break
            if time.monotonic() > deadline:
                raise CalibrationRefusedError(
                    RefusalReason.MOTION if departed else RefusalReason.WRONG_MASS,
                    "the plate does not come to rest" if departed else "nothing was put on or taken off",
                    expected=step.request, found=f"{self._patience_s:g} s of waiting",
                    fix="Check that this is the plate that was named; --patience-s waits longer.",
                )  # fmt: skip
            before = now
        time.sleep(self._settle_s)
        self._level = now

    def agrees(self, question: str) -> bool:
        """Nobody is there to agree; what may be agreed to is said by options."""
        del question
        return False


def _look(source: CountsSource) -> tuple[float, float]:
    reading = read(source.capture(LOOK_S))
    return reading.mean_counts, max(reading.noise_counts / 4, 1.0)


def _same(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two looks saw the same level; the quieter of the two says how equal."""
    return abs(one[0] - other[0]) <= REST_SIGMAS * min(one[1], other[1])


def aborted(by: str) -> CalibrationRefusedError:
    """The calibration was ended before it was accepted."""
    return CalibrationRefusedError(
        RefusalReason.NOT_ACCEPTED, f"aborted {by}", fix="The calibration in force is untouched."
    )
