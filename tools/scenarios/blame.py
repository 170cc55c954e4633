"""Which kind of act a mistake is about: of an unseen script its acts, of the suite's its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tools.scenarios.receipts import ReceiptOutcome
from tools.scenarios.script import Script, Transfer
from tools.scenarios.tracked import EPOCH

Mistake = tuple[str, str]
"""(kind of act, what went wrong)"""

MISSED, FALSE, RECEIPT, ASKED = "missed", "false", "receipt", "asked"

MISTAKES = (MISSED, FALSE, RECEIPT, ASKED)
"""No event tells of it, an event tells of nothing, a receipt is wrong, a person is asked."""

NEAR_S = 2.0
"""[s] A mistake so near an act's time may be about it."""

NO_ACT = "nothing at all"


class Blame:
    """Collects the mistakes of one case.

    Args:
        script: the truth.
        report: what was said.
    """

    def __init__(self, script: Script, report: dict[str, Any]) -> None:
        self._script, self._report = script, report
        self.mistakes: Counter[Mistake] = Counter()

    def kinds(self) -> Iterator[str]:
        """Of every act."""
        yield from (act.kind for act in self._script.acts) if self._script.acts else (self._script.name,)

    def missed(self, transfer: Transfer) -> None:
        """No event tells of a transfer."""
        self.mistakes[self._of(self._script.transfers.index(transfer)), MISSED] += 1

    def false(self, event: dict[str, Any]) -> None:
        """An event tells of nothing that happened."""
        self.mistakes[self._around(event), FALSE] += 1

    def asked(self, event: dict[str, Any]) -> None:
        """A person is to look at an event."""
        self.mistakes[self._around(event), ASKED] += 1

    def receipt(self, outcome: ReceiptOutcome) -> None:
        """A receipt lacks some units and has others; each SKU is blamed once."""
        for sku in outcome.due - outcome.charged:
            self._blame_one_of(self._transfers(sku, outcome.visit), sku, outcome.visit)
        for sku in outcome.charged - outcome.due:
            transfers = self._transfers(sku, outcome.visit) or self._transfers(sku)
            self._blame_one_of(transfers, sku, outcome.visit)

    def _blame_one_of(self, transfers: list[int], sku: str, shopper: str) -> None:
        if transfers:
            kind = self._of(transfers[-1])
        else:
            told = (
                event
                for event in self._report["events"]
                if event["sku"] == sku and event["shopper"] == shopper
            )
            event = next(told, None)
            kind = self._around(event) if event else NO_ACT
        self.mistakes[kind, RECEIPT] += 1

    def _transfers(self, sku: str, shopper: str = "") -> list[int]:
        return [
            index
            for index, each in enumerate(self._script.transfers)
            if each.sku == sku and shopper in ("", each.visit)
        ]

    def _of(self, index: int) -> str:
        return next((act.kind for act in self._script.acts if index in act.transfers), self._script.name)

    def _around(self, event: dict[str, Any]) -> str:
        """The act about whose end the event is; without acts, the script."""
        if not self._script.acts:
            return self._script.name
        t = event["t_settled"] - EPOCH
        near = [act for act in self._script.acts if act.start_s - NEAR_S <= t <= act.end_s + NEAR_S]
        own = [act for act in near if event["shopper"] in act.visits] or near
        return min(own, key=lambda act: abs(act.end_s - t)).kind if own else NO_ACT
