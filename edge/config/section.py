"""What all sections share: what they refuse, and the bounds of their fields."""

from __future__ import annotations

from typing import Annotated

import msgspec

Name = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}\Z", description="1 to 64 letters, digits or _ . : -")
]
PlateName = Annotated[
    str, msgspec.Meta(pattern=r"^[^/\s]+/[^/\s]+/[^/\s]+\Z", description="gondola/shelf/plate")
]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
NonNegative = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Memory = Annotated[float, msgspec.Meta(ge=0.1, le=3600)]
Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]
RareProbability = Annotated[float, msgspec.Meta(ge=1e-9, le=0.5)]
FallingRatio = Annotated[float, msgspec.Meta(ge=0, le=0.99)]
SamplingRate = Annotated[float, msgspec.Meta(ge=1, le=10_000)]
PortNumber = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a configuration file."""
