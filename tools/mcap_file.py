"""Writes any case as an MCAP recording, by the runtime's own recorder."""

from __future__ import annotations

from pathlib import Path

from edge.recording.case import Case, StoreInput
from edge.recording.mcap_recorder import Recorder


def write_mcap(file: Path, case: Case) -> Path:
    """Write everything that the case's nodes, tracker and gate say, in the order of arrival.

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
