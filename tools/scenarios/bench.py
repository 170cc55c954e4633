"""``python -m tools.scenarios.bench``: accuracy and cost, ours beside the competition winner's.

Every scenario is rendered with fresh noise for every seed; both sides read the same samples. The tables are
Markdown, so that docs/benchmark.md holds them as printed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from edge.errors import SteelyardError
from tools.scenarios import tables
from tools.scenarios.contest import Ground, Standing, contest, find, replayed
from tools.scenarios.cost import cost_table, measure_costs
from tools.scenarios.mcap_file import write_mcap
from tools.scenarios.nanostore_files import write_nanostore
from tools.scenarios.show import show
from tools.scenarios.suite import GROUPS
from tools.scenarios.unseen import UNSEEN

PAGE_TITLE = """# Benchmark tables

Printed by `make bench ARGS="--page ..."`; [benchmark.md](benchmark.md) says how they come about.

"""

WIDTH = 160
"""[columns] that the tables need where the output is no terminal."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; 0, or 1 when something could not be read."""
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
    names = [
        each.__name__
        for group, scenarios in GROUPS.items()
        if options.group in (None, group)
        for each in ((UNSEEN[group],) if options.random else scenarios)
        if not options.only or each.__name__ in options.only
    ]
    seeds = range(options.first_seed, options.first_seed + (options.random or options.seeds))
    started = time.monotonic()
    standings: dict[str, Standing] = {name: Standing() for name in names}
    played = contest(names, seeds, options.noise_from, options.jobs)
    with Console(stderr=True).status("") as status:
        for number, (name, standing) in enumerate(played, 1):
            standings[name].merge(standing)
            status.update(f"{number} of {len(names) * len(seeds)} cases: {name}")
    took_s = time.monotonic() - started
    console.print(
        f"{datetime.now(UTC):%Y-%m-%d}: {len(names)} scenarios, seeds {seeds.start} to {seeds.stop - 1},"
        f" noise {ground.name}; took {took_s:.0f} s. Ours, the winner's in brackets.\n"
    )
    console.print(tables.accuracy(standings))
    console.print(tables.trust(standings))
    found = {"noise": ground.name, "seeds": list(seeds), "accuracy": tables.as_data(standings)}
    if not options.no_cost:
        costs = measure_costs()
        console.print(cost_table(costs))
        found["cost"] = costs
    if options.page:
        lines = [line.rstrip() for line in console.export_text(clear=False).splitlines()]
        options.page.write_text(PAGE_TITLE + "\n".join(lines) + "\n", encoding="utf-8")
    console.print(tables.mistakes(standings))
    if options.list_failures:
        for standing in standings.values():
            for failure in standing.ours.failures:
                console.print(f"{failure.scenario} {failure.seed}: {failure.detail}", soft_wrap=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _show(console: Console, options: argparse.Namespace) -> None:
    name, seed = options.show
    ground = Ground.of(options.noise_from)
    case = ground.case(find(name), int(seed))
    show(console, case.script, replayed(case), ground.catalogue)
    if options.write:
        write = write_mcap if options.write.suffix == ".mcap" else write_nanostore
        write(options.write, case)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench", description="Accuracy and cost of the weight intelligence."
    )
    parser.add_argument("--seeds", type=int, default=3, help="cases of each scenario (3)")
    parser.add_argument(
        "--random", type=int, metavar="N", help="N unseen scripts of each row instead of the suite"
    )
    parser.add_argument("--first-seed", type=int, default=0, help="the first of them (0)")
    parser.add_argument("--group", choices=tuple(GROUPS), help="only this group")
    parser.add_argument("--only", nargs="+", metavar="SCENARIO", help="only these scenarios")
    parser.add_argument("--noise-from", type=Path, metavar="DIR", help="nanostore case: its store, its noise")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all figures to this file")
    parser.add_argument("--page", type=Path, metavar="OUT.md", help="also write the tables to this page")
    parser.add_argument("--no-cost", action="store_true", help="leave the cost measurements out")
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
