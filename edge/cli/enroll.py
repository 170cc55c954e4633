"""``steelyard enroll``: what products look like, from a few pictures of each."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from edge.errors import GalleryError, SteelyardError
from edge.vision.embedder import load_embedder
from edge.vision.gallery.enrolment import (
    NewPicture,
    Outcome,
    enrol,
    files_of,
    read_new,
    tree_of,
    withdraw,
)
from edge.vision.gallery.record import EnrolledPicture, GalleryVersion, check_sku
from edge.vision.gallery.self_labelling import forget
from edge.vision.gallery.store import GalleryStore


def enroll(
    *,
    gallery: Annotated[Path, typer.Option(help="Folder of the gallery; made if there is none.")],
    images: Annotated[list[Path] | None, typer.Argument(help="Pictures, or folders of them.")] = None,
    sku: Annotated[str | None, typer.Option(help="The product that the pictures show.")] = None,
    tree: Annotated[Path | None, typer.Option("--from", help="Folder with one folder a SKU.")] = None,
    take_out: Annotated[
        bool, typer.Option("--withdraw", help="Take these pictures of the SKU, or all, out again.")
    ] = False,
    forget_labels: Annotated[
        bool, typer.Option("--forget-self-labelled", help="Take all pictures out that weight has labelled.")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Go back to the version before.")] = False,
    by: Annotated[str | None, typer.Option(help="Who enrols; the user's name when left out.")] = None,
    model: Annotated[Path | None, typer.Option(help="Card of a model; the shipped one if left out.")] = None,
) -> None:
    """Enrol products from pictures, without training. Exit code 1 if a picture could not be used."""
    store, named = GalleryStore(gallery), images or []
    _check_arguments(named, sku, tree, take_out=take_out, undo=undo, forget_labels=forget_labels)
    if undo:
        version = store.undo()
        print(f"{gallery}: back at version {version.version}, {_contents(version)}")
        return
    embedder = load_embedder(model)
    who, at = by or _user(), datetime.now(UTC).isoformat(timespec="seconds")
    if forget_labels:
        outcome = forget(store, embedder, by=who, at=at)
    elif take_out and sku is not None:
        chosen = _chosen(store, sku, named)
        outcome = withdraw(store, chosen, embedder, by=who, at=at)
        print(f"{sku}: {_count(chosen)} withdrawn")
    else:
        outcome = enrol(store, _new(named, sku, tree), embedder, by=who, at=at)
    _tell(outcome, gallery)
    if outcome.refused:
        raise typer.Exit(1)


def _check_arguments(
    images: list[Path], sku: str | None, tree: Path | None, *, take_out: bool, undo: bool, forget_labels: bool
) -> None:
    """Refuse what contradicts itself.

    Raises:
        GalleryError: no pictures, or no SKU for them.
    """
    for name, is_set in (("--undo", undo), ("--forget-self-labelled", forget_labels)):
        if is_set and (images or sku or tree or take_out or undo is forget_labels):
            raise GalleryError(f"{name} stands alone", fix=f"Do {name} first, then the rest.")
    if tree is not None and (images or sku or take_out):
        raise GalleryError("--from stands alone", fix="The folders of the tree name the SKUs.")
    if undo or forget_labels or tree is not None:
        return
    if sku is None:
        raise GalleryError("no SKU is named", fix="Say which product it is: --sku SKU IMAGE...")
    check_sku(sku)
    if not images and not take_out:
        raise GalleryError("no pictures are named", fix="Name 1 to 20 pictures of the product, or a folder.")


def _new(images: list[Path], sku: str | None, tree: Path | None) -> Iterator[NewPicture | SteelyardError]:
    if tree is not None:
        for name, file in tree_of(tree):
            yield read_new(name, file)
    else:
        for file in files_of(images):
            yield read_new(sku or "", file)


def _chosen(store: GalleryStore, sku: str, images: list[Path]) -> list[EnrolledPicture]:
    """Those of a SKU's pictures that are named by their source.

    Raises:
        GalleryError: there are none.
    """
    sources = {str(image) for image in images}
    of_sku = store.read().of_sku(sku)
    chosen = [picture for picture in of_sku if not sources or picture.source in sources]
    if not chosen:
        raise GalleryError(
            "no such picture is enrolled", where=str(store.folder), found=f"{_count(of_sku)} of {sku}",
            fix="Name it as it was when it was enrolled.",
        )  # fmt: skip
    return chosen


def _tell(outcome: Outcome, gallery: Path) -> None:
    by_sku: dict[str, int] = {}
    for picture in outcome.added:
        by_sku[picture.sku] = by_sku.get(picture.sku, 0) + 1
    for sku, count in by_sku.items():
        total = len(outcome.version.of_sku(sku))
        print(f"{sku}: {count} enrolled" + (f", {total} in all" if total > count else ""))
    if outcome.known:
        print(f"{len(outcome.known)} enrolled before, left as they are")
    for finding in outcome.findings:
        print(f"look: {finding}")
    for error in outcome.refused:
        print(f"steelyard: {error}", file=sys.stderr)
    print(f"{gallery}: version {outcome.version.version}, {_contents(outcome.version)}")


def _contents(version: GalleryVersion) -> str:
    skus = len({picture.sku for picture in version.pictures})
    return f"{_count(version.pictures)} of {skus} SKU{'' if skus == 1 else 's'}"


def _count(pictures: tuple[EnrolledPicture, ...] | list[EnrolledPicture]) -> str:
    return f"{len(pictures)} picture{'' if len(pictures) == 1 else 's'}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without names
        return "unknown"
