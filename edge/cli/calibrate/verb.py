"""``steelyard calibrate``: diagnose, load, fit, judge, and put one plate's calibration in force."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable
from contextlib import ExitStack, closing
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from edge.calibration.certificate import Certificate
from edge.calibration.gain import FULL_SCALE_MV_PER_V
from edge.calibration.limits import AccuracyClass, Limits
from edge.calibration.weights import Load, WeightClass, parse_loads
from edge.cli.calibrate.hand import Hand, Technician, WatchedHand
from edge.cli.calibrate.open import channel_of, in_force, open_source
from edge.cli.calibrate.outcome import Outcome, put_in_force, refuse_unaccepted
from edge.cli.calibrate.place import place_of, simulated_place
from edge.cli.calibrate.screen import CalibrationScreen
from edge.cli.calibrate.session import Plan, certify, utc_now, walk, watch
from edge.cli.calibrate.simulated import simulated_board
from edge.config import PlateName
from edge.durable_file import refuse_unwritable


class Acceptance(StrEnum):
    """Who accepts a calibration."""

    ASK = "ask"
    PASS = "pass"  # noqa: S105 - no password
    ANY = "any"


def number_between(least: float, most: float) -> Callable[[Any], float]:
    """A parser of numbers that refuses NaN too, which ranges of the command line let through."""

    def parse(text: Any) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            raise typer.BadParameter(f"expected a number from {least:g} to {most:g}, found {text!r}")
        return number

    parse.__name__ = "number"
    return parse


TECHNICIAN_MAX = 120
"""[letters] of a name on a certificate."""


def _seconds(least: float, help_: str) -> Any:
    return typer.Option(parser=number_between(least, 600.0), metavar="SECONDS", help=help_)


def _grams(help_: str) -> Any:
    return typer.Option(parser=number_between(1e-3, 1e7), metavar="GRAMS", help=help_)


def calibrate(
    plate: Annotated[str, typer.Argument(help="gondola/shelf/plate, as in the node's file.")],
    *,
    config: Annotated[Path | None, typer.Option(help="YAML file of the plate's node.")] = None,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="On a simulated board; needs no file.")
    ] = False,
    masses: Annotated[
        str, typer.Option(help="Rising loads in grams; + joins pieces.")
    ] = "1000,2000,1000+2000",
    weight_class: Annotated[
        WeightClass, typer.Option(help="Class of the weights (OIML R 111).")
    ] = WeightClass.M1,
    tolerance_g: Annotated[float | None, _grams("What each piece may be off by, instead of a class.")] = None,
    accuracy_class: Annotated[
        AccuracyClass, typer.Option("--class", help="Accuracy class asked of the plate (OIML R 76).")
    ] = AccuracyClass.MEDIUM,
    e_g: Annotated[float, _grams("Verification scale interval asked of the plate.")] = 2.0,
    capacity_g: Annotated[
        float | None, _grams("Largest load; the node's `weight.capacity_g` if left out.")
    ] = None,
    diagnose_s: Annotated[float, _seconds(1.0, "How long the untouched plate is watched.")] = 10.0,
    capture_s: Annotated[float, _seconds(1.0, "How long each load is weighed.")] = 5.0,
    settle_s: Annotated[float, _seconds(0.0, "How long a load rests before it is weighed.")] = 2.0,
    repeats: Annotated[
        int, typer.Option(min=0, max=20, help="How often the largest load is put on again.")
    ] = 3,
    corners: Annotated[bool, typer.Option(help="Weigh in the four quarters of the plate.")] = True,
    corner_mass: Annotated[str, typer.Option(help="Load in the quarters; the smallest if left out.")] = "",
    creep_min: Annotated[
        float,
        typer.Option(parser=number_between(0.0, 240.0), metavar="MINUTES", help="Also watch a load creep."),
    ] = 0.0,
    full_scale_mv_per_v: Annotated[
        float,
        typer.Option(
            parser=number_between(0.0, 100.0),
            metavar="MV/V",
            help="Input at the converter's end; 0: no bridge converter, or unknown.",
        ),
    ] = FULL_SCALE_MV_PER_V,
    flip: Annotated[bool, typer.Option("--flip", help="Agree to turn a reversed cell round.")] = False,
    new_cell: Annotated[
        bool, typer.Option("--new-cell", help="The calibration in force is another cell's.")
    ] = False,
    hands_free: Annotated[
        bool, typer.Option("--hands-free", help="Ask nothing: watch the plate for loads.")
    ] = False,
    patience_s: Annotated[float, _seconds(1.0, "How long --hands-free waits for a load.")] = 120.0,
    accept: Annotated[
        Acceptance,
        typer.Option(
            help="ask (nobody is there with --hands-free: pass); pass: if all limits are kept; any."
        ),
    ] = Acceptance.ASK,
    diagnose_only: Annotated[
        bool, typer.Option("--diagnose-only", help="Watch the sensor and stop.")
    ] = False,
    technician: Annotated[str, typer.Option(help="Name on the certificate.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Directory of the calibration; the node's if left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as one line of JSON.")] = False,
) -> None:
    """Calibrate one plate with known masses.

    Nothing is put in force before the end: whatever is refused, aborted or loses power leaves the calibration
    in force untouched.
    """
    if simulate == (config is not None):
        raise typer.BadParameter("name the node's file, or --simulate", param_hint="--config")
    if not logging.getLogger().isEnabledFor(logging.INFO):
        # What link and broker have to say ends as this command's own sentence.
        for room in ("firmware_bridge", "edge.broker"):
            logging.getLogger(room).setLevel(logging.ERROR)
    if len(technician) > TECHNICIAN_MAX or not technician.isprintable():
        raise typer.BadParameter(
            f"expected at most {TECHNICIAN_MAX} printable letters, found {technician[:40]!a}",
            param_hint="--technician",
        )
    console = Console(stderr=as_json)
    weights = partial(parse_loads, weight_class=weight_class, tolerance_g=tolerance_g)
    loads = weights(masses)
    corner_load = _one(weights(corner_mass)) if corner_mass else loads[0]
    known_to = f"within {tolerance_g:g} g each" if tolerance_g is not None else f"class {weight_class}"
    with ExitStack() as stack:
        hand: Hand
        if config is None:
            _check_plate(plate)
            section, base_dir, hand = stack.enter_context(simulated_board(plate, settle_s))
            place = simulated_place(plate, section, base_dir, out)
        else:
            place = place_of(plate, config, out)
            hand = WatchedHand(console, settle_s, patience_s) if hands_free else Technician(console, settle_s)
        source = stack.enter_context(closing(open_source(place)))
        calibration = in_force(place, source.board_id)
        if not diagnose_only:
            refuse_unwritable(place.file_to_write(source.board_id).parent)
        plan = Plan(
            store=place.store, node=place.node, plate=plate, channel=place.channel,
            nominal_rate_hz=place.section.rate_hz, loads=loads, weights=f"{masses} g, {known_to}",
            limits=Limits(accuracy_class, e_g, capacity_g or place.capacity_g), repeats=repeats,
            corner_load=corner_load if corners else None, creep_s=60 * creep_min, diagnose_s=diagnose_s,
            capture_s=capture_s, flip=flip, full_scale_mv_per_v=full_scale_mv_per_v, technician=technician,
            in_force=None if new_cell else channel_of(calibration, place.channel),
        )  # fmt: skip
        screen = CalibrationScreen(console)
        console.print(
            f"Plate {plate}: channel {place.channel} of board {source.board_id}, {source.origin}",
            markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip
        diagnosis = watch(plan, source, screen)
        if diagnose_only:
            if as_json:
                print(msgspec.json.encode(diagnosis).decode())
            return
        run = walk(plan, source, hand, diagnosis, screen)
        certificate = certify(plan, source, run, diagnosis, utc_now())
        screen.certified(certificate)
        if hands_free and accept is Acceptance.ASK:
            accept = Acceptance.PASS
        if not _accepted(certificate, accept, hand):
            raise refuse_unaccepted(certificate)
        outcome = put_in_force(
            certificate, place.file_to_write(source.board_id), calibration, source.channels
        )
        adopted = source.adopt()
    console.print(
        f"In force: {outcome.calibration} ({adopted})\nCertificate: {outcome.page}",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    if as_json:
        print(json.dumps(_summary(certificate, outcome)))


def _check_plate(plate: str) -> None:
    """A simulated plate stands in no file that would have refused its name."""
    try:
        msgspec.convert(plate, PlateName)
    except msgspec.ValidationError:
        raise typer.BadParameter(
            f"expected gondola/shelf/plate, found {plate!r}", param_hint="PLATE"
        ) from None


def _accepted(certificate: Certificate, accept: Acceptance, hand: Hand) -> bool:
    if accept is Acceptance.ASK:
        return hand.agrees("Put it in force?")
    return accept is Acceptance.ANY or certificate.passed


def _one(loads: tuple[Load, ...]) -> Load:
    if len(loads) != 1:
        raise typer.BadParameter("expected one load", param_hint="--corner-mass")
    return loads[0]


def _summary(certificate: Certificate, outcome: Outcome) -> dict[str, Any]:
    gain, zero = certificate.fit.counts_per_gram, certificate.fit.zero_counts
    return {
        "plate": certificate.plate, "board_id": certificate.board_id, "channel": certificate.channel,
        "passed": certificate.passed, "zero_counts": certificate.after.zero_counts,
        "zero_u95_counts": zero.expanded, "counts_per_gram": certificate.after.counts_per_gram,
        "gain_u95": gain.expanded / abs(gain.value), "calibration": str(outcome.calibration),
        "certificate": str(outcome.certificate), "page": str(outcome.page), "sha256": outcome.sha256,
    }  # fmt: skip
