"""``python -m tools.vision_training``: one command from photographs to a model with its card."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console

from edge.errors import SteelyardError
from tools.vision_training.recipe import Recipe


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, measure, export; 0, or 1 when something could not be read or written."""
    options = _parser().parse_args(arguments)
    try:
        recipe = msgspec.convert({**msgspec.to_builtins(Recipe()), **dict(options.set)}, Recipe, strict=False)
    except msgspec.ValidationError as error:
        print(f"--set: {error}", file=sys.stderr)
        return 1
    try:
        import cv2  # noqa: PLC0415
        import torch  # noqa: PLC0415

        from tools.vision_training.pipeline import Pipeline  # noqa: PLC0415 (the command's help needs no torch)
    except ModuleNotFoundError as error:
        print(f"{error.name} is not installed. Run `pip install -e '.[train]'`.", file=sys.stderr)
        return 1
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    try:
        Pipeline(
            recipe=recipe, folder=options.photos, work=options.work, out=options.out, date=options.date,
            console=Console(highlight=False),
        ).run()  # fmt: skip
    except SteelyardError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.vision_training", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="<split>/<sku>/*.jpg with classes.csv")
    parser.add_argument("--out", type=Path, default=Path("models"), help="where model and card go")
    parser.add_argument(
        "--work", type=Path, default=Path("var/vision_training"),
        help="checkpoints and what is measured; a run that was cut off goes on from here",
    )  # fmt: skip
    parser.add_argument(
        "--date", default=datetime.now(UTC).date().isoformat(), help="in the name of the model"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--set", type=_setting, action="append", default=[], metavar="NAME=VALUE",
        help=f"change the recipe: {', '.join(Recipe.__struct_fields__)}",
    )  # fmt: skip
    return parser


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"found `{text}`, expected NAME=VALUE")
    return name, value


if __name__ == "__main__":
    sys.exit(main())
