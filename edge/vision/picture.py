"""Picture files as arrays of RGB pixels: what people hand over, decoded or refused with the reason."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from edge.errors import PictureError

LARGEST_BYTES = 32_000_000
"""A JPEG of a 50-megapixel telephone is 25 MB at most."""

LARGEST_PIXELS = 64_000_000
"""Decoded, 192 MB; no camera of a shelf or a telephone's ordinary mode gives more."""

SMALLEST_SIDE_PX = 8
"""Less shows no product."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP")
"""What is decoded. Others (PDF, TIFF, EPS ...) are documents, and their decoders a risk."""

BACKDROP = (127, 127, 127)
"""RGB behind transparent pixels: what a crop is padded with, too."""


def read_picture(path: Path) -> NDArray[np.uint8]:
    """A picture file as (h, w, 3) RGB.

    Raises:
        PictureError: as :func:`decode_picture`, and where the file cannot be read.
    """
    try:
        if not path.is_file() and path.exists():
            raise PictureError("not a file", where=str(path), fix="Name a picture.")
        if path.stat().st_size > LARGEST_BYTES:
            raise _too_large(str(path), path.stat().st_size)
        data = path.read_bytes()
    except OSError as error:
        raise PictureError(
            "cannot read the picture", where=str(path), found=error.strerror or str(error),
            fix="Check path and rights.",
        ) from error  # fmt: skip
    return decode_picture(data, source=str(path))


def decode_picture(data: bytes, *, source: str) -> NDArray[np.uint8]:
    """An encoded picture as (h, w, 3) RGB, turned upright as its EXIF says.

    Grey, 16-bit, palette and CMYK pictures become RGB; transparent pixels become grey. Of several frames
    the first is taken.

    Args:
        data: JPEG, PNG, WebP or BMP.
        source: where it came from, for the error.

    Raises:
        PictureError: empty, not a picture, truncated, or too large or small to be one of a product.
    """
    if not data:
        raise PictureError("an empty picture", where=source, found="0 bytes", fix="Take it again.")
    if len(data) > LARGEST_BYTES:
        raise _too_large(source, len(data))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of its own limits; ours are below
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_sides(*picture.size, source)
        picture.load()
        return np.asarray(_upright_rgb(picture))
    except UnidentifiedImageError as error:
        raise PictureError(
            "not a picture", where=source, found=f"{len(data)} bytes that begin {data[:8].hex(' ')}",
            expected=f"one of {', '.join(FORMATS)}",
        ) from error  # fmt: skip
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(source, "more than 179 megapixels") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise PictureError(
            "a picture that is cut off or damaged", where=source, found=f"{len(data)} bytes: {error}",
            fix="Copy or take it again.",
        ) from error  # fmt: skip


def check_crop(crop: NDArray[np.uint8], source: str) -> None:
    """Refuse an array that is no picture (h, w, 3) of bytes.

    Raises:
        PictureError: wrong number of axes or channels, wrong type, no pixels.
    """
    if crop.ndim != 3 or crop.shape[2] != 3 or crop.dtype != np.uint8 or 0 in crop.shape:
        raise PictureError(
            "not an array of RGB pixels", where=source, found=f"{crop.dtype}{list(crop.shape)}",
            expected="uint8[h, w, 3] with at least one pixel",
        )  # fmt: skip


def _upright_rgb(picture: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):  # 16 bits a pixel: the upper eight; a plain conversion would clip
        return Image.fromarray(
            (np.asarray(upright).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8)
        ).convert("RGB")
    if upright.has_transparency_data:
        layered = upright.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layered.size, (*BACKDROP, 255)), layered).convert(
            "RGB"
        )
    return upright.convert("RGB")


def _check_sides(width: int, height: int, source: str) -> None:
    if width * height > LARGEST_PIXELS:
        raise _too_many_pixels(source, f"{width} x {height} pixels")
    if min(width, height) < SMALLEST_SIDE_PX:
        raise PictureError(
            "too small to show a product", where=source, found=f"{width} x {height} pixels",
            expected=f"at least {SMALLEST_SIDE_PX} x {SMALLEST_SIDE_PX}",
        )  # fmt: skip


def _too_large(source: str, size: int) -> PictureError:
    return PictureError(
        "too large a file for a picture", where=source, found=f"{size} bytes",
        expected=f"at most {LARGEST_BYTES}", fix="Save it as JPEG, or smaller.",
    )  # fmt: skip


def _too_many_pixels(source: str, found: str) -> PictureError:
    return PictureError(
        "too large a picture", where=source, found=found, expected=f"at most {LARGEST_PIXELS} pixels",
        fix="Save it smaller.",
    )  # fmt: skip


def encode_jpeg(picture: NDArray[np.uint8], quality: int) -> bytes:
    """A picture (h, w, 3) RGB as JPEG; ``quality`` 1 to 95."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return file.getvalue()
