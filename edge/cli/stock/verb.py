"""``steelyard stock``: show, count, begin and finish, by the words of a running aggregator."""

from __future__ import annotations

import getpass
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from edge.aggregator.stock import checks
from edge.aggregator.stock.state import StockView
from edge.cli.stock.over_mqtt import StockOverMqtt
from edge.config import AggregatorConfig
from edge.messages import FacingStock, ModeBegun, ModeEnded, RunningMode, StockCount
from edge.payload import encode
from edge.planogram import Catalogue, Planogram, load_catalogue, load_planogram
from edge.yaml_file import load_yaml

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

Config = Annotated[Path, typer.Option("--config", help="YAML file of the aggregator.")]
By = Annotated[str, typer.Option("--by", help="Your name; that of this login when left out.")]


@dataclass(frozen=True, slots=True)
class _Store:
    config: AggregatorConfig
    folder: Path
    catalogue: Catalogue
    planogram: Planogram

    @classmethod
    def of(cls, file: Path) -> _Store:
        config = load_yaml(file, AggregatorConfig)
        catalogue = load_catalogue(file.parent / config.catalogue)
        planogram = load_planogram(file.parent / config.planogram, catalogue)
        return cls(config, file.parent, catalogue, planogram)

    def link(self) -> StockOverMqtt:
        return StockOverMqtt(self.config, self.folder, self.planogram)


@app.callback()
def stock() -> None:
    """What stands on the shelves, counting it, and working at them."""


@app.command()
def show(
    config: Config, as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False
) -> None:
    """Print each facing, what lies elsewhere, and who works where."""
    with _Store.of(config).link() as link:
        view = link.view()
    print(encode(view).decode() if as_json else "\n".join(_lines(view)))


@app.command()
def count(
    plate: Annotated[str, typer.Argument(help="gondola/shelf/plate.")],
    sku: Annotated[str, typer.Argument(help="Barcode of the goods.")],
    units: Annotated[str, typer.Argument(help="How many there are now.")],
    config: Config,
    by: By = "",
) -> None:
    """Say how many units stand on a facing, or lie where they do not belong."""
    store = _Store.of(config)
    checks.known_goods(plate, sku, store.planogram, store.catalogue)
    with store.link() as link:
        facing = checks.facing_at(link.view(), plate, sku)
        said = StockCount(
            id=uuid.uuid4().hex, t=time.time(), by=by or getpass.getuser(),
            plate=plate, sku=sku, units=checks.counted_units(units, facing),
        )  # fmt: skip
        link.say(said, lambda view: _holds(view, said))
    expected = "" if facing is None or facing.units is None else f", expected {facing.units}"
    print(f"counted {said.units} x {store.catalogue.get(sku).name} on {plate}{expected}")


@app.command()
def begin(
    mode: Annotated[str, typer.Argument(help="restock, clean or maintenance.")],
    config: Config,
    place: Annotated[
        str, typer.Option("--place", help="Shelf or gondola; all of the store if left out.")
    ] = "",
    minutes: Annotated[str, typer.Option("--minutes", help="Then it ends by itself.")] = "30",
    by: By = "",
) -> None:
    """Begin to work at shelves: nobody is charged for what moves there."""
    store = _Store.of(config)
    with store.link() as link:
        checks.free_place(link.view(), place, store.planogram)
        said = ModeBegun(
            id=uuid.uuid4().hex, t=time.time(), by=by or getpass.getuser(), mode=checks.mode_kind(mode),
            place=place, seconds=checks.mode_seconds(minutes),
        )  # fmt: skip
        link.say(said, lambda view: any(each.mode == said.id for each in view.state.modes))
    ends = datetime.fromtimestamp(said.t + said.seconds).astimezone().strftime("%H:%M")
    print(
        f"{mode} mode: {place or 'the whole store'}, until {ends} at most; steelyard stock finish {said.id}"
    )


@app.command()
def finish(
    mode: Annotated[str, typer.Argument(help="Id of the mode, or the place where it is on.")],
    config: Config,
    by: By = "",
) -> None:
    """Say that the work is done, and print what came and what left."""
    store = _Store.of(config)
    with store.link() as link:
        running = _find(link.view(), mode)
        said = ModeEnded(id=uuid.uuid4().hex, t=time.time(), by=by or getpass.getuser(), mode=running.mode)
        link.say(said, lambda view: all(each.mode != running.mode for each in view.state.modes))
        done = next((each for each in link.view().state.summaries if each.mode == running.mode), None)
    print(f"{running.kind.value} mode: {running.place or 'the whole store'}, done")
    for words, items in (("came", done.came), ("left", done.left)) if done else ():
        moved = ", ".join(f"{item.quantity} x {store.catalogue.get(item.sku).name}" for item in items)
        print(f"  {words} {moved or 'nothing'}")
    if done and done.unsure:
        print(f"  {done.unsure} of these movements were unsure: count there")


def _find(view: StockView, mode: str) -> RunningMode:
    at_place = next((each for each in view.state.modes if each.place == mode), None)
    return at_place or checks.open_mode(view, mode)


def _holds(view: StockView, count: StockCount) -> bool:
    """Whether what is told holds a count."""
    facing = checks.facing_at(view, count.plate, count.sku)
    if facing is not None:
        return facing.counted_at == count.t
    lying = any(each.sku == count.sku and count.plate in each.plates for each in view.state.misplaced)
    return lying == (count.units > 0)


def _lines(view: StockView) -> Iterator[str]:
    for shelf in view.shelves:
        for facing in shelf.facings:
            yield f"{facing.plates[0]:<20} {_units(facing):<24} {facing.name} ({facing.sku})"
    for goods in view.state.misplaced:
        chance = f"{100 * goods.probability:.0f} %"
        yield f"misplaced: {goods.units} x {goods.name} lies on {', '.join(goods.plates)} ({chance})"
    for mode in view.state.modes:
        state = "FORGOTTEN, ended itself" if mode.forgotten else "until"
        until = datetime.fromtimestamp(mode.until).astimezone().strftime("%d %b %H:%M")
        where = mode.place or "the whole store"
        yield f"{mode.kind.value} mode: {where}, {mode.by}, {state} {until} ({mode.mode})"


def _units(facing: FacingStock) -> str:
    if facing.units is None:
        return "not counted"
    fits = f" of {facing.capacity}" if facing.capacity else ""
    state = " sold out" if facing.out_of_stock else " low" if facing.low else ""
    doubt = "" if facing.probability >= 0.95 else f" ({100 * facing.probability:.0f} % sure)"
    return f"{facing.units}{fits}{state}{doubt}"
