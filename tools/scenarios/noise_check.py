"""Modelled noise beside recorded noise: spread, neighbours, spectrum.

python -m tools.scenarios.noise_check CASE_DIR [--plots DIRECTORY]
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from edge.errors import SteelyardError
from edge.planogram import shelf_of
from tools.scenarios.line_chart import Axis, Line, line_chart
from tools.scenarios.modelled_noise import ModelledNoise
from tools.scenarios.noise import Grams, RecordedNoise

RATE_HZ = 60.0
SEED = 1
BANDS_HZ = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 24.0, 25.0, 30.1)
RESOLUTION_HZ = 0.25
"""[Hz] of the plotted spectrum."""

DISTANCES = (1, 2, 3, 4, 6, 8)
"""[plates] between two plates of a shelf."""

PERCENT = (0, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98, 100)
COLOURS = {"recorded": "#1f77b4", "modelled": "#d62728"}

Stretch = tuple[tuple[str, ...], Grams]


@dataclass(frozen=True, slots=True)
class Character:
    """What noise is like, over all plates of all stretches."""

    std_g: Grams  # [plate] g
    peak_g: float
    correlation: Grams  # [distance] mean correlation of plates on a shelf that are so far apart
    band_share: Grams  # [band] share of the power, mean over plates
    spectrum_g: Grams  # [frequency] g/sqrt(Hz), median over plates


def characterise(stretches: Sequence[Stretch]) -> Character:
    """Judge stretches of one kind."""
    shares, spectra, stds = [], [], []
    correlations: list[list[float]] = [[] for _ in DISTANCES]
    grid = spectrum_hz()
    for plates, grams in stretches:
        centred = grams - grams.mean(axis=0)
        stds.append(centred.std(axis=0))
        hz = np.fft.rfftfreq(len(centred), 1 / RATE_HZ)
        window = np.hanning(len(centred))[:, None]
        power = 2 * np.abs(np.fft.rfft(centred * window, axis=0)) ** 2 / (RATE_HZ * (window**2).sum())
        total = np.maximum(power[1:].sum(axis=0), 1e-12)
        cuts = np.searchsorted(hz[1:], BANDS_HZ)
        shares.append(np.array([power[1:][a:b].sum(axis=0) / total for a, b in itertools.pairwise(cuts)]).T)
        spectra.append(np.array([np.interp(grid, hz, np.sqrt(column)) for column in power.T]))
        for distance, pairs in zip(DISTANCES, correlations, strict=True):
            pairs.extend(_correlations(plates, centred, distance))
    std_g = np.concatenate(stds)
    return Character(
        std_g[std_g > 0],
        max(float(np.abs(grams).max()) for _, grams in stretches),
        np.array([np.mean(pairs) if pairs else np.nan for pairs in correlations]),
        np.concatenate(shares).mean(axis=0),
        np.median(np.concatenate(spectra), axis=0),
    )


def spectrum_hz() -> Grams:
    """[frequency] Hz at which spectra are given."""
    return np.arange(RESOLUTION_HZ, RATE_HZ / 2, RESOLUTION_HZ)


def _correlations(plates: tuple[str, ...], centred: Grams, distance: int) -> list[float]:
    """Correlations of all pairs of live plates of a shelf that are so far apart."""
    alive = centred.std(axis=0) > 0
    return [
        float(np.corrcoef(centred[:, one], centred[:, one + distance])[0, 1])
        for one in range(len(plates) - distance)
        if alive[one] and alive[one + distance] and shelf_of(plates[one]) == shelf_of(plates[one + distance])
    ]


def compare(recorded: RecordedNoise) -> dict[str, Character]:
    """The recording's stretches, and modelled ones of the same plates and lengths."""
    rng = np.random.default_rng(SEED)
    modelled = ModelledNoise(RATE_HZ)
    found: dict[str, Character] = {}
    for name, walking in (("quiet", False), ("walking", True)):
        real = [
            (gondola, *each) for gondola, pool in recorded.stretches(walking=walking).items() for each in pool
        ]
        found[f"recorded, {name}"] = characterise([(plates, grams) for _, plates, grams in real])
        found[f"modelled, {name}"] = characterise(
            [
                (plates, modelled.grams(gondola, plates, np.full(len(grams), walking), rng))
                for gondola, plates, grams in real
            ]
        )
    return found


def tables(found: dict[str, Character]) -> tuple[Table, Table]:
    """Spread and neighbours; share of the power by band."""
    spread = Table(box=box.MARKDOWN)
    bands = Table(box=box.MARKDOWN)
    for name in ("noise", "std min g", "median", "p95", "max", "peak g", "adjacent r"):
        spread.add_column(name, justify="right")
    edges = [f"{a:g}-{b:g} Hz" for a, b in zip(BANDS_HZ, (*BANDS_HZ[1:-1], 30.0), strict=False)]
    for name in ("share of the power", *edges):
        bands.add_column(name, justify="right")
    for name, each in found.items():
        low, median, high, top = np.percentile(each.std_g, (0, 50, 95, 100))
        spread.add_row(
            name, f"{low:.2f}", f"{median:.2f}", f"{high:.1f}", f"{top:.1f}", f"{each.peak_g:.0f}",
            f"{each.correlation[0]:.2f}",
        )  # fmt: skip
        bands.add_row(name, *(f"{share:.2f}" for share in each.band_share))
    return spread, bands


def plots(found: Mapping[str, Character]) -> dict[str, str]:
    """SVG by file name: spectra, spread of the plates, correlation by distance."""

    def lines(x: Sequence[float], y_of: Callable[[Character], Grams]) -> list[Line]:
        return [
            Line(name, x, y_of(each).tolist(), COLOURS[name.partition(",")[0]], dashed=name.endswith("quiet"))
            for name, each in found.items()
        ]

    return {
        "noise-spectrum.svg": line_chart(
            lines(spectrum_hz().tolist(), lambda each: each.spectrum_g),
            Axis((0, 5, 10, 15, 20, 25, 30), " Hz"),
            Axis((0.01, 0.1, 1, 10), log=True),
        ),
        "noise-spread.svg": line_chart(
            lines(PERCENT, lambda each: np.percentile(each.std_g, PERCENT)),
            Axis((0, 25, 50, 75, 100), " %"),
            Axis((0.1, 1, 10, 100), " g", log=True),
        ),
        "noise-correlation.svg": line_chart(
            lines(DISTANCES, lambda each: each.correlation),
            Axis((1, 2, 4, 6, 8)),
            Axis((-0.2, 0, 0.2, 0.4, 0.6)),
        ),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; write the plot where asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("case", type=Path, help="nanostore case with marked quiet and walking stretches")
    parser.add_argument("--plots", type=Path, metavar="DIRECTORY", help="also draw both, into this directory")
    options = parser.parse_args(arguments)
    try:
        found = compare(RecordedNoise.of_case(options.case))
    except SteelyardError as error:
        print(error, file=sys.stderr)
        return 1
    console = Console(width=130, highlight=False)
    for table in tables(found):
        console.print(table)
    if options.plots:
        for name, svg in plots(found).items():
            (options.plots / name).write_text(svg, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
