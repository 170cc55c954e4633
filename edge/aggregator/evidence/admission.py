"""Which evidence is taken: of the node and event that its topic names, and its pictures crops of a shelf."""

from __future__ import annotations

import io
import warnings
from collections.abc import Collection

from PIL import Image

from edge.aggregator.ingest import LATEST_UTC_S, Refusal
from edge.errors import MessageError
from edge.messages import EventEvidence
from edge.payload import decode

CROP_MIN_PX, CROP_MAX_PX = 8, 1024
"""[px] sides of a crop. A larger one is no crop of a shelf: it may show the people before it."""


class RefusedEvidenceError(MessageError):
    """Evidence that is not taken.

    Attributes:
        reason: why, to count by.
    """

    def __init__(self, reason: Refusal, what: str, **facts: str) -> None:
        self.reason = reason
        super().__init__(what, **facts)


def admitted(payload: bytes, *, sender: str, event: str, nodes: Collection[str]) -> EventEvidence:
    """The evidence in a payload.

    Args:
        payload: as received.
        sender: the node that the topic names.
        event: the event that the topic names.
        nodes: who may speak; empty: all.

    Raises:
        RefusedEvidenceError: unknown or foreign node, another event, unreadable, numbers that cannot be, or
            something else than a crop in the place of one.
    """
    if nodes and sender not in nodes:
        raise RefusedEvidenceError(Refusal.UNKNOWN_NODE, "evidence of an unknown node", where=sender)
    try:
        evidence: EventEvidence = decode(payload, EventEvidence, source=sender)
    except MessageError as error:
        raise RefusedEvidenceError(
            Refusal.UNREADABLE, error.what, where=error.where, found=error.found, expected=error.expected
        ) from error
    if evidence.node != sender:
        raise RefusedEvidenceError(
            Refusal.FOREIGN_NODE, "evidence in another node's name", where=sender, found=evidence.node
        )
    if str(evidence.identity) != event:
        raise RefusedEvidenceError(
            Refusal.FOREIGN_EVENT, "evidence of another event", where=sender, found=str(evidence.identity),
            expected=event,
        )  # fmt: skip
    _refuse_impossible(evidence)
    for crop in evidence.crops:
        _refuse_unshowable(crop.jpeg, where=f"{sender} {event}, camera {crop.camera}")
    return evidence


def _refuse_impossible(evidence: EventEvidence) -> None:
    times = [*(crop.t for crop in evidence.crops), *(trace.t_first for trace in evidence.traces)]
    numbers = [number for crop in evidence.crops for number in crop.box_px]
    periods = [trace.period_s for trace in evidence.traces]
    if (
        not all(0 <= t < LATEST_UTC_S for t in times)
        or not all(0 <= number <= 100_000 for number in numbers)
        or not all(0.001 <= period_s <= 60 for period_s in periods)
        or any(grams is not None and abs(grams) > 1e9 for trace in evidence.traces for grams in trace.grams)
    ):
        raise RefusedEvidenceError(
            Refusal.IMPOSSIBLE_NUMBER, "a time, place, period or weight that cannot be",
            where=str(evidence.identity),
        )  # fmt: skip


def _refuse_unshowable(jpeg: bytes, *, where: str) -> None:
    """Decode the whole picture, once its header says that it is small."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the library's own limits; ours are tighter
            picture = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
        if not all(CROP_MIN_PX <= side <= CROP_MAX_PX for side in picture.size):
            raise RefusedEvidenceError(
                Refusal.NOT_A_CROP, "a picture that is no crop of a shelf", where=where,
                found=f"{picture.width} x {picture.height} px",
                expected=f"sides of {CROP_MIN_PX} to {CROP_MAX_PX} px", fix="Set vision.evidence_px.",
            )  # fmt: skip
        picture.load()
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise RefusedEvidenceError(
            Refusal.NOT_A_PICTURE, "a crop that is no whole JPEG", where=where,
            found=f"{len(jpeg)} bytes that begin {jpeg[:4].hex(' ')}",
        ) from error  # fmt: skip
