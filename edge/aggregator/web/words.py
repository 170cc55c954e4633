"""Numbers in honest plain words, for people who look at the page."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from hashlib import sha256

from edge.aggregator.decisions import Decision
from edge.messages import (
    Cart,
    EventKind,
    Hypothesis,
    ItemCount,
    PlateHealth,
    Receipt,
    SensorState,
    ShelfEvent,
)
from edge.money import written
from edge.planogram import Catalogue, Planogram

MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"

FITS_SIGMAS, NEAR_SIGMAS = 2.0, 4.0
"""[sigma] residuals up to these are said to fit, and to be a little off."""

TELLING_NATS = 1.0
"""[nat] smaller differences of log-likelihood than this do not tell two explanations apart."""


def clock_time(utc_s: float) -> str:
    """Time of day where the store is."""
    return datetime.fromtimestamp(utc_s).astimezone().strftime("%H:%M:%S")


def iso_time(utc_s: float) -> str:
    """Machine-readable time for ``<time datetime>``."""
    return datetime.fromtimestamp(utc_s).astimezone().isoformat(timespec="milliseconds")


def day_time(utc_s: float) -> str:
    """Day and time where the store is."""
    return datetime.fromtimestamp(utc_s).astimezone().strftime("%d %b %Y, %H:%M")


def money(minor: int | None, currency: str) -> str:
    """An amount in the currency's smallest unit as people write it; a dash when there is no price."""
    return "–" if minor is None else written(minor, currency).replace("-", MINUS)


def change(minor: int, currency: str) -> str:
    """A difference of amounts, with its sign."""
    return f"{'+' if minor > 0 else ''}{money(minor, currency)}"


def grams(weight_g: float, *, signed: bool = False) -> str:
    """Grams with one decimal, in kilograms from 10 kg on."""
    value, unit = (weight_g / 1000, "kg") if abs(weight_g) >= 10_000 else (weight_g, "g")
    return f"{value:{'+' if signed else ''}.1f} {unit}".replace("-", MINUS)


def percent(probability: float) -> str:
    """Whole percent rounded down: never surer than the figure, never 100 %."""
    if probability < 0.01:
        return "under 1 %"
    return "over 99 %" if probability > 0.99 else f"{math.floor(probability * 100 + 1e-9)} %"


def sure(probability: float) -> str:
    """``98 % sure``."""
    return f"{percent(probability)} sure"


def slug(*names: object) -> str:
    """A short id for an element, whatever characters the names hold."""
    return sha256("\0".join(map(str, names)).encode()).hexdigest()[:12]


def sentence(text: str) -> str:
    """With a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def visit_name(visit: str | None) -> str:
    """A visit's id, shortened to its end when it is a long one."""
    if visit is None:
        return "nobody"
    return f"visit {visit}" if len(visit) <= 12 else f"visit …{visit[-6:]}"


def questions(ticket: Cart | Receipt, decisions: dict[str, Decision]) -> str:
    """How many events of a cart a person should look at."""
    events = {event for line in ticket.lines for event in line.events}
    open_count = sum(event in decisions and decisions[event].needs_review for event in events)
    if not ticket.needs_review:
        return "no question open"
    return "one question open" if open_count <= 1 else f"{open_count} questions open"


def gondola_name(gondola: str) -> str:
    """A gondola's own name; a bare number becomes ``gondola 3``."""
    return f"gondola {gondola}" if gondola.isdigit() else gondola


def plate_names(plates: list[str] | tuple[str, ...]) -> str:
    """Plates of one event in words: ``fridge, shelf 2, plates 1 and 2``."""
    if not plates:
        return "no plate"
    shelves: dict[tuple[str, str], list[str]] = {}
    for name in plates:
        gondola, _, rest = name.partition("/")
        shelf, _, plate = rest.partition("/")
        shelves.setdefault((gondola, shelf), []).append(plate)
    return "; ".join(
        f"{gondola_name(gondola)}, shelf {shelf}, plate{'s' if len(row) > 1 else ''} {_and(row)}"
        for (gondola, shelf), row in shelves.items()
    )


