"""The transparency report's numbers as metrics: each field by its own name, counted and of how many.

Nothing is computed here: whatever the report says appears, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from prometheus_client.core import GaugeMetricFamily, Metric

from edge.aggregator.exchange.metrics.health import PREFIX
from edge.aggregator.transparency.shares import Mean, Quantiles, Share
from edge.schemas import comments_of

LEFT_OUT = frozenset({"since", "until", "risk_coverage", "reviewers"})
"""Fields that are no numbers of the window: its bounds, a curve, and people by name."""


def honest_of(windows: Mapping[str, msgspec.Struct]) -> Iterator[Metric]:
    """All families.

    Args:
        windows: what the report says, by the name of its window, ``30d``.
    """
    families: dict[str, GaugeMetricFamily] = {}
    for window, numbers in windows.items():
        for name, meaning, labels, value in _values("", "", numbers):
            family = families.setdefault(
                name, GaugeMetricFamily(PREFIX + name, meaning, labels=["window", *labels])
            )
            family.add_metric([window, *labels.values()], value)
    yield from families.values()


Value = tuple[str, str, dict[str, str], float]
"""Name, meaning, labels, value."""


def _values(name: str, meaning: str, part: Any) -> Iterator[Value]:
    match part:
        case Share() | Mean() | Quantiles():
            yield from _counted(name, meaning, part)
        case msgspec.Struct():
            comments = comments_of(type(part))
            for field in part.__struct_fields__:
                if name or field not in LEFT_OUT:
                    inner = f"{name}_{field}" if name else field
                    yield from _values(inner, comments.get(field, meaning), getattr(part, field))
        case dict():
            for currency, value in part.items():
                yield name, meaning, {"currency": str(currency)}, float(value)
        case tuple():
            for row in part:
                yield from _in_row(name, meaning, row)
        case int() | float():
            yield name, meaning, {}, float(part)


def _counted(name: str, meaning: str, part: Share | Mean | Quantiles) -> Iterator[Value]:
    """Never one without the other."""
    if not isinstance(part, Quantiles):
        yield f"{name}_numerator", meaning, {}, part.numerator
        yield f"{name}_denominator", f"Of how many: {meaning}", {}, part.denominator
        return
    seconds = f"{name.removesuffix('_s')}_seconds"
    yield f"{seconds}_count", f"Of how many: {meaning}", {}, part.count
    for quantile, value in (("0.5", part.p50), ("0.95", part.p95)):
        if value is not None:
            yield seconds, meaning, {"quantile": quantile}, value


def _in_row(name: str, meaning: str, row: Any) -> Iterator[Value]:
    """A row of a reliability table: statements of about the same probability."""
    if not hasattr(row, "low") or not hasattr(row, "right"):
        return
    labels = {"low": f"{row.low:g}", "high": f"{row.high:g}"}
    for inner, said, _, value in _values(f"{name}_right", meaning, row.right):
        yield inner, said, labels, value
    if row.stated is not None:
        yield f"{name}_stated", meaning, labels, row.stated
