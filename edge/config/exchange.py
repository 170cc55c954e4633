"""Options of what is told to other systems."""

from __future__ import annotations

import zoneinfo
from typing import Annotated

import msgspec

from edge.config.section import Section
from edge.gtin import has_check_digit
from edge.yaml_file import FieldError

UriBase = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(https?://[a-z0-9.-]+(:\d+)?(/[A-Za-z0-9._~-]+)*/|urn:[a-z0-9][a-z0-9-]{1,31}:)\Z",
        description="an address ending in /, or urn:name:",
    ),
]
Gln = Annotated[
    str, msgspec.Meta(pattern=r"^(\d{13})?\Z", description="a GS1 location number of 13 digits, or nothing")
]


class ExportsSection(Section, frozen=True, kw_only=True):
    """How this store is called where its exports are read."""

    uri_base: UriBase = "urn:steelyard:"  # begins all names that GS1 does not give; best an address you own
    gln: Gln = ""  # the store's number; empty: named by `uri_base`
    time_zone: str = "UTC"  # of the store, as the IANA database calls it: Europe/Berlin

    def __post_init__(self) -> None:
        if self.gln and not has_check_digit(self.gln):
            raise FieldError("gln", "a location number with a wrong check digit", found=f"`{self.gln}`")
        try:
            zoneinfo.ZoneInfo(self.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise FieldError(
                "time_zone", "no such time zone", found=f"`{self.time_zone}`",
                expected="a name of the IANA database, as Europe/Berlin",
            ) from None  # fmt: skip
