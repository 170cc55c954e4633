"""Modelled noise beside recorded noise: spread, neighbours, spectrum.

python -m tools.scenarios.noise_check CASE_DIR [--plot OUT.svg]
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from edge.errors import SteelyardError
from tools.scenarios.modelled_noise import ModelledNoise
from tools.scenarios.noise import Grams, RecordedNoise

RATE_HZ = 60.0
SEED = 1
BANDS_HZ = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 24.0, 25.0, 30.1)
RESOLUTION_HZ = 0.25
"""[Hz] of the plotted spectrum."""

PLOT = (720, 300)
"""[px] width and height."""

Stretch = tuple[tuple[str, ...], Grams]


@dataclass(frozen=True, slots=True)
class Character:
    """What noise is like, over all plates of all stretches."""

    std_g: Grams  # [plate] g
    peak_g: float
    adjacent: float  # [1] mean correlation of neighbours on a shelf
    band_share: Grams  # [band] share of the power, mean over plates
    spectrum_g: Grams  # [frequency] g/sqrt(Hz), median over plates


def characterise(stretches: Sequence[Stretch]) -> Character:
    """Judge stretches of one kind."""
    shares, spectra, correlations, stds = [], [], [], []
    grid = np.arange(RESOLUTION_HZ, RATE_HZ / 2, RESOLUTION_HZ)
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
        for left, (one, other) in enumerate(itertools.pairwise(plates)):
            alive = stds[-1][left] > 0 and stds[-1][left + 1] > 0
            if alive and one.rpartition("/")[0] == other.rpartition("/")[0]:
                correlations.append(np.corrcoef(centred[:, left], centred[:, left + 1])[0, 1])
    std_g = np.concatenate(stds)
    return Character(
        std_g[std_g > 0],
        max(float(np.abs(grams).max()) for _, grams in stretches),
        float(np.mean(correlations)),
        np.concatenate(shares).mean(axis=0),
        np.median(np.concatenate(spectra), axis=0),
    )


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
            f"{each.adjacent:.2f}",
        )  # fmt: skip
        bands.add_row(name, *(f"{share:.2f}" for share in each.band_share))
    return spread, bands


def plot(found: dict[str, Character]) -> str:
    """SVG of the median spectra, log scale."""
    width, height = PLOT
    low, high = -2.0, 1.0  # log10 of g/sqrt(Hz)
    colours = {"recorded": "#1f77b4", "modelled": "#d62728"}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"'
        ' font-size="11"><rect width="100%" height="100%" fill="white"/>'
    ]
    for hz in range(0, 31, 5):
        x = 40 + (width - 65) * hz / 30
        parts.append(f'<line x1="{x:.0f}" y1="10" x2="{x:.0f}" y2="{height - 25}" stroke="#ddd"/>')
        parts.append(f'<text x="{x:.0f}" y="{height - 10}" text-anchor="middle">{hz} Hz</text>')
    for decade in range(int(low), int(high) + 1):
        y = 10 + (height - 35) * (high - decade) / (high - low)
        parts.append(f'<line x1="40" y1="{y:.0f}" x2="{width - 10}" y2="{y:.0f}" stroke="#ddd"/>')
        parts.append(f'<text x="36" y="{y + 4:.0f}" text-anchor="end">{10.0**decade:g}</text>')
    for row, (name, each) in enumerate(found.items()):
        source, _, kind = name.partition(", ")
        dash = ' stroke-dasharray="4 3"' if kind == "quiet" else ""
        points = []
        for index, level in enumerate(np.log10(np.maximum(each.spectrum_g, 1e-9)).clip(low, high)):
            x = 40 + (width - 65) * (index + 1) * RESOLUTION_HZ / 30
            points.append(f"{x:.1f},{10 + (height - 35) * (high - level) / (high - low):.1f}")
        style = f'fill="none" stroke="{colours[source]}"{dash}'
        parts.append(f'<polyline {style} points="{" ".join(points)}"/>')
        parts.append(f'<line x1="560" x2="590" y1="{24 + 15 * row}" y2="{24 + 15 * row}" {style}/>')
        parts.append(f'<text x="596" y="{28 + 15 * row}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; write the plot where asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("case", type=Path, help="nanostore case with marked quiet and walking stretches")
    parser.add_argument("--plot", type=Path, metavar="OUT.svg", help="draw the median spectra")
    options = parser.parse_args(arguments)
    try:
        found = compare(RecordedNoise.of_case(options.case))
    except SteelyardError as error:
        print(error, file=sys.stderr)
        return 1
    console = Console(width=130, highlight=False)
    for table in tables(found):
        console.print(table)
    if options.plot:
        options.plot.write_text(plot(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
