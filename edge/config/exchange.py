"""Options of what is told to other systems."""

from __future__ import annotations

import zoneinfo
from typing import Annotated

import msgspec

from edge.config.section import Name, Positive, Section
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


Url = Annotated[
    str,
    msgspec.Meta(pattern=r"^https?://[^/?#@\s]+([/?][^\s#]*)?\Z", description="http:// or https:// address"),
]
Proxy = Annotated[
    str, msgspec.Meta(pattern=r"^(https?://[^\s]+)?\Z", description="http:// address, or nothing")
]


class WebhookSection(Section, frozen=True, kw_only=True):
    """An endpoint that is told what happens, as it happens."""

    name: Name  # unique; keeps its place in the ledger under it
    url: Url  # where notices are posted; redirects are not followed
    secret_file: str = ""  # file with the signing secret, one a line
    secret_env: str = ""  # or the environment variable that holds it
    kinds: tuple[str, ...] = ()  # types of notices it wants; empty: all
    from_start: bool = False  # true: a new endpoint is told the whole ledger first
    paused: bool = False  # true: told nothing now, everything later
    timeout_s: Annotated[float, msgspec.Meta(ge=0.1, le=120)] = 10.0  # [s] for an answer
    attempts_max: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 12  # then a notice is laid aside
    retry_min_s: Positive = 2.0  # [s] first wait after a failure; then doubling, with jitter
    retry_max_s: Positive = 600.0  # [s] longest wait
    proxy: Proxy = ""  # that leads out of the store's network

    def __post_init__(self) -> None:
        if bool(self.secret_file) == bool(self.secret_env):
            raise FieldError("", "a webhook has either `secret_file` or `secret_env`, never both or neither")
        if self.retry_min_s > self.retry_max_s:
            raise FieldError("retry_min_s", "the first wait is longer than the longest one")


class HomeAssistantSection(Section, frozen=True, kw_only=True):
    """Whether Home Assistant, at the same broker, is told of the nodes' health."""

    enabled: bool = False  # switched off again, it takes back what it told
    prefix: Annotated[
        str,
        msgspec.Meta(pattern=r"^[^/+#\s]{1,64}(/[^/+#\s]{1,64})*\Z", description="a topic without + and #"),
    ] = "homeassistant"  # where Home Assistant looks
