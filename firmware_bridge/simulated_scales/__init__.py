"""Scales of other makers behind a real pty: what a driver is tried against when no scale is at hand.

``python -m firmware_bridge.simulated_scales --help`` runs one with a constant weight.
"""

from firmware_bridge.simulated_scales.device import Device
from firmware_bridge.simulated_scales.line import DeviceLine
from firmware_bridge.simulated_scales.mt_sics_scale import MtSicsScale
from firmware_bridge.simulated_scales.text_sketch import TextSketch

__all__ = ["Device", "DeviceLine", "MtSicsScale", "TextSketch"]
