"""Evidence as nodes send it."""

from __future__ import annotations

import io
import random
from typing import Any

from PIL import Image

from edge.messages import Crop, CropSide, EventEvidence, PlateTrace

T0 = 1_700_000_000.0


def jpeg(width: int = 64, height: int = 48, *, colour: tuple[int, int, int] = (180, 120, 60)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(written, "JPEG", quality=80)
    return written.getvalue()


def crop(side: CropSide = CropSide.BEFORE, picture: bytes | None = None, **options: Any) -> Crop:
    given = {"camera": "left", "t": T0, "box_px": (10, 20, 64, 48), **options}
    return Crop(side=side, jpeg=jpeg() if picture is None else picture, **given)


def evidence(seq: int = 1, *, node: str = "n1", revision: int = 0, **options: Any) -> EventEvidence:
    """Two crops, and a trace of 4 s that falls by 600 g."""
    grams = (*[1200.0] * 40, None, *[600.0] * 39)
    given = {
        "crops": (crop(), crop(CropSide.AFTER)),
        "traces": (PlateTrace("wall/1/1", T0 - 2, 0.05, grams),),
        **options,
    }
    return EventEvidence(node=node, boot="b1", seq=seq, revision=revision, **given)


def bulky(seq: int, size: int = 20_000) -> EventEvidence:
    """Evidence that no compression makes smaller than ``size`` [bytes]; not fit to be sent."""
    return evidence(seq, crops=(crop(picture=random.Random(seq).randbytes(size)),), traces=())
