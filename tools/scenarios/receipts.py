"""Receipts against the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tools.scenarios.script import Script


@dataclass(frozen=True, slots=True)
class ReceiptOutcome:
    """One visit's receipt, and what it should hold."""

    case: str  # scenario and seed
    visit: str
    due: Counter[str]
    charged: Counter[str]
    needs_review: bool = False
    tellable: bool = True  # the sensors can tell what it should hold

    @property
    def units_right(self) -> int:
        """Units both due and charged."""
        return (self.due & self.charged).total()

    @property
    def exact(self) -> bool:
        """Right to the last unit."""
        return self.due == self.charged

    def __str__(self) -> str:
        flag = " (flagged)" if self.needs_review else ""
        return f"{self.visit} has {dict(self.due)}, charged {dict(self.charged)}{flag}"


def outcomes(
    script: Script, visits: Sequence[dict[str, Any]], tellable: Collection[str] | None = None
) -> list[ReceiptOutcome]:
    """Every visit of the script, and those charged that are none of it.

    Args:
        script: the truth.
        visits: of a replay report.
        tellable: visits whose receipts the sensors can tell; ``None``: all of them.
    """
    said = {visit["shopper"]: visit for visit in visits}
    due = script.receipts()
    found = []
    for shopper in dict.fromkeys((*due, *said)):
        visit = said.get(shopper, {"lines": [], "needs_review": False})
        charged = Counter({line["sku"]: line["quantity"] for line in visit["lines"]})
        if shopper in due or charged:  # otherwise a name that the tracker gave to somebody for a moment
            found.append(
                ReceiptOutcome(
                    f"{script.name} {script.seed}", shopper, due.get(shopper, Counter()), charged,
                    visit["needs_review"], tellable is None or shopper in tellable,
                )
            )  # fmt: skip
    return found


def micro_f1(receipts: Iterable[ReceiptOutcome]) -> float:
    """Over (visit, SKU, unit); 1 where there was nothing to charge and nothing was charged."""
    right = units = 0
    for each in receipts:
        right += each.units_right
        units += each.due.total() + each.charged.total()
    return 2 * right / units if units else 1.0


def exact_share(receipts: Sequence[ReceiptOutcome]) -> float:
    """Share of receipts that are right to the last unit; 1 of none."""
    return sum(each.exact for each in receipts) / len(receipts) if receipts else 1.0
