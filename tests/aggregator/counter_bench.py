"""A store that tests talk to as nodes, gate and people do, and that writes down every entry."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from small_store import T0, Shelf

from edge.aggregator.entries import LedgerEntry, ReceiptEntry
from edge.aggregator.store import Store
from edge.config import AttributionSection, CartSection, ReviewSection
from edge.messages import (
    Dispute,
    DisputeVerdict,
    EvidenceTerms,
    Hypothesis,
    ItemCount,
    KeyPoint,
    Reading,
    Receipt,
    Retraction,
    ReviewAnswer,
    ReviewCase,
    ShelfEvent,
    Target,
    TrackFrame,
)

LATER = 60.0  # [s] after which everything that is due has become due


class CounterBench:
    """One store and everything that it entered."""

    def __init__(self, catalogue, planogram, **options) -> None:
        from edge.aggregator.receipts.token import Tokens

        self.make = lambda: Store(
            catalogue=catalogue, planogram=planogram, attribution=AttributionSection(), carts=CartSection(),
            review=ReviewSection(**options), tokens=Tokens(b"key of the tests"),
        )  # fmt: skip
        self.store = self.make()
        self.entries: list[LedgerEntry] = []
        self.shelf = Shelf()
        self._said = 0

    def say(self, *messages) -> None:
        for message in messages:
            self._enter(self.store.receive(message))

    def pass_time(self, utc_s: float) -> None:
        for _ in range(3):
            self._enter(self.store.settle(utc_s))

    def _enter(self, entries: Sequence[LedgerEntry]) -> None:
        for entry in entries:
            self.entries.append(entry)
            self.store.apply(entry)

    def rebuilt(self, entries: Sequence[LedgerEntry] | None = None) -> Store:
        store = self.make()
        for entry in self.entries if entries is None else entries:
            store.apply(entry)
        return store

    def receipts(self, visit: str = "anna") -> list[Receipt]:
        """All that were issued, in order."""
        issued = [entry.receipt for entry in self.entries if isinstance(entry, ReceiptEntry)]
        return [receipt for receipt in issued if receipt.visit == visit]

    def doubtful_visit(self, visit: str = "anna", *, t: float = T0, seq: int = 1) -> ShelfEvent:
        """A visit of one pick that fits two articles, until it left."""
        event = twins(self.shelf.event(seq, "0001", t=t + 5))
        self.say(self.shelf.entered(visit, t), event, self.shelf.left(visit, t + 20))
        self.pass_time(t + LATER)
        return event

    def sure_visit(self, visit: str = "anna", *, t: float = T0, seq: int = 1) -> ShelfEvent:
        """A visit of one pick, seen by the tracker, that fits its article and nothing else."""
        event = self.shelf.event(seq, "0001", t=t + 5)
        unknown = msgspec.structs.replace(event.hypotheses[1], log_likelihood=EvidenceTerms(weight=-20.0))
        event = msgspec.structs.replace(event, hypotheses=(event.hypotheses[0], unknown))
        hand = {"r_wrist": KeyPoint((0.05, 0.1, 0.85))}
        frames = [
            TrackFrame(t=round(event.t_onset - 0.6 + 0.1 * step, 3), targets=(Target(visit, hand),))
            for step in range(18)
        ]
        self.say(self.shelf.entered(visit, t), event, *frames, self.shelf.left(visit, t + 20))
        self.pass_time(t + LATER)
        return event

    def answer(self, case: ReviewCase, sku: str | None, *, by: str = "rita", **options) -> ReviewAnswer:
        """What a reviewer says: the candidate of an article, or none of those shown."""
        shown = tuple(candidate.reading for candidate in case.candidates)
        said = next(
            (each for each in shown if [item.sku for item in each.items] == [sku] and each.visit), None
        )
        assert (said is None) == (sku is None)
        return ReviewAnswer(
            id=self._id(), t=T0 + 100 + self._said, by=by, case=case.case, event=case.event, shown=shown,
            reading=said, seconds=5.0, **options,
        )  # fmt: skip

    def dispute(self, receipt: Receipt, sku: str = "", *, t: float = T0 + 200) -> Dispute:
        return Dispute(id=self._id(), t=t, by="shopper", receipt=receipt.receipt, sku=sku, comment="not mine")

    def verdict(self, dispute: Dispute, *refund: tuple[str, int]) -> DisputeVerdict:
        return DisputeVerdict(
            id=self._id(), t=dispute.t + 50 + self._said, by="olga", dispute=dispute.id,
            refund=tuple(ItemCount(sku, quantity) for sku, quantity in refund), reason="seen on the trace",
        )  # fmt: skip

    def undo(self, statement) -> Retraction:
        return Retraction(id=self._id(), t=statement.t + 10, by=statement.by, statement=statement.id)

    def _id(self) -> str:
        self._said += 1
        return f"statement-{self._said}"


def twins(event: ShelfEvent, sku: str = "0002", least: float = 0.0) -> ShelfEvent:
    """The same event, as likely of another article (``least``: so much less likely [nat])."""
    first = event.hypotheses[0]
    other = Hypothesis(
        (ItemCount(sku, 1),), 0.49, EvidenceTerms(weight=first.log_likelihood.weight - least), event.delta_g
    )
    return msgspec.structs.replace(event, hypotheses=(first, other, *event.hypotheses[1:]))


def charged(receipt: Receipt) -> dict[str, int]:
    return {line.sku: line.quantity for line in receipt.lines}


def reading(visit: str | None, *skus: str) -> Reading:
    return Reading(tuple(ItemCount(sku, 1) for sku in skus), visit)
