"""The aggregator's file."""

from __future__ import annotations

from typing import Annotated

import msgspec

from edge.config.broker import BrokerSection
from edge.config.exchange import ExportsSection, HomeAssistantSection, WebhookSection
from edge.config.section import Name, NonNegative, Positive, Probability, Section
from edge.yaml_file import FieldError


class AttributionSection(Section, frozen=True, kw_only=True):
    """Who did it: how far a hand may be from what it moves."""

    window_s: NonNegative = 0.3  # [s] before onset and after settling
    hand_sigma_m: Positive = 0.05  # [m] tracker noise, and width of goods, between a hand and what it moves
    head_sigma_m: Positive = 0.35  # [m] spread of the head's distance around an arm's reach
    reach_m: Positive = 0.75  # [m] head to goods when no hand is tracked
    nobody: Probability = 0.005  # [1] prior that no tracked visit did it
    latency_s: NonNegative = 3.0  # [s] tracks may arrive so late; an answer before is provisional


class CartSection(Section, frozen=True, kw_only=True):
    """Carts as joint hypotheses, and when a person is asked."""

    beam: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 200  # [hypotheses] kept of who holds what
    review_below: Probability = 0.8  # [1] receipts less sure than this are reviewed


ClosingTime = Annotated[
    str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d\Z", description="a time of day such as 22:00")
]


class VisitSection(Section, frozen=True, kw_only=True):
    """When visits end of which nobody sees the end."""

    timeout_s: Annotated[float, msgspec.Meta(ge=60, le=86_400)] = 7200.0  # [s] without tracks, events or gate
    closing: tuple[ClosingTime, ...] = ()  # local times of every day at which nobody is in the store


Questions = Annotated[int, msgspec.Meta(ge=0, le=20)]
Waiting = Annotated[float, msgspec.Meta(ge=0, le=3600)]  # carts remember visits for longer than that
Cases = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Megabytes = Annotated[float, msgspec.Meta(ge=1, le=1e7)]
Days = Annotated[float, msgspec.Meta(gt=0, le=3650)]


class ReviewSection(Section, frozen=True, kw_only=True):
    """What people are asked, and for how long a receipt waits for them."""

    questions_max: Questions = 3  # [questions] a receipt waits for; 0: nobody is asked
    answer_within_s: Waiting = 900.0  # [s] after leaving; then what is in doubt is the shopper's
    open_max: Cases = 50  # [cases] more are given up, the least telling first
    charge_above: Probability = 0.8  # [1] a unit less sure is not charged once nobody is asked any more
    second_share: Probability = 0.1  # [1] of answered cases that a second reviewer sees
    gold_share: Probability = 0.05  # [1] of a reviewer's cases whose answer is known
    audit_share: Probability = 0.02  # [1] of the receipts that nobody doubted
    dispute_days: Days = 14.0  # [d] a receipt may be disputed


class EvidenceSection(Section, frozen=True, kw_only=True):
    """Weight traces and cropped pictures of events, for people who are asked or ask."""

    keep_days: Days = 3.0  # [d] of events on which no receipt, answer or open case rests
    max_mb: Megabytes = 4000.0  # [MB] on disk; beyond, what nobody rests on goes first, the oldest first


class RetentionSection(Section, frozen=True, kw_only=True):
    """How long the ledger says who it was; what was taken and put stays. Pictures: `evidence.keep_days`."""

    tracks_days: Days = 14.0  # [d] how near whose hands were
    disputes_days: Days = 180.0  # [d] what was written in disputes and verdicts
    receipts_days: Days = 90.0  # [d] names of visits and people; longer than receipts may be disputed
    audit_days: Days = 365.0  # [d] who of the staff came in and saw what


class WebSection(Section, frozen=True, kw_only=True):
    """The store's pages."""

    host: str = "127.0.0.1"  # address to listen on
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8080  # 0: any free port, printed at start
    certificate: str = ""  # file: TLS certificate chain, PEM; empty: without TLS
    key: str = ""  # file: its private key, PEM
    names: tuple[str, ...] = ()  # host names that browsers use, besides addresses and the machine's own


class AggregatorConfig(Section, frozen=True, kw_only=True):
    """The in-store aggregator: ``steelyard aggregator --config``."""

    store: Name  # the same in all files of a store
    broker: BrokerSection = BrokerSection()
    state_dir: str = "var"  # the ledger lives here, unless `database` says otherwise
    database: str = ""  # file, or postgresql://user@host:port/name; empty: ledger.sqlite in state_dir
    database_password_file: str = ""  # file with the PostgreSQL password on its first line
    catalogue: str = "catalogue.yaml"  # file: what is sold
    planogram: str = "planogram.yaml"  # file: what stands where
    nodes: tuple[Name, ...] = ()  # nodes that may speak; empty: all
    attribution: AttributionSection = AttributionSection()
    visits: VisitSection = VisitSection()
    carts: CartSection = CartSection()
    review: ReviewSection = ReviewSection()
    evidence: EvidenceSection = EvidenceSection()
    retention: RetentionSection = RetentionSection()
    web: WebSection = WebSection()
    exports: ExportsSection = ExportsSection()
    webhooks: tuple[WebhookSection, ...] = ()
    home_assistant: HomeAssistantSection = HomeAssistantSection()

    def __post_init__(self) -> None:
        if self.retention.receipts_days < self.review.dispute_days + 1:
            raise FieldError(
                "retention.receipts_days", "shorter than receipts may be disputed",
                found=f"{self.retention.receipts_days:g}",
                expected=f"at least {self.review.dispute_days + 1:g}, a day more than review.dispute_days",
            )  # fmt: skip
