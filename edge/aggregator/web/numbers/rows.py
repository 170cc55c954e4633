"""Every number of the report as a row: what it is, how much, of how many, and how sure that makes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge.aggregator.stock.losses import LossSum
from edge.aggregator.transparency.figures import Transparency
from edge.aggregator.transparency.goods import GoodsNumbers
from edge.aggregator.transparency.shares import Mean, Quantiles, Share
from edge.money import written

NONE = "–"


@dataclass(frozen=True, slots=True)
class Row:
    """One number."""

    label: str
    value: str
    counted: str  # numerator and denominator
    interval: tuple[float, float, float] | None = None  # [1] low, found, high; of shares that are estimates
    is_part: bool = False  # of the row above


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that belong together."""

    title: str
    rows: tuple[Row, ...]


def groups_of(found: Transparency) -> tuple[Group, ...]:
    """The whole report."""
    groups = [
        Group("Visits and receipts", tuple(_receipts(found))),
        Group("What was wrong", tuple(_wrong(found))),
        Group("People's work", tuple(_work(found))),
    ]
    if found.goods is not None:
        groups.append(Group("Goods", tuple(_goods(found.goods))))
    return tuple(groups)


def _receipts(found: Transparency) -> Iterator[Row]:
    yield Row("Visits", str(found.visits), "")
    yield _share("with a receipt", found.with_receipt, part=True)
    yield _share("with a question still open", found.open_questions, part=True)
    yield _quantiles("From leaving to the receipt", found.to_receipt_s)
    yield _quantiles("From leaving to the final receipt", found.to_final_s)


def _work(found: Transparency) -> Iterator[Row]:
    yield _share("A person looked before the receipt was final", found.reviewed_before)
    yield _share("A person looked after it", found.reviewed_after)
    yield _share("Events that a person looked at", found.events_reviewed)
    yield _mean("People's time a visit", found.review_s_per_visit, "s", "visits", 1)
    yield _quantiles("People's time an answer", found.review_s)


def _wrong(found: Transparency) -> Iterator[Row]:
    yield _share("Receipts that nobody doubted: drawn for audit", found.audits.drawn)
    yield _share("audited", found.audits.audited, part=True)
    yield _share("wrong, of those audited", found.audits.wrong, part=True, estimate=True)
    corrections = found.corrections
    yield _share("Final receipts corrected later", corrections.corrected)
    for label, count in (
        ("for the shopper", corrections.for_the_shopper),
        ("for the store", corrections.for_the_store),
        ("for neither", corrections.for_neither),
    ):
        yield Row(label, str(count), f"of {corrections.corrected.numerator} corrected", is_part=True)
    for label, sums in (
        ("given back", corrections.refunded_minor),
        ("charged later", corrections.charged_minor),
    ):
        for currency, minor in sums.items():
            yield Row(label, f"{written(minor, currency)} {currency}", "", is_part=True)
    yield _share("Receipts disputed", found.disputes.disputed)
    yield _share("disputes decided", found.disputes.decided, part=True)
    yield _share("refunded, of those decided", found.disputes.refunded, part=True)


def _goods(found: GoodsNumbers) -> Iterator[Row]:
    yield _share("Counts that found what was expected", found.counts, estimate=True)
    yield _mean("off by, on average", found.counts_off, "units", "counts", 2, part=True)
    yield _loss("missing at counts", found.missing, found.currency, part=True)
    yield _loss("more than expected", found.surplus, found.currency, part=True)
    yield _loss("Gone with no visit to charge", found.gone, found.currency)
    yield _share("of all units that left", found.gone_share, part=True)
    yield Row("besides, goods of no catalogue", str(found.gone_unknown), "times", is_part=True)
    yield _loss("Gone while a node was off", found.unseen_gone, found.currency)
    yield _loss("Come while a node was off", found.unseen_came, found.currency)
    yield _loss("Come from nobody that was seen", found.came, found.currency)
    yield _loss("Shrink, all in all", found.shrink, found.currency)


def _share(label: str, share: Share, *, part: bool = False, estimate: bool = False) -> Row:
    counted = f"{share.numerator} of {share.denominator}"
    if share.share is None or share.low is None or share.high is None:
        return Row(label, NONE, counted, is_part=part)
    interval = (share.low, share.share, share.high) if estimate else None
    return Row(label, percent(share.share), counted, interval, part)


def _mean(label: str, mean: Mean, unit: str, of_what: str, decimals: int, *, part: bool = False) -> Row:
    counted = f"{mean.numerator:.0f} {unit} over {mean.denominator} {of_what}"
    value = NONE if mean.mean is None else f"{mean.mean:.{decimals}f} {unit}"
    return Row(label, value, counted, is_part=part)


def _quantiles(label: str, found: Quantiles) -> Row:
    if found.p50 is None or found.p95 is None:
        return Row(label, NONE, "of 0")
    return Row(label, f"{found.p50:.1f} s", f"median; 95 of 100 within {found.p95:.1f} s; of {found.count}")


def _loss(label: str, found: LossSum, currency: str, *, part: bool = False) -> Row:
    if not found.events:
        return Row(label, NONE, "none", is_part=part)
    expected = f"expected {found.expected:.1f} ± {found.sigma:.1f} units"
    worth = (
        f"{written(found.value_minor, currency)} ± {written(found.value_sigma_minor, currency)} {currency}"
    )
    return Row(label, f"{found.units} units", f"{expected}; {worth}; {found.events} times", is_part=part)


def percent(share: float) -> str:
    """One decimal; two below one percent, where they matter."""
    return f"{100 * share:.{2 if 0 < share < 0.01 else 1}f} %"
