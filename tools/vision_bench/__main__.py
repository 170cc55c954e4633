"""``python -m tools.vision_bench``: the tables of docs/vision-benchmark.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from edge.errors import SteelyardError
from edge.vision.embedder import OnnxEmbedder, load_embedder
from tools.vision_bench.cost import CROPS, SKUS, measure_cost
from tools.vision_bench.recognition import ENROLLED, FAMILY, OF_SHELF, WAYS, recognise
from tools.vision_bench.shopping_days import STORES, TAUGHT_DAYS, go_shopping, pooled
from tools.vision_bench.twins import SCENARIOS, TwinScore, play_twins

TWIN_CASES = 6
"""Of each scenario, where nothing else is asked for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the page if it is asked for."""
    parser = argparse.ArgumentParser(prog="vision_bench", description=__doc__)
    parser.add_argument(
        "--twins", type=int, default=TWIN_CASES, metavar="N", help="cases of each scenario; 0: none"
    )
    parser.add_argument(
        "--stores", type=int, default=STORES, metavar="N", help="that teach their galleries; 0: none"
    )
    parser.add_argument("--page", type=Path, metavar="OUT.md", help="write the tables between its marks")
    options = parser.parse_args(arguments)
    try:
        embedder = load_embedder()
        lines = [
            f"{datetime.now(UTC):%Y-%m-%d}, model `{embedder.card.file}`.",
            "",
            *_recognition(embedder),
            "",
            *_cost(),
            "",
            *(_twins(embedder, options.twins) if options.twins else ()),
            "",
            *(_learning(embedder, options.stores) if options.stores else ()),
        ]
    except SteelyardError as error:
        print(f"vision_bench: {error}", file=sys.stderr)
        return 1
    text = "\n".join(lines)
    print(text)
    if options.page is not None:
        head, mark, _ = options.page.read_text(encoding="utf-8").partition(TABLES)
        options.page.write_text(f"{head}{mark}\n\n{text}\n", encoding="utf-8")
    return 0


TABLES = "## Tables"


def _recognition(embedder: OnnxEmbedder) -> Iterator[str]:
    found = recognise(embedder)
    yield f"| rendered goods, {ENROLLED} crops enrolled each, {found.asked} asked | |"
    yield "|---|---|"
    yield f"| right among {WAYS} SKUs of {WAYS} families | {found.among_24:.3f} |"
    yield f"| right among the {OF_SHELF} SKUs of a shelf | {found.among_6:.3f} |"
    yield f"| right among the {FAMILY} look-alikes of a family | {found.siblings:.3f} |"
    yield f"| known told from unknown, half of the SKUs enrolled: AUROC | {found.unknown_auroc:.3f} |"
    yield f"| expected calibration error | {found.calibration_error:.3f} |"


def _cost() -> Iterator[str]:
    cost = measure_cost()
    yield f"| processor time of one event, {CROPS} crops, {SKUS} SKUs enrolled | |"
    yield "|---|---|"
    yield f"| region, crops, gallery | {cost.event_ms:.1f} ms |"
    yield f"| the network alone on the same crops | {cost.bare_ms:.1f} ms |"
    yield f"| ratio | {cost.ratio:.2f} |"
    yield f"| size of the model | {cost.model_bytes / 1e6:.2f} MB |"


def _twins(embedder: OnnxEmbedder, cases: int) -> Iterator[str]:
    yield "| twins | receipts | exact by weight | exact by weight and cameras |"
    yield "|---|---|---|---|"
    for look_alike in (False, True):
        for scenario in SCENARIOS:
            total = TwinScore()
            for seed in range(cases):
                score = play_twins(embedder, scenario, seed, look_alike=look_alike)
                total.weight.merge(score.weight)
                total.seeing.merge(score.seeing)
            name = f"{scenario.__name__}, {'look-alikes' if look_alike else 'of two brands'}"
            exact = f"{total.weight.exact_share:.3f} | {total.seeing.exact_share:.3f}"
            yield f"| {name} | {total.weight.visits} | {exact} |"


def _learning(embedder: OnnxEmbedder, stores: int) -> Iterator[str]:
    yield "| enrolled by a person | days | labelled by weight | wrongly | right without | right with |"
    yield "|---|---|---|---|---|---|"
    for enrolled in (2, 5):
        school = pooled(
            [go_shopping(embedder, seed, enrolled=enrolled, days=TAUGHT_DAYS) for seed in range(stores)]
        )
        for day, (accuracy, labelled) in enumerate(zip(school.accuracy, school.labelled, strict=True)):
            wrong = school.wrong if day == TAUGHT_DAYS else "-"
            right = f"{school.accuracy[0]:.3f} | {accuracy:.3f}"
            yield f"| {enrolled} of each SKU | {day} | {labelled} | {wrong} | {right} |"


if __name__ == "__main__":
    sys.exit(main())
