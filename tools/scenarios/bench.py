"""``python -m tools.scenarios.bench``: accuracy and cost, ours beside the competition winner's.

Every script is rendered with fresh noise for every seed; both sides read the same samples. The tables are
Markdown, so that docs/benchmark-tables.md holds them as printed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from edge.errors import SteelyardError
from tools.mcap_file import write_mcap
from tools.nanostore_files import write_nanostore
from tools.scenarios import bars, tables
from tools.scenarios.attainable import AttainableReader
from tools.scenarios.contest import Ground, Standing, contest, find, replayed
from tools.scenarios.cost import cost_table, measure_costs
from tools.scenarios.show import show
from tools.scenarios.steps import STEPS, find_steps
from tools.scenarios.suite import GROUPS
from tools.scenarios.unseen import UNSEEN

PAGE_TITLE = """# Benchmark tables

Printed by `make bench ARGS="--page ..."`; [benchmark.md](benchmark.md) says how they come about.

"""

WIDTH = 200
"""[columns] that the tables need where the output is no terminal."""

UNSEEN_CASES, SUITE_CASES, STEP_CASES = 12, 3, 10
"""Played where nothing else is asked for: of each row, of each scenario, of each weight."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; 0, or 1 when something could not be read or written."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False, width=max(Console().width, WIDTH), record=True)
    try:
        if options.show:
            _show(console, options)
        else:
            _bench(console, options)
    except SteelyardError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _bench(console: Console, options: argparse.Namespace) -> None:
    ground = Ground.of(options.noise_from)
    groups = [group for group in GROUPS if options.group in (None, group)]
    suite = [each.__name__ for group in groups for each in GROUPS[group]]
    suite = [name for name in suite if not options.only or name in options.only]
    is_free = options.random is None and options.seeds is None
    unseen_cases = options.random or (UNSEEN_CASES if is_free and not options.only else 0)
    suite_cases = options.seeds or (SUITE_CASES if is_free else 0)
    found: dict[str, Any] = {"noise": ground.name}
    console.print(f"{datetime.now(UTC):%Y-%m-%d}, noise {ground.name}. In brackets: the winner.\n")
    if unseen_cases:
        names = [UNSEEN[group].__name__ for group in groups]
        found["unseen"] = _play(console, options, "Unseen scripts", names, unseen_cases)
    if suite_cases:
        found["suite"] = _play(console, options, "The suite", suite, suite_cases)
    if not options.no_steps:
        seeds = range(options.first_seed, options.first_seed + STEP_CASES)
        rows = bars.step_rows({str(step): find_steps(ground, step, seeds) for step in STEPS})
        console.print("\n## The lightest things\n")
        console.print(tables.bars(rows))
    if not options.no_cost:
        costs = measure_costs()
        found["cost"] = asdict(costs)
        console.print("\n## Cost\n")
        console.print(tables.bars(bars.cost_rows(costs)))
        console.print(cost_table(costs))
    if options.page:
        lines = [line.rstrip() for line in console.export_text(clear=False).splitlines()]
        options.page.write_text(PAGE_TITLE + "\n".join(lines) + "\n", encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _play(
    console: Console, options: argparse.Namespace, title: str, names: list[str], cases: int
) -> dict[str, Any]:
    seeds = range(options.first_seed, options.first_seed + cases)
    standings = {name: Standing() for name in names}
    started = time.monotonic()
    with Console(stderr=True).status("") as status:
        played = contest(names, seeds, options.noise_from, options.jobs)
        for number, (name, standing) in enumerate(played, 1):
            standings[name].merge(standing)
            status.update(f"{number} of {len(names) * cases} cases: {name}")
    took_s = time.monotonic() - started
    total = bars.summed(list(standings.values())).ours
    console.print(f"\n## {title}\n")
    console.print(f"{total.cases} cases, seeds {seeds.start} to {seeds.stop - 1}; took {took_s:.0f} s.\n")
    console.print(tables.bars(bars.accuracy_rows(tables.by_group(standings))))
    console.print(tables.accuracy(standings))
    console.print(tables.trust(standings))
    console.print(tables.reliability_table(total))
    console.print(tables.mistakes(total))
    if options.list_failures:
        for failure in total.failures:
            console.print(f"{failure.scenario} {failure.seed}: {failure.detail}", soft_wrap=True)
    return {"seeds": list(seeds), "accuracy": tables.as_data(standings)}


def _show(console: Console, options: argparse.Namespace) -> None:
    name, seed = options.show
    ground = Ground.of(options.noise_from)
    case = ground.case(find(name), int(seed))
    attained = AttainableReader(case).visits()
    show(console, case.script, replayed(case), attained, case.setup.catalogue())
    if options.write:
        write = write_mcap if options.write.suffix == ".mcap" else write_nanostore
        write(options.write, case)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench", description="Accuracy and cost of the weight intelligence."
    )
    parser.add_argument(
        "--random",
        type=int,
        metavar="N",
        help=f"N unseen scripts of each row; alone: no suite ({UNSEEN_CASES})",
    )
    parser.add_argument(
        "--seeds",
        type=int,
        metavar="N",
        help=f"N cases of each scenario; alone: no unseen scripts ({SUITE_CASES})",
    )
    parser.add_argument("--first-seed", type=int, default=0, help="the first of them (0)")
    parser.add_argument("--group", choices=tuple(GROUPS), help="only this group")
    parser.add_argument("--only", nargs="+", metavar="SCENARIO", help="only these scenarios of the suite")
    parser.add_argument("--noise-from", type=Path, metavar="DIR", help="nanostore case: its store, its noise")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all figures to this file")
    parser.add_argument("--page", type=Path, metavar="OUT.md", help="also write the tables to this page")
    parser.add_argument("--no-cost", action="store_true", help="leave the cost measurements out")
    parser.add_argument("--no-steps", action="store_true", help="leave the lightest things out")
    parser.add_argument(
        "--list-failures", action="store_true", help="print every inexact receipt with its truth"
    )
    parser.add_argument(
        "--show", nargs=2, metavar=("SCENARIO", "SEED"), help="one case in full, nothing else"
    )
    parser.add_argument(
        "--write",
        type=Path,
        metavar="OUT",
        help="with --show: its recording, OUT.mcap or a nanostore directory",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
