"""A gallery on disk: pictures, their vectors, and versions; one file says which version is in force.

::

    current.json              {"version": 7, "sha256": ...}: replaced in one instant
    versions/7.json           what is enrolled, with the provenance of every picture
    pictures/<sha256>         the files as they came
    vectors/<model>/<sha256>  float32, little-endian: what a model makes of a picture

Everything that a version names is on disk before ``current.json`` names the version. So whoever reads, and
whatever fails meanwhile, finds a whole gallery: the old or the new one. Vectors are derived: those of another
model are never looked at, and missing or damaged ones are made again from the pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from edge.durable_file import one_writer, write_atomically
from edge.errors import GalleryError, SteelyardError, StorageError
from edge.vision.embedding import CropEmbedder
from edge.vision.gallery.gallery import Gallery, grouped
from edge.vision.gallery.metric import Vectors
from edge.vision.gallery.record import EMPTY, EnrolledPicture, GalleryVersion
from edge.vision.picture import decode_picture

VERSIONS_KEPT = 50
"""Older ones, and the pictures that only they name, are dropped: nobody takes back so much."""

UNIT_ERROR = 1e-3
"""[1] by which a kept vector's length may differ from 1."""


class Current(msgspec.Struct, frozen=True):
    """Which version is in force."""

    version: int
    sha256: str  # of its file


