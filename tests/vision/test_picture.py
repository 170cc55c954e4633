"""Picture files of all kinds become RGB, and what is none is refused with the reason."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.errors import PictureError
from edge.vision import picture
from edge.vision.picture import check_crop, decode_picture, read_picture

from encoded import encoded, scene  # isort: skip


def decode(data: bytes) -> np.ndarray:
    return decode_picture(data, source="a test")


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_what_keeps_every_pixel_gives_every_pixel(kind: str) -> None:
    np.testing.assert_array_equal(decode(encoded(scene(), kind)), scene())


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_lossy_pictures_come_close_and_red_stays_red(kind: str) -> None:
    found = decode(encoded(scene(), kind, quality=95))
    assert found.dtype == np.uint8
    assert np.abs(found.astype(int) - scene()).mean() < 4


def test_grey_becomes_three_equal_channels() -> None:
    grey = scene()[..., 2]
    np.testing.assert_array_equal(decode(encoded(grey)), np.repeat(grey[..., None], 3, axis=2))


def test_sixteen_bits_keep_their_upper_eight() -> None:
    levels = np.linspace(0, 65535, 60 * 80).reshape(60, 80).astype(np.uint16)
    np.testing.assert_array_equal(decode(encoded(levels))[..., 0], levels >> 8)


def test_transparent_pixels_are_grey_whatever_colour_they_hide() -> None:
    rgba = np.dstack([scene(), np.full((60, 80), 255, np.uint8)])
    rgba[:20, :, 3] = 0
    found = decode(encoded(rgba))
    assert (found[:20] == 127).all()
    np.testing.assert_array_equal(found[20:], scene()[20:])


def test_palettes_and_print_colours_become_rgb() -> None:
    flat = Image.new("RGB", (40, 30), (200, 30, 30))
    for file in (encoded(flat.convert("P")), encoded(flat.convert("CMYK"), "JPEG")):
        found = decode(file)
        assert found.shape == (30, 40, 3)
        assert found[..., 0].mean() > 150
        assert found[..., 1].mean() < 80


def test_a_telephone_held_upright_gives_an_upright_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    found = decode(encoded(scene(), "JPEG", quality=95, exif=exif))
    assert found.shape == (80, 60, 3)
    assert found[:30, :, 0].mean() > 180  # what lay on the left is now on top
    assert found[50:, :, 1].mean() > 180


@pytest.mark.parametrize(
    "data",
    [b"hello", b"%PDF-1.7 text", b"\x00" * 500, b"\xff\xd8\xff\xe0" + b"\x00" * 40, b"GIF89a" + b"\x00" * 9],
)  # fmt: skip
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError) as raised:
        decode(data)
    assert str(raised.value).startswith("a test: ")


def test_an_empty_picture_is_refused() -> None:
    with pytest.raises(PictureError, match="empty"):
        decode(b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP"])
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_refused(kind: str, kept: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
    whole = encoded(noise, kind)
    with pytest.raises(PictureError, match=r"cut off or damaged|not a picture"):
        decode(whole[: int(len(whole) * kept)])


def png_that_claims(width: int, height: int) -> bytes:
    header = b"IHDR" + width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\x00\x00\x00"
    chunk = (13).to_bytes(4) + header + zlib.crc32(header).to_bytes(4)
    return b"\x89PNG\r\n\x1a\n" + chunk + encoded(scene())[33:]


@pytest.mark.parametrize(("width", "height"), [(20_000, 4_000), (60_000, 60_000), (2_000_000, 33)])
def test_a_huge_picture_is_refused_before_it_is_decoded(width: int, height: int) -> None:
    with pytest.raises(PictureError, match="too large a picture"):
        decode(png_that_claims(width, height))


def test_a_few_pixels_show_no_product() -> None:
    with pytest.raises(PictureError, match="too small"):
        decode(encoded(scene(7, 300)))


def test_a_huge_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "huge.jpg"
    file.touch()
    os.truncate(file, picture.LARGEST_BYTES + 1)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("was read"))
    with pytest.raises(PictureError, match="too large a file"):
        read_picture(file)


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "milk.png").write_bytes(encoded(scene()))
    np.testing.assert_array_equal(read_picture(tmp_path / "milk.png"), scene())


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jpg", tmp_path, tmp_path / "none" / "deeper.jpg", Path("/dev/null")):
        with pytest.raises(PictureError) as raised:
            read_picture(path)
        assert str(path) in str(raised.value)


@given(st.binary(max_size=400), st.integers(0, 400))
def test_damaged_bytes_never_end_in_anything_but_a_picture_or_a_picture_error(noise: bytes, at: int) -> None:
    whole = encoded(scene(), "JPEG")
    for data in (noise, whole[:at] + noise + whole[at + len(noise) :]):
        try:
            found = decode(data)
        except PictureError:
            continue
        assert found.ndim == 3
        assert found.dtype == np.uint8


@pytest.mark.parametrize(
    "crop",
    [
        np.zeros((20, 20), np.uint8), np.zeros((20, 20, 4), np.uint8), np.zeros((20, 20, 3), np.float32),
        np.zeros((0, 20, 3), np.uint8), np.zeros((20, 0, 3), np.uint8), np.zeros((1, 20, 20, 3), np.uint8),
    ],
)  # fmt: skip
def test_arrays_that_are_no_rgb_pixels_are_refused(crop: np.ndarray) -> None:
    with pytest.raises(PictureError, match="not an array of RGB pixels"):
        check_crop(crop, "crop 0")
