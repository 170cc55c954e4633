"""Every option, once: typed YAML sections with range and meaning; unknown keys are refused.

A fault names file, line, key, what was found and what was expected. Paths in a file are relative to it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import yaml

from edge.errors import ConfigError

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}$", description="letters, digits, _ . : -")]
PlateName = Annotated[str, msgspec.Meta(pattern=r"^[^/\s]+/[^/\s]+/[^/\s]+$", description="gondola/shelf/plate")]
Positive = Annotated[float, msgspec.Meta(gt=0)]
NonNegative = Annotated[float, msgspec.Meta(ge=0)]
Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]
PortNumber = Annotated[int, msgspec.Meta(ge=1, le=65535)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a configuration file."""


class BrokerSection(Section, frozen=True, kw_only=True):
    """Where the MQTT broker is. Any MQTT 3.1.1 broker serves."""

    host: str = "127.0.0.1"
    port: PortNumber = 1883
    username: str = ""
    password_file: str = ""  # file with the password on its first line
    ca_file: str = ""  # PEM; switches TLS on
    keepalive_s: Annotated[int, msgspec.Meta(ge=2, le=600)] = 10
    reconnect_min_s: Positive = 0.2
    reconnect_max_s: Positive = 10.0


class WeightSection(Section, frozen=True, kw_only=True):
    """The weight path: conditioning, baseline and change detection.

    The defaults are physics of plate scales (see docs/weight.md), not of one store.
    """

    hop_s: Annotated[float, msgspec.Meta(ge=0.02, le=1)] = 0.1  # [s] grid on which levels are judged
    capacity_g: Positive = 20_000.0  # [g] a reading beyond is saturated
    stuck_after_s: Positive = 3.0  # [s] bit-identical readings for so long are a stuck sensor
    stale_after_s: Positive = 1.0  # [s] no samples for so long is a stale plate
    smallest_item_g: Positive = 8.0  # [g] lightest change worth an event
    onset_sigmas: Positive = 6.0  # [sigma] of the hop mean's own noise that start a disturbance
    baseline_s: Positive = 3.0  # [s] memory of the level while nothing happens
    rest_drift_g_per_min: NonNegative = 6.0  # [g/min] the fastest drift that a baseline may follow
    baseline_cap_g: Positive = 60.0  # [g] cumulative correction without a settled event in between
    settle_s: Positive = 0.3  # [s] of rest that a new level needs on a quiet plate
    settle_max_s: Positive = 0.8  # [s] of rest that a new level needs on a ringing plate
    join_s: NonNegative = 0.35  # [s] changes of neighbouring plates this close are one change
    crosstalk: NonNegative = 0.025  # [1] share of a change that neighbours may show (measured 0.8-1.5 %)


class FusionSection(Section, frozen=True, kw_only=True):
    """What was it: the priors of the hypotheses."""

    sku_sigma_share: NonNegative = 0.006  # [1] unit-to-unit spread as a share of the weight
    sku_sigma_min_g: Positive = 0.8  # [g] least unit-to-unit spread
    layout_elsewhere: Probability = 0.01  # [1] mass of "a SKU not planned at these plates"
    quantity_ratio: Probability = 0.12  # [1] prior of n + 1 units against n
    outlier: Probability = 1e-3  # [1] mass of the heavy tail
    unknown: Probability = 2e-3  # [1] prior of goods that the catalogue does not hold
    quantity_max: Annotated[int, msgspec.Meta(ge=1, le=20)] = 6  # [units]
    hypotheses_max: Annotated[int, msgspec.Meta(ge=2, le=64)] = 12


class BoardSection(Section, frozen=True, kw_only=True):
    """One board: a rack of plates behind one serial port."""

    rack: Name
    port: str  # device path; by-id or by-path names survive replugging
    board_id: str = ""  # as the board identifies itself; empty accepts whichever answers
    plates: Annotated[tuple[PlateName, ...], msgspec.Meta(min_length=1, max_length=64)]  # in channel order
    rate_hz: Positive = 80.0  # [Hz] nominal; the true rate is measured
    calibration: str = ""  # file; empty: calibration/<board id>.yaml beside this file