class GalleryStore:
    """One gallery's folder. Reading needs no lock; writing happens inside ``writing()``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def exists(self) -> bool:
        """Whether anything was ever enrolled here."""
        return (self.folder / "current.json").exists() or (self.folder / "versions").exists()

    def read(self) -> GalleryVersion:
        """The version in force; the empty one where nothing was enrolled yet.

        Raises:
            GalleryError: not a gallery, or damaged.
        """
        self._refuse_file()
        try:
            content = (self.folder / "current.json").read_bytes()
        except FileNotFoundError:
            if (self.folder / "versions").exists():
                raise self._damaged("no file current.json") from None
            return EMPTY
        except OSError as error:
            raise self._damaged(f"current.json: {error.strerror or error}") from error
        try:
            current = msgspec.json.decode(content, type=Current)
        except msgspec.DecodeError as error:
            raise self._damaged(f"current.json: {error}") from error
        return self._version(current.version, current.sha256)

    @contextmanager
    def writing(self) -> Iterator[GalleryVersion]:
        """Keep other writers out while inside; gives the version in force.

        Raises:
            GalleryError: as :meth:`read`.
            StorageError: the folder cannot be made or locked.
        """
        self._refuse_file()
        with one_writer(self.folder):  # before another's first version is in force, it is half there
            yield self.read()

    def _refuse_file(self) -> None:
        if self.folder.exists() and not self.folder.is_dir():
            raise GalleryError("not a folder", where=str(self.folder), fix="Name a folder for the gallery.")

    def keep_picture(self, content: bytes) -> str:
        """Keep a picture's file; gives its sha256. It belongs to nothing until a version names it."""
        sha256 = hashlib.sha256(content).hexdigest()
        file = self._picture(sha256)
        if not file.exists() or hashlib.sha256(file.read_bytes()).hexdigest() != sha256:
            write_atomically(file, content)
        return sha256

    def keep_vector(self, model_sha256: str, sha256: str, vector: NDArray[np.float32]) -> None:
        """Keep what a model makes of a picture."""
        write_atomically(self._vector(model_sha256, sha256), vector.astype("<f4").tobytes())

    def commit(self, version: GalleryVersion) -> GalleryVersion:
        """Put a version in force, numbered after all others. Call it inside ``writing()``."""
        numbered = msgspec.structs.replace(version, version=max([0, *self._numbers()]) + 1)
        content = msgspec.json.format(msgspec.json.encode(numbered), indent=1)
        if numbered.version == 1:  # should the power fail before the first is in force, nothing is enrolled
            self._switch(0, b"")
        write_atomically(self._manifest(numbered.version), content)
        self._switch(numbered.version, content)
        self._prune(numbered.version)
        return numbered

    def undo(self) -> GalleryVersion:
        """Go back to the version before; from a damaged one, to the newest whole one.

        Raises:
            GalleryError: there is none before.
        """
        with one_writer(self.folder):
            try:
                version = self.read()
                targets = [version.parent] if version.version else []
            except GalleryError:
                targets = sorted(self._numbers(), reverse=True)
            for number in targets:
                if number == 0:
                    self._switch(0, b"")
                    return EMPTY
                try:
                    before = self._version(number)
                except GalleryError:
                    continue
                self._switch(number, self._manifest(number).read_bytes())
                return before
        raise GalleryError(
            "nothing to undo", where=str(self.folder), fix="Enrol pictures first: `steelyard enroll`."
        )

    def vectors(
        self, pictures: tuple[EnrolledPicture, ...], embedder: CropEmbedder
    ) -> tuple[Vectors, list[SteelyardError]]:
        """Vectors (n, size) of pictures, one that is all zero where a picture is lost; and what was lost.

        Those that this model has not made yet, or that are damaged, are made again from the pictures.
        """
        vectors = np.zeros((len(pictures), embedder.size), np.float32)
        lost: list[SteelyardError] = []
        for row, picture in enumerate(pictures):
            kept = self._kept_vector(embedder, picture.sha256)
            if kept is None:
                try:
                    kept = self._made_again(embedder, picture)
                except SteelyardError as error:
                    lost.append(error)
                    continue
            vectors[row] = kept
        return vectors, lost

    def load(self, embedder: CropEmbedder) -> tuple[Gallery, list[SteelyardError]]:
        """The gallery in force, for vectors of this embedder; and which pictures of it are lost.

        Raises:
            GalleryError: not a gallery, or damaged.
        """
        version = self.read()
        vectors, lost = self.vectors(version.pictures, embedder)
        return gallery_of(version, vectors, embedder.model_sha256), lost

    def _version(self, number: int, sha256: str = "") -> GalleryVersion:
        if number == 0:
            return EMPTY
        file = self._manifest(number)
        try:
            content = file.read_bytes()
            if sha256 and hashlib.sha256(content).hexdigest() != sha256:
                raise self._damaged(f"{file.name} is not what was written")
            return msgspec.json.decode(content, type=GalleryVersion)
        except (OSError, msgspec.DecodeError) as error:
            raise self._damaged(f"{file.name}: {error}") from error

    def _switch(self, number: int, content: bytes) -> None:
        current = Current(number, hashlib.sha256(content).hexdigest())
        write_atomically(self.folder / "current.json", msgspec.json.encode(current))

    def _prune(self, newest: int) -> None:
        """Drop what no kept version names. A file that cannot be removed is dropped the next time."""
        numbers = self._numbers()
        dropped = [number for number in numbers if number <= newest - VERSIONS_KEPT]
        if not dropped:
            return
        kept = [self._version(number) for number in numbers if number not in dropped]
        named = {picture.sha256 for version in kept for picture in version.pictures}
        for file in (*self.folder.glob("pictures/*"), *self.folder.glob("vectors/*/*")):
            if file.name not in named and not file.name.startswith("."):
                file.unlink(missing_ok=True)
        for number in dropped:
            self._manifest(number).unlink(missing_ok=True)

    def _kept_vector(self, embedder: CropEmbedder, sha256: str) -> Vectors | None:
        """``None`` where there is none, or none that can be trusted."""
        try:
            vector = np.frombuffer(self._vector(embedder.model_sha256, sha256).read_bytes(), "<f4")
        except (OSError, ValueError):
            return None
        length = float(np.linalg.norm(vector))
        is_whole = vector.shape == (embedder.size,) and abs(length - 1.0) < UNIT_ERROR
        return vector.astype(np.float32) if is_whole else None

    def _made_again(self, embedder: CropEmbedder, picture: EnrolledPicture) -> Vectors:
        """From the picture, and kept if the folder can be written.

        Raises:
            GalleryError: the picture is gone or altered.
        """
        file = self._picture(picture.sha256)
        try:
            content = file.read_bytes()
        except OSError as error:
            raise self._lost(picture, error.strerror or str(error)) from error
        if hashlib.sha256(content).hexdigest() != picture.sha256:
            raise self._lost(picture, "altered")
        (vector,) = embedder.embed([decode_picture(content, source=picture.source)])
        with suppress(StorageError):  # who may read and not write makes it again the next time
            self.keep_vector(embedder.model_sha256, picture.sha256, vector)
        return np.asarray(vector, np.float32)

    def _lost(self, picture: EnrolledPicture, found: str) -> GalleryError:
        return GalleryError(
            f"a picture of {picture.sku} is lost", where=str(self._picture(picture.sha256)), found=found,
            fix=f"Enrol {picture.source} again, or withdraw it.",
        )  # fmt: skip

    def _damaged(self, found: str) -> GalleryError:
        return GalleryError(
            "not a gallery, or damaged", where=str(self.folder), found=found,
            fix="`steelyard enroll --gallery DIR --undo` goes back to the newest version that is whole.",
        )  # fmt: skip

    def _numbers(self) -> list[int]:
        stems = [file.stem for file in self.folder.glob("versions/*.json")]
        return sorted(int(stem) for stem in stems if stem.isdecimal())

    def _manifest(self, number: int) -> Path:
        return self.folder / "versions" / f"{number}.json"

    def _picture(self, sha256: str) -> Path:
        return self.folder / "pictures" / sha256

    def _vector(self, model_sha256: str, sha256: str) -> Path:
        return self.folder / "vectors" / model_sha256 / sha256


def gallery_of(version: GalleryVersion, vectors: Vectors, model_sha256: str) -> Gallery:
    """A version at work; the calibration of another model is made again.

    Args:
        version: what is enrolled.
        vectors: (n, size) of its pictures; rows of zeros are left out.
        model_sha256: of the model that made them.
    """
    usable = np.flatnonzero(np.any(vectors != 0.0, axis=1))
    skus = [version.pictures[row].sku for row in usable]
    pictures: Mapping[str, Vectors] = grouped(skus, vectors[usable])
    is_calibrated = version.model_sha256 == model_sha256 and len(usable) == len(vectors)
    return Gallery.of(pictures, model_sha256, version.calibration if is_calibrated else None)