def age(date: str, utc_s: float) -> str:
    """How long ago an ISO 8601 date was, in whole days; a dash for none."""
    try:
        then = datetime.fromisoformat(date)
    except ValueError:
        return "–"
    days = int((utc_s - then.replace(tzinfo=then.tzinfo or UTC).timestamp()) // 86_400)
    return "today" if days <= 0 else f"{days} day{'s' if days > 1 else ''} ago"


def plate_state(plate: PlateHealth | None) -> str:
    """State of a plate's sensor; a plate that no node reports has none."""
    return plate.state.value if plate else "unheard"


def action(decision: Decision) -> str:
    """What happened."""
    if not decision.happened:
        return "Touched"
    return "Taken" if decision.kind is EventKind.PICK else "Put back"


def latency_s(event: ShelfEvent) -> float:
    """[s] from the moment the shelf was at rest again to the decision, at least 0."""
    return max(0.0, event.t_decided - event.t_settled)


class Explainer:
    """Puts an event's hypotheses into words.

    Args:
        catalogue: names of the SKUs.
        planogram: what stands where.
    """

    def __init__(self, catalogue: Catalogue, planogram: Planogram) -> None:
        self._catalogue, self._planogram = catalogue, planogram

    def goods_name(self, sku: str) -> str:
        """What an SKU is called; "" for none."""
        return self._catalogue.get(sku).name if sku else ""

    def items(self, items: tuple[ItemCount, ...]) -> str:
        """``2 × Spring water``; no items are an unknown thing."""
        if not items:
            return "nothing of the catalogue"
        return " and ".join(f"{item.quantity} {TIMES} {self._catalogue.get(item.sku).name}" for item in items)

    def reasons(self, event: ShelfEvent, hypothesis: Hypothesis) -> tuple[str, ...]:
        """Each evidence term of one hypothesis, compared with the best of the event's hypotheses."""
        reasons = []
        if hypothesis.items:
            off_g = abs(event.delta_g - hypothesis.expected_g)
            sigmas = off_g / max(event.sigma_g, 1e-6)
            fit = "fits" if sigmas <= FITS_SIGMAS or off_g < 1 else (
                "is a little off" if sigmas <= NEAR_SIGMAS else "does not fit"
            )  # fmt: skip
            reasons.append(f"weight {fit}: {grams(off_g)} from what was expected")
            reasons.append("planned on this spot" if self._planned(event, hypothesis) else "not planned here")
        else:
            reasons.append("a foreign object, or goods that the catalogue does not hold")
        if hypothesis.log_likelihood.stock < self._best(event, "stock") - TELLING_NATS:
            reasons.append("an unusual number of units")
        looks = [row.log_likelihood.vision for row in event.hypotheses]
        if any(looks):
            behind = max(looks) - hypothesis.log_likelihood.vision
            reasons.append("the camera agrees" if behind < TELLING_NATS else "the camera speaks against it")
        return tuple(reasons)

    def _planned(self, event: ShelfEvent, hypothesis: Hypothesis) -> bool:
        facings = (facing for row in event.plates for facing in self._planogram.facings_at(row.plate))
        return {item.sku for item in hypothesis.items} <= {facing.sku for facing in facings}

    @staticmethod
    def _best(event: ShelfEvent, term: str) -> float:
        return max(float(getattr(row.log_likelihood, term)) for row in event.hypotheses)


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


STATE_WORDS = {
    SensorState.OK.value: "sensor ok",
    SensorState.SATURATED.value: "overloaded",
    SensorState.STUCK.value: "sensor stuck",
    SensorState.NOISY.value: "sensor noisy",
    SensorState.STALE.value: "no fresh readings",
    SensorState.DISCONNECTED.value: "disconnected",
    SensorState.UNCALIBRATED.value: "not calibrated",
    SensorState.CALIBRATING.value: "being calibrated",
    "unheard": "no report yet",
}
