"""The honest numbers in plain words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from edge.aggregator.stock.losses import LossSum
from edge.aggregator.transparency.calibration import ReliabilityRow
from edge.aggregator.transparency.figures import Transparency
from edge.aggregator.transparency.goods import GoodsNumbers
from edge.aggregator.transparency.shares import Quantiles, Share
from edge.money import written


def sentences(found: Transparency) -> Iterator[str]:
    """One line a number, grouped."""
    yield f"visits                              {found.visits}"
    yield f"  with a receipt                    {counted(found.with_receipt)}"
    yield f"  with a question still open        {counted(found.open_questions)}"
    yield f"reviewed before the receipt         {counted(found.reviewed_before)}"
    yield f"reviewed after it                   {counted(found.reviewed_after)}"
    yield f"events reviewed                     {counted(found.events_reviewed)}"
    mean = found.review_s_per_visit
    per_visit = "none" if mean.mean is None else f"{mean.mean:.1f} s"
    summed = f"{mean.numerator:.0f} s over {mean.denominator} visits"
    yield f"people's time a visit               {per_visit} ({summed})"
    yield f"people's time an answer             {quantiles(found.review_s)}"
    yield f"from leaving to the receipt         {quantiles(found.to_receipt_s)}"
    yield f"from leaving to the final receipt   {quantiles(found.to_final_s)}"
    corrections = found.corrections
    yield f"final receipts corrected later      {counted(corrections.corrected)}"
    yield (
        f"  for the shopper {corrections.for_the_shopper}, for the store {corrections.for_the_store}, "
        f"for neither {corrections.for_neither}"
    )
    for currency, minor in corrections.refunded_minor.items():
        yield f"  given back                        {written(minor, currency)} {currency}"
    for currency, minor in corrections.charged_minor.items():
        yield f"  charged later                     {written(minor, currency)} {currency}"
    yield f"receipts that nobody doubted: drawn for audit {counted(found.audits.drawn)}"
    yield f"  audited                           {counted(found.audits.audited)}"
    yield f"  wrong                             {counted(found.audits.wrong, interval=True)}"
    yield f"disputed                            {counted(found.disputes.disputed)}"
    yield f"  decided                           {counted(found.disputes.decided)}"
    yield f"  refunded                          {counted(found.disputes.refunded)}"
    yield from _table("audited receipts: stated against found", found.receipts_reliability)
    yield from _table("their lines: stated against found", found.lines_reliability)
    if found.goods is not None:
        yield from _goods(found.goods)
    for estimate in found.reviewers:
        yield (
            f"reviewer {estimate.reviewer}: errs in {100 * estimate.error:.1f} % of answers, give or take "
            f"{100 * estimate.sigma:.1f} ({estimate.right:g} right, {estimate.wrong:g} wrong blind tests)"
        )


def _goods(found: GoodsNumbers) -> Iterator[str]:
    mean, currency = found.counts_off.mean, found.currency
    yield f"counts that found what was expected {counted(found.counts, interval=True)}"
    yield f"  off by, on average                {'none' if mean is None else f'{mean:.2f} units'}"
    yield f"  missing                           {lost(found.missing, currency)}"
    yield f"  more than expected                {lost(found.surplus, currency)}"
    yield f"gone with no visit to charge        {lost(found.gone, currency)}"
    yield f"  of all units that left            {counted(found.gone_share)}"
    yield f"  besides, not in the catalogue     {found.gone_unknown} times"
    yield f"gone while a node was off           {lost(found.unseen_gone, currency)}"
    yield f"come while a node was off           {lost(found.unseen_came, currency)}"
    yield f"come from nobody that was seen      {lost(found.came, currency)}"
    yield f"shrink, all in all                  {lost(found.shrink, currency)}"


def lost(found: LossSum, currency: str) -> str:
    """``3 units (expected 2.9, give or take 0.3), 7.47 EUR, give or take 0.75``."""
    if not found.events:
        return "none"
    return (
        f"{found.units} units (expected {found.expected:.1f}, give or take {found.sigma:.1f}), "
        f"{written(found.value_minor, currency)} {currency}, "
        f"give or take {written(found.value_sigma_minor, currency)}"
    )


def counted(share: Share, *, interval: bool = False) -> str:
    """``3 of 120 (2.5 %)``, with its interval where it is an estimate."""
    if share.share is None or share.low is None or share.high is None:
        return "0 of 0"
    text = f"{share.numerator} of {share.denominator} ({100 * share.share:.1f} %"
    if interval:
        text += f", 95 % interval {100 * share.low:.1f} to {100 * share.high:.1f} %"
    return text + ")"


def quantiles(found: Quantiles) -> str:
    """Median and 95th percentile [s]."""
    if found.p50 is None or found.p95 is None:
        return "none"
    return f"p50 {found.p50:.1f} s, p95 {found.p95:.1f} s, of {found.count}"


def _table(title: str, rows: tuple[ReliabilityRow, ...]) -> Iterator[str]:
    if rows:
        yield title
    for row in rows:
        right = counted(row.right, interval=True)
        yield f"  {row.low:.3f} to {row.high:.3f}: stated {row.stated:.3f}, right {right}"