class RecordingSection(Section, frozen=True, kw_only=True):
    """A recording that stands in for the boards of this node."""

    path: str
    format: Annotated[str, msgspec.Meta(pattern="^(aifi|mcap)$", description="aifi or mcap")]
    racks: tuple[Name, ...] = ()  # empty: all
    speed: NonNegative = 0.0  # [x] times real time; 0: as fast as possible
    boot: Name = "replay"  # identity of the replayed boot


class ChannelCalibration(Section, frozen=True, kw_only=True):
    """grams = (counts - zero_counts) / counts_per_gram; a negative factor turns a reversed cell round."""

    zero_counts: float
    counts_per_gram: float

    def __post_init__(self) -> None:
        if self.counts_per_gram == 0:
            raise ValueError("counts_per_gram must not be 0")


class CalibrationFile(Section, frozen=True, kw_only=True):
    """``configs/calibration/<board id>.yaml``; written by tools alone."""

    board_id: str
    date: str  # ISO 8601
    channels: Annotated[tuple[ChannelCalibration, ...], msgspec.Meta(min_length=1)]  # in channel order


class NodeConfig(Section, frozen=True, kw_only=True):
    """A shelf node: ``steelyard node --config``."""

    store: Name
    node: Name
    broker: BrokerSection = BrokerSection()
    state_dir: str = "var"  # outbox and recordings live here
    catalogue: str = "catalogue.yaml"
    planogram: str = "planogram.yaml"
    boards: tuple[BoardSection, ...] = ()
    recording: RecordingSection | None = None
    record: str = ""  # MCAP file to record every input and decision to
    health_every_s: Positive = 5.0
    outbox_max_messages: Annotated[int, msgspec.Meta(ge=100)] = 1_000_000
    in_flight_max: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 50
    weight: WeightSection = WeightSection()
    fusion: FusionSection = FusionSection()

    def __post_init__(self) -> None:
        if bool(self.boards) == (self.recording is not None):
            raise ValueError("expected exactly one of `boards` and `recording`")
        seen: dict[str, str] = {}
        for board in self.boards:
            for plate in board.plates:
                if plate in seen:
                    raise ValueError(f"duplicate plate `{plate}` on racks `{seen[plate]}` and `{board.rack}`")
                seen[plate] = board.rack
        racks = [board.rack for board in self.boards]
        if len(set(racks)) != len(racks):
            raise ValueError(f"duplicate rack `{next(r for r in racks if racks.count(r) > 1)}`")
        ports = [board.port for board in self.boards]
        if len(set(ports)) != len(ports):
            raise ValueError(f"duplicate port `{next(p for p in ports if ports.count(p) > 1)}`")


class AttributionSection(Section, frozen=True, kw_only=True):
    """Who did it: how far a hand may be from what it moves."""

    window_s: NonNegative = 0.5  # [s] before onset and after settling
    hand_sigma_m: Positive = 0.12  # [m] tracker noise and grip of a hand at the goods
    head_sigma_m: Positive = 0.35  # [m] spread of the head's distance around an arm's reach
    reach_m: Positive = 0.75  # [m] head to goods when no hand is tracked
    nobody: Probability = 0.002  # [1] prior that no tracked visit did it
    latency_s: NonNegative = 3.0  # [s] tracks may arrive so late; an answer before is provisional


class CartSection(Section, frozen=True, kw_only=True):
    """Carts as joint hypotheses, and when a person is asked."""

    beam: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 200
    review_below: Probability = 0.9  # [1] receipts less sure than this are reviewed


class WebSection(Section, frozen=True, kw_only=True):
    """The store's page."""

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8080  # 0: any free port, printed at start


class AggregatorConfig(Section, frozen=True, kw_only=True):
    """The in-store aggregator: ``steelyard aggregator --config``."""

    store: Name
    broker: BrokerSection = BrokerSection()
    state_dir: str = "var"  # the ledger lives here
    catalogue: str = "catalogue.yaml"
    planogram: str = "planogram.yaml"
    nodes: tuple[Name, ...] = ()  # nodes that may speak; empty: all
    attribution: AttributionSection = AttributionSection()
    carts: CartSection = CartSection()
    web: WebSection = WebSection()


