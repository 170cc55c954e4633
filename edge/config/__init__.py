"""Every option, once: typed YAML sections with range and meaning; unknown keys are refused.

Paths in a file are relative to it. ``yaml_file.py`` reads a file and explains what does not fit.
"""

from edge.config.aggregator import (
    AggregatorConfig,
    AttributionSection,
    CartSection,
    EvidenceSection,
    RetentionSection,
    ReviewSection,
    VisitSection,
    WebSection,
)
from edge.config.boards import (
    DRIVERS,
    BoardSection,
    Hx711TextSection,
    ModbusInputSection,
    ModbusRtuSection,
    MtSicsSection,
)
from edge.config.broker import BrokerSection
from edge.config.calibration import (
    LEAST_COUNTS_PER_GRAM,
    MOST_COUNTS_PER_GRAM,
    CalibrationEntry,
    CalibrationFile,
    ChannelCalibration,
)
from edge.config.exchange import ExportsSection, HomeAssistantSection, WebhookSection
from edge.config.fusion import FusionSection
from edge.config.node import NodeConfig, RecordingSection
from edge.config.section import PlateName, Positive, Section
from edge.config.vision import (
    CameraSection,
    PixelPoint,
    SourceKind,
    ViewCalibration,
    ViewEntry,
    ViewMethod,
    ViewPlane,
    VisionSection,
)
from edge.config.weight import WeightSection

__all__ = [
    "DRIVERS",
    "LEAST_COUNTS_PER_GRAM",
    "MOST_COUNTS_PER_GRAM",
    "AggregatorConfig",
    "AttributionSection",
    "BoardSection",
    "BrokerSection",
    "CalibrationEntry",
    "CalibrationFile",
    "CameraSection",
    "CartSection",
    "ChannelCalibration",
    "EvidenceSection",
    "ExportsSection",
    "FusionSection",
    "HomeAssistantSection",
    "Hx711TextSection",
    "ModbusInputSection",
    "ModbusRtuSection",
    "MtSicsSection",
    "NodeConfig",
    "PixelPoint",
    "PlateName",
    "Positive",
    "RecordingSection",
    "RetentionSection",
    "ReviewSection",
    "Section",
    "SourceKind",
    "ViewCalibration",
    "ViewEntry",
    "ViewMethod",
    "ViewPlane",
    "VisionSection",
    "VisitSection",
    "WebSection",
    "WebhookSection",
    "WeightSection",
]
