"""``python -m tools.packaging.contact_sheet sheet.png``: rendered crops side by side, for one's own eyes."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from tools.packaging.crop import render_crop
from tools.packaging.designs import design


def main() -> None:
    """One row of crops per design."""
    parser = argparse.ArgumentParser(prog="contact_sheet", description=__doc__)
    parser.add_argument("sheet", type=Path, help="PNG file to write")
    parser.add_argument("--first", type=int, default=0, help="seed of the first design")
    parser.add_argument("--designs", type=int, default=8)
    parser.add_argument("--step", type=int, default=1, help="4: one of each family")
    parser.add_argument("--crops", type=int, default=8, help="of each design")
    parser.add_argument("--size", type=int, default=160, help="[px] of a crop")
    options = parser.parse_args()
    rows = []
    for seed in range(options.first, options.first + options.designs * options.step, options.step):
        rng = np.random.default_rng([23, seed])
        rows.append(np.hstack([render_crop(design(seed), rng, options.size) for _ in range(options.crops)]))
    cv2.imwrite(str(options.sheet), np.vstack(rows)[..., ::-1])


if __name__ == "__main__":
    main()