SectionT = TypeVar("SectionT", bound=Section)


def load_yaml(file: Path, kind: type[SectionT]) -> SectionT:
    """Read and validate one YAML file.

    Raises:
        ConfigError: not readable, not YAML, or anything in it is not as ``kind`` declares.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not UTF-8 text"
        raise ConfigError(f"cannot read the file: {reason}", file=file, fix="Check path and rights.") from error
    return parse_yaml(text, kind, file=file)


def parse_yaml(text: str, kind: type[SectionT], *, file: Path) -> SectionT:
    """Validate YAML ``text``; ``file`` is for error messages alone. Raises as :func:`load_yaml`."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_duplicate_keys(node, file)
        document = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ConfigError(f"not valid YAML: {error.problem}", file=file, line=line) from error
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"not valid YAML: {error}", file=file) from error
    try:
        return msgspec.convert(document if document is not None else {}, kind)
    except msgspec.ValidationError as error:
        raise _explain(str(error), node, document, kind, file) from error


_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$?(?P<path>.*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.+)`")
_EXPECTED = re.compile(r"Expected (?P<expected>.+?)(?:, got (?P<found>.+))?$")
_MISSING = re.compile(r"Object missing required field `(.+)`")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")


def _explain(message: str, node: yaml.Node | None, document: Any, kind: type[Section], file: Path) -> ConfigError:
    """Turn a validation message with a JSON path into file, line, key, found and expected."""
    match = _AT.match(message)
    assert match is not None  # the pattern matches every text
    what, path = match["what"], match["path"] or ""
    found = expected = ""
    line, value = _locate(node, document, path)
    if unknown := _UNKNOWN.search(what):
        key = f"{path}.{unknown[1]}".lstrip(".")
        line, _ = _locate(node, document, f"{path}.{unknown[1]}")
        names = getattr(kind, "__struct_fields__", ()) if not path else ()
        return ConfigError(
            "unknown key", file=file, line=line, key=key, found=f"`{unknown[1]}`",
            expected=f"one of {', '.join(names)}" if names else "a key that docs/configuration.md lists",
            fix="Check the spelling.",
        )  # fmt: skip
    if missing := _MISSING.search(what):
        return ConfigError(
            "missing key", file=file, line=line, key=f"{path}.{missing[1]}".lstrip("."), expected=f"`{missing[1]}`"
        )
    if expectation := _EXPECTED.search(what):
        expected = expectation["expected"]
        found = repr(value) if value is not None else (expectation["found"] or "")
        what = "wrong value" if "of type" in expected or not expectation["found"] else "wrong type"
    return ConfigError(what, file=file, line=line, key=path.lstrip("."), found=found, expected=expected)


def _locate(node: yaml.Node | None, document: Any, path: str) -> tuple[int, Any]:
    """1-based line and value at a JSON path; the deepest part that exists when the path ends early."""
    line = node.start_mark.line + 1 if node is not None else 0
    value = document
    for key, index in _STEP.findall(path):
        if key and isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == key), None)
            if pair is None:
                return line, None
            line, node = pair[0].start_mark.line + 1, pair[1]
            value = value.get(key) if isinstance(value, dict) else None
        elif index and isinstance(node, yaml.SequenceNode) and int(index) < len(node.value):
            node = node.value[int(index)]
            line = node.start_mark.line + 1
            value = value[int(index)] if isinstance(value, list) else None
    return line, value


def _refuse_duplicate_keys(node: yaml.Node | None, file: Path) -> None:
    """YAML readers silently keep the last of two equal keys; here that is an error."""
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            here = key.start_mark.line + 1
            if key.value in lines:
                raise ConfigError(
                    "duplicate key", file=file, line=here, key=str(key.value),
                    found=f"the same key on line {lines[key.value]}", fix="Keep one of the two.",
                )  # fmt: skip
            lines[key.value] = here
            _refuse_duplicate_keys(value, file)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_duplicate_keys(item, file)
