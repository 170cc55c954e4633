"""The lines of a nanostore case, as MongoDB exports protobuf documents.

A field that is 0 or "" may be absent, so every field but the time has its zero as default; fields that
nobody needs here are not declared and cost nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
import pybase64

LARGEST_ARRIVAL_LAG_S = 30.0  # [s] beyond, `date_time` is an import date and no arrival


LATEST_S = 9e9  # [s] epoch, in the year 2255; nanoseconds between any two such times fit 64 bits
LARGEST_AXIS = 1000  # [1] no batch, gondola or shelf is larger

Index = Annotated[int, msgspec.Meta(ge=0, lt=LARGEST_AXIS)]
Metre = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
Side = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
Price = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]


class GondolaId(msgspec.Struct, frozen=True, gc=False):
    """Number of a gondola."""

    id: int = 0


class ShelfId(msgspec.Struct, frozen=True, gc=False):
    """A shelf of a gondola."""

    gondola_id: GondolaId = GondolaId()
    shelf_index: Index = 0


class PlateId(msgspec.Struct, frozen=True, gc=False):
    """A plate of a shelf."""

    shelf_id: ShelfId = ShelfId()
    plate_index: Index = 0


class ProductId(msgspec.Struct, frozen=True, gc=False):
    """A barcode; empty where a facing is empty."""

    id: str = ""


class Date(msgspec.Struct, frozen=True, gc=False, rename={"date": "$date"}):
    """A MongoDB date."""

    date: datetime | None = None


class Line(msgspec.Struct, frozen=True, gc=False):
    """What plate and target lines share."""

    timestamp: Annotated[float, msgspec.Meta(gt=0, lt=LATEST_S)]  # [s] epoch
    date_time: Date = Date()  # when it arrived

    def arrival_lag_s(self) -> float | None:
        """Seconds from ``timestamp`` to arrival; ``None`` when the line does not say (credibly)."""
        arrival = self.date_time.date
        if arrival is None:
            return None
        if arrival.tzinfo is None:
            arrival = arrival.replace(tzinfo=UTC)
        lag_s = arrival.timestamp() - self.timestamp
        return max(lag_s, 0.0) if -1.0 < lag_s < LARGEST_ARRIVAL_LAG_S else None


# --- plate_data.json -----------------------------------------------------------------------------


class Values(msgspec.Struct, frozen=True, gc=False):
    """Weights [time, shelf, plate] g as little-endian float32; index 0 of shelf and plate is padding."""

    data: msgspec.Raw = msgspec.Raw(b'""')  # base64, left as it is: most of a line, and not always wanted
    shape: tuple[int, ...] = ()
    type: str = "DATATYPE_FLOAT32"

    @property
    def is_empty(self) -> bool:
        """Whether no samples came."""
        return self.data == b'""'

    def decoded(self) -> bytes:
        """The samples. Raises ``msgspec.DecodeError``: no base64."""
        try:
            return pybase64.b64decode(memoryview(self.data)[1:-1], validate=True)
        except ValueError:  # it has escapes, or is no base64: who knows JSON says which
            return msgspec.json.decode(self.data, type=bytes)


class PlateData(msgspec.Struct, frozen=True, gc=False):
    """One batch of one gondola."""

    plate_id: PlateId = PlateId()
    freq_samp: float = 0.0  # [Hz]
    values: Values = Values()


class PlateDocument(msgspec.Struct, frozen=True, gc=False):
    """Wrapper of a batch."""

    plate_data: PlateData = PlateData()


class PlateLine(Line, frozen=True, gc=False):
    """One line of ``plate_data.json``."""

    gondola_id: int = 0
    document: PlateDocument = PlateDocument()

    @property
    def gondola(self) -> str:
        """The gondola's number as text."""
        return str(self.gondola_id or self.document.plate_data.plate_id.shelf_id.gondola_id.id)


# --- full_targets.json ---------------------------------------------------------------------------


class InchPoint(msgspec.Struct, frozen=True):
    """[inch] store frame."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0


class TrackedPoint(msgspec.Struct, frozen=True):
    """A key point; without coordinates it is lost."""

    point: InchPoint = InchPoint()
    score: float = 0.0


class TargetId(msgspec.Struct, frozen=True):
    """The tracker's name of a person, which becomes a level of topics; empty: not identified."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[^/+#\x00]*\Z", max_length=128)] = ""


class TargetDocument(msgspec.Struct, frozen=True):
    """One tracked person."""

    target_id: TargetId = TargetId()
    target_state: str = ""
    head: TrackedPoint = TrackedPoint()
    neck: TrackedPoint = TrackedPoint()
    l_shoulder: TrackedPoint = TrackedPoint()
    r_shoulder: TrackedPoint = TrackedPoint()
    l_elbow: TrackedPoint = TrackedPoint()
    r_elbow: TrackedPoint = TrackedPoint()
    l_wrist: TrackedPoint = TrackedPoint()
    r_wrist: TrackedPoint = TrackedPoint()
    hands: tuple[TrackedPoint, ...] = ()  # the wrists again, side unknown


class TargetList(msgspec.Struct, frozen=True):
    """All tracked people of a frame."""

    targets: tuple[TargetDocument, ...] = ()


class FrameDocument(msgspec.Struct, frozen=True):
    """Wrapper of a frame."""

    targets: TargetList | None = None


class FrameLine(Line, frozen=True):
    """One line of ``full_targets.json``."""

    document: FrameDocument = FrameDocument()


# --- planogram.json and products.json ------------------------------------------------------------


class Vector(msgspec.Struct, frozen=True):
    """[m] a translation, or [rad] a Rodrigues rotation vector."""

    x: Metre = 0.0
    y: Metre = 0.0
    z: Metre = 0.0


class Transform(msgspec.Struct, frozen=True):
    """Where the front-left-bottom corner is."""

    translation: Vector = Vector()
    rotation: Vector = Vector()


class Coordinates(msgspec.Struct, frozen=True):
    """A box in the store's frame."""

    transform: Transform = Transform()
    dim_x: Side = 0.0  # [m]
    dim_y: Side = 0.0  # [m]
    dim_z: Side = 0.0  # [m]


class FacingLine(msgspec.Struct, frozen=True):
    """One line of ``planogram.json``."""

    plate_ids: tuple[PlateId, ...] = ()
    planogram_product_id: ProductId = ProductId()
    global_coordinates: Coordinates | None = None


class Metadata(msgspec.Struct, frozen=True):
    """What is known of a product."""

    name: str = ""
    weight: float | None = None  # [g]
    price: Price = 0.0


class ProductLine(msgspec.Struct, frozen=True):
    """One line of ``products.json``."""

    product_id: ProductId = ProductId()
    metadata: Metadata = Metadata()
