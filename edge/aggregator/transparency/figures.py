"""What the transparency report says. Page, command and metrics show these numbers and no others."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from edge.aggregator.review.reviewers import ReviewerEstimate
from edge.aggregator.transparency.calibration import ReliabilityRow, RiskPoint
from edge.aggregator.transparency.goods import GoodsNumbers
from edge.aggregator.transparency.shares import Mean, Quantiles, Share


class Corrections(msgspec.Struct, frozen=True):
    """Final receipts that were changed later, by whom the change favoured."""

    corrected: Share  # of all final receipts
    for_the_shopper: int  # [receipts] charged too much before
    for_the_store: int  # [receipts] charged too little before
    for_neither: int  # [receipts] other goods for the same money
    refunded_minor: dict[str, int]  # by currency, all that corrections gave back
    charged_minor: dict[str, int]  # by currency, all that they charged more


class Audits(msgspec.Struct, frozen=True):
    """Receipts that nobody doubted, and what a random sample of them showed."""

    drawn: Share  # of the receipts that nobody doubted
    audited: Share  # of those drawn; the others wait, or their evidence did not tell
    wrong: Share  # of those audited: the error rate of receipts that nobody reviewed


class Disputes(msgspec.Struct, frozen=True):
    """What shoppers said was wrong."""

    disputed: Share  # of all receipts
    decided: Share  # of all disputes
    refunded: Share  # of those decided


class Transparency(msgspec.Struct, frozen=True, kw_only=True):
    """Every number with what was counted and of how many; stays belong to the window in which they left."""

    since: float | None  # [s] start of the window; None: of the ledger
    until: float | None  # [s] its end, exclusive; None: now
    visits: int  # that left
    with_receipt: Share  # of those
    open_questions: Share  # of those receipts
    reviewed_before: Share  # of those: a person looked before the first final receipt
    reviewed_after: Share  # of those: a person looked after it
    events_reviewed: Share  # of the events behind these receipts or asked about
    review_s_per_visit: Mean  # [s] of people's time, audits and blind tests included
    review_s: Quantiles  # [s] of single answers
    to_receipt_s: Quantiles  # [s] from leaving to the first receipt
    to_final_s: Quantiles  # [s] from leaving to the first final receipt
    corrections: Corrections
    audits: Audits
    disputes: Disputes
    receipts_reliability: tuple[ReliabilityRow, ...]  # audited receipts
    lines_reliability: tuple[ReliabilityRow, ...]  # lines of audited receipts
    brier: float | None  # of audited receipts; None: nothing was audited
    risk_coverage: tuple[RiskPoint, ...]  # audited and reviewed receipts
    reviewers: tuple[ReviewerEstimate, ...]  # by blind tests in the window
    goods: GoodsNumbers | None = None  # stock at counts, and goods gone; None: the shelves were not asked


@dataclass(frozen=True, slots=True)
class Found:
    """The numbers of a window that ends now, from the ledger alone."""

    numbers: Transparency  # without those of the goods, which the store itself knows
    charged: int  # [units] on its receipts
    review_below: float  # [1] the threshold in force
