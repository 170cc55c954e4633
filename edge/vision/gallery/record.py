"""What a gallery keeps of every picture and of every version of itself."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

import msgspec

from edge.errors import GalleryError
from edge.vision.gallery.calibration import Calibration

PICTURES_PER_SKU_MAX = 200
"""Twenty are plenty; two hundred are a day's photographs of one product, and not a mistake yet."""

SKUS_MAX = 5000

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]

_SKU = re.compile(r"[^\s/\\.\x00-\x1f\x7f][^/\\\x00-\x1f\x7f]{0,63}\Z")


class Origin(StrEnum):
    """Who said what a picture shows."""

    ENROLLED = "enrolled"  # a person
    SELF_LABELLED = "self-labelled"  # the weight of an event


class EnrolledPicture(msgspec.Struct, frozen=True, kw_only=True):
    """One picture and where it is from."""

    sku: str
    sha256: Sha256  # of the file, under which it is kept
    source: str  # path or address it was taken from
    at: str  # [UTC, ISO 8601] when it was enrolled
    by: str  # who did it
    model_sha256: Sha256  # that first saw it
    origin: Origin = Origin.ENROLLED
    event: str = ""  # identity of the event that labelled it


class GalleryVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of a gallery at one time; ``version`` 0 is the empty one."""

    version: int
    parent: int  # that it was made from, and that an undo goes back to
    at: str  # [UTC, ISO 8601]
    by: str
    why: str
    model_sha256: str  # that the calibration is for
    pictures: tuple[EnrolledPicture, ...]
    calibration: Calibration | None = None  # None: of nothing enrolled

    def of_sku(self, sku: str) -> tuple[EnrolledPicture, ...]:
        """Its pictures."""
        return tuple(picture for picture in self.pictures if picture.sku == sku)


EMPTY = GalleryVersion(version=0, parent=0, at="", by="", why="", model_sha256="", pictures=())


def check_sku(sku: str) -> str:
    """A name that a SKU may have, as it is.

    Raises:
        GalleryError: empty, too long, with a path or control characters in it.
    """
    if not _SKU.match(sku):
        raise GalleryError(
            "not a name of a SKU", found=repr(sku[:80]),
            expected="1 to 64 characters, no / or \\ or control characters, no dot or space at the beginning",
            fix="Use the SKU of the catalogue, its barcode for instance.",
        )  # fmt: skip
    return sku


def with_pictures(version: GalleryVersion, added: tuple[EnrolledPicture, ...]) -> tuple[EnrolledPicture, ...]:
    """All pictures after some more.

    Raises:
        GalleryError: more than a gallery holds.
    """
    pictures = (*version.pictures, *added)
    counts: dict[str, int] = {}
    for picture in pictures:
        counts[picture.sku] = counts.get(picture.sku, 0) + 1
    fullest = max(counts, key=counts.__getitem__, default="")
    if counts.get(fullest, 0) > PICTURES_PER_SKU_MAX:
        raise GalleryError(
            f"too many pictures of {fullest}", found=str(counts[fullest]),
            expected=f"at most {PICTURES_PER_SKU_MAX}", fix="Choose twenty that differ.",
        )  # fmt: skip
    if len(counts) > SKUS_MAX:
        raise GalleryError(
            "too many SKUs for one gallery", found=str(len(counts)), expected=f"at most {SKUS_MAX}",
            fix="Keep a gallery for each part of the store.",
        )  # fmt: skip
    return pictures
