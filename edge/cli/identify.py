"""``steelyard identify``: which enrolled product a picture shows, or that it shows none of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from edge.errors import GalleryError, SteelyardError
from edge.vision.embedder import load_embedder
from edge.vision.gallery.enrolment import files_of
from edge.vision.gallery.gallery import UNKNOWN_PRIOR, Gallery
from edge.vision.gallery.store import GalleryStore
from edge.vision.picture import read_picture

SHOWN = 3
"""SKUs on a line for people."""


def identify(
    *,
    gallery: Annotated[Path, typer.Option(help="Folder of the gallery.")],
    images: Annotated[list[Path], typer.Argument(help="Pictures, or folders of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON a picture.")] = False,
    among: Annotated[
        list[str] | None, typer.Option(help="A SKU that it may be, or several; all when left out.")
    ] = None,
    unknown_prior: Annotated[
        float, typer.Option(min=1e-6, max=0.999, help="How many of your pictures show nothing enrolled.")
    ] = UNKNOWN_PRIOR,
    model: Annotated[Path | None, typer.Option(help="Card of a model; the shipped one if left out.")] = None,
) -> None:
    """Say what pictures show, one line each. Exit code 1 if a picture could not be read."""
    store = GalleryStore(gallery)
    if not store.exists:
        raise GalleryError(
            "no gallery here",
            where=str(gallery),
            fix=f"Enrol products: `steelyard enroll --gallery {gallery}`.",
        )
    embedder = load_embedder(model)
    enrolled, faults = store.load(embedder)
    for fault in faults:
        _complain(fault)
    _check_among(among or [], enrolled, gallery)
    for file in files_of(images):
        try:
            if not isinstance(file, Path):
                raise file
            (sighting,) = enrolled.likelihoods(embedder.embed([read_picture(file)]))
        except SteelyardError as error:
            _complain(error)
            faults.append(error)
            continue
        candidates, unknown = sighting.posterior(unknown_prior, among)
        print(_plain(file, candidates, unknown) if as_json else _told(file, candidates, unknown))
    if faults:
        raise typer.Exit(1)


def _check_among(among: list[str], enrolled: Gallery, folder: Path) -> None:
    missing = [sku for sku in among if sku not in enrolled.skus]
    if missing:
        raise GalleryError(
            "not enrolled", where=str(folder), found=", ".join(missing), fix="Enrol it, or leave it out."
        )


def _plain(file: Path, candidates: dict[str, float], unknown: float) -> str:
    rows = [{"sku": sku, "probability": probability} for sku, probability in candidates.items()]
    return json.dumps({"image": str(file), "candidates": rows, "unknown_probability": unknown})


def _told(file: Path, candidates: dict[str, float], unknown: float) -> str:
    rows = [*list(candidates.items())[:SHOWN], ("nothing enrolled", unknown)]
    rows.sort(key=lambda row: -row[1])
    words = [f"{name} {probability:.0%}" for name, probability in rows if probability >= 0.005]
    return f"{file}: {', '.join(words)}"


def _complain(error: SteelyardError) -> None:
    print(f"steelyard: {error}", file=sys.stderr)
