"""``python -m tools.vision_training.measure``: how good a model is on the SKUs of a folder of photographs.

The folder is laid out like that of the training. With ``--unseen`` only those SKUs count that the card says
were held out; a model has to be measured on what it has not seen. ``--save`` keeps the vectors, for whoever
fits probabilities on them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.errors import SteelyardError
from edge.vision.embedder import load_embedder
from tools.vision_training.photos import read_classes, read_photos
from tools.vision_training.protocol import embed_photos, measure

SHORT_SIDE_PX = 384
"""Pictures are read this large: more than any model's input."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line a figure; 0, or 1 when something could not be read."""
    parser = argparse.ArgumentParser(prog="python -m tools.vision_training.measure", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="<split>/<sku>/*.jpg with classes.csv")
    parser.add_argument("--card", type=Path, help="of the model; otherwise the one that ships")
    parser.add_argument(
        "--unseen", action="store_true", help="only the SKUs that the card says were held out"
    )
    parser.add_argument("--save", type=Path, help="write vectors, SKUs and splits to this .npz file")
    options = parser.parse_args(arguments)
    try:
        embedder = load_embedder(options.card)
        skus = {each.sku for each in read_classes(options.photos)}
        if options.unseen:
            skus &= set(embedder.card.evaluation.held_out)
        embedded = embed_photos(embedder, read_photos(options.photos, skus, short_side_px=SHORT_SIDE_PX))
        if options.save:
            embedded.save(options.save)
        for name, (value, (low, high)) in measure(embedded).items():
            print(f"{name:52} {value:.3f}   95 %: {low:.3f} to {high:.3f}")
    except SteelyardError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
