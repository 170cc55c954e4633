"""Changes of a gallery: pictures come in or are withdrawn; whatever cannot be used costs only itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from edge.errors import GalleryError, SteelyardError
from edge.vision.embedding import CropEmbedder
from edge.vision.gallery.findings import Finding, Pictures, examine
from edge.vision.gallery.record import EnrolledPicture, GalleryVersion, Origin, check_sku, with_pictures
from edge.vision.gallery.store import GalleryStore, gallery_of
from edge.vision.picture import LARGEST_BYTES, decode_picture, read_picture

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
"""What is taken for a picture in a folder; a file that is named is tried whatever it is called."""


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A picture that shall be enrolled."""

    sku: str
    source: str
    content: bytes  # the encoded file
    origin: Origin = Origin.ENROLLED
    event: str = ""


@dataclass(slots=True)
class Outcome:
    """What became of a change."""

    version: GalleryVersion
    added: list[EnrolledPicture] = field(default_factory=list)
    known: list[str] = field(default_factory=list)  # sources that were enrolled for this SKU before
    refused: list[SteelyardError] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()  # about SKUs that got pictures


def enrol(
    store: GalleryStore,
    pictures: Iterable[NewPicture | SteelyardError],
    embedder: CropEmbedder,
    *,
    by: str,
    at: str,
    why: str = "enrolled",
) -> Outcome:
    """Add pictures, in one version. What is refused is listed and costs nothing else.

    Args:
        store: the gallery.
        pictures: one at a time, so that thousands need no memory; or why one could not be read.
        embedder: the model.
        by: who enrols.
        at: [UTC, ISO 8601] when.
        why: a word for the history.

    Raises:
        GalleryError: the gallery cannot be used, or would hold too much; it is left as it is.
        StorageError: it cannot be written; it is left as it is.
    """
    with store.writing() as before:
        outcome = Outcome(before)
        owners = {picture.sha256: picture.sku for picture in before.pictures}
        for picture in pictures:
            if isinstance(picture, SteelyardError):
                outcome.refused.append(picture)
                continue
            try:
                sha256 = hashlib.sha256(picture.content).hexdigest()
                owner = owners.get(sha256)
                if owner == check_sku(picture.sku):
                    outcome.known.append(picture.source)
                    continue
                if owner is not None:
                    raise _of_another(picture, owner)
                crop = decode_picture(picture.content, source=picture.source)
            except SteelyardError as error:
                outcome.refused.append(error)
                continue
            (vector,) = embedder.embed([crop])
            store.keep_vector(embedder.model_sha256, store.keep_picture(picture.content), vector)
            owners[sha256] = picture.sku
            outcome.added.append(_record(picture, sha256, embedder, by=by, at=at))
        if outcome.added:
            after = with_pictures(before, tuple(outcome.added))
            outcome.version = _commit(store, before, after, embedder, by=by, at=at, why=why, into=outcome)
        return outcome


def withdraw(
    store: GalleryStore, chosen: Sequence[EnrolledPicture], embedder: CropEmbedder, *, by: str, at: str
) -> Outcome:
    """Take pictures out again, in one version."""
    with store.writing() as before:
        gone = set(chosen)
        after = tuple(picture for picture in before.pictures if picture not in gone)
        outcome = Outcome(before)
        outcome.version = _commit(store, before, after, embedder, by=by, at=at, why="withdrawn", into=outcome)
        return outcome


def _record(picture: NewPicture, sha256: str, embedder: CropEmbedder, *, by: str, at: str) -> EnrolledPicture:
    return EnrolledPicture(
        sku=picture.sku, sha256=sha256, source=picture.source, at=at, by=by,
        model_sha256=embedder.model_sha256, origin=picture.origin, event=picture.event,
    )  # fmt: skip


def _commit(
    store: GalleryStore,
    before: GalleryVersion,
    pictures: tuple[EnrolledPicture, ...],
    embedder: CropEmbedder,
    *,
    by: str,
    at: str,
    why: str,
    into: Outcome,
) -> GalleryVersion:
    """Calibrate and examine the pictures, and put them in force."""
    vectors, lost = store.vectors(pictures, embedder)
    into.refused.extend(lost)
    version = GalleryVersion(
        version=0, parent=before.version, at=at, by=by, why=why, model_sha256="", pictures=pictures
    )
    calibration = gallery_of(version, vectors, embedder.model_sha256).calibration if pictures else None
    touched = {picture.sku for picture in into.added}
    whole = np.flatnonzero(np.any(vectors != 0.0, axis=1))
    shown = [pictures[row] for row in whole]
    found = examine(Pictures([each.sku for each in shown], [each.source for each in shown], vectors[whole]))
    into.findings = tuple(finding for finding in found if touched.intersection(finding.skus))
    return store.commit(
        msgspec.structs.replace(version, model_sha256=embedder.model_sha256, calibration=calibration)
    )


def files_of(paths: Iterable[Path]) -> Iterator[Path | SteelyardError]:
    """Pictures that are named, and those in folders that are; an empty folder is an error."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(each for each in path.iterdir() if _is_picture(each))
        if not found:
            yield GalleryError(
                "no pictures in this folder", where=str(path), expected=", ".join(PICTURE_SUFFIXES),
                fix="Name the pictures, or a folder that holds some.",
            )  # fmt: skip
        yield from found


def tree_of(tree: Path) -> Iterator[tuple[str, Path | SteelyardError]]:
    """(SKU, picture) of a folder tree with a folder a SKU.

    Raises:
        GalleryError: no such tree.
    """
    if not tree.is_dir():
        raise GalleryError("no such folder", where=str(tree), fix="Name a folder with one folder a SKU.")
    folders = sorted(each for each in tree.iterdir() if each.is_dir() and not each.name.startswith("."))
    if not folders:
        raise GalleryError(
            "no folders in this folder", where=str(tree), expected="one folder of pictures a SKU",
            fix="Put each SKU's pictures into a folder of its name.",
        )  # fmt: skip
    for folder in folders:
        for file in files_of([folder]):
            yield folder.name, file


def read_new(sku: str, file: Path | SteelyardError) -> NewPicture | SteelyardError:
    """A picture's file, or why it cannot be enrolled."""
    if isinstance(file, SteelyardError):
        return file
    try:
        check_sku(sku)
        if file.is_file() and file.stat().st_size > LARGEST_BYTES:
            read_picture(file)  # says so, and reads nothing
        return NewPicture(sku, str(file), file.read_bytes())
    except SteelyardError as error:
        return error
    except OSError as error:
        return GalleryError("cannot read the picture", where=str(file), found=error.strerror or str(error))


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in PICTURE_SUFFIXES and not file.name.startswith(".")


def _of_another(picture: NewPicture, owner: str) -> GalleryError:
    return GalleryError(
        "one picture for two SKUs", where=picture.source, found=f"enrolled for {owner} already",
        expected=f"a picture of {picture.sku} alone",
        fix=f"Take one of each, or withdraw it from {owner} first (--sku {owner} --withdraw).",
    )  # fmt: skip
