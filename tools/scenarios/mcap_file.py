"""Writes a rendered scenario as an MCAP recording, by the runtime's own recorder."""

from __future__ import annotations

from pathlib import Path

from edge.recording.case import StoreInput
from edge.recording.mcap_recorder import Recorder
from tools.scenarios.rendered import RenderedCase


def write_mcap(file: Path, case: RenderedCase) -> Path:
    """Write everything that the case's nodes, tracker and gate say, in the order of arrival; no truth.

    Raises:
        StorageError: the file exists already, or cannot be written.
    """
    with Recorder(file, case.setup) as recorder:
        for node, arrived in case.inputs():
            if isinstance(arrived, StoreInput):
                recorder.people(arrived)
            else:
                recorder.input(node or "", arrived)
    return file
