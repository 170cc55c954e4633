"""Decisions for the outbox's tests."""

from __future__ import annotations

from edge.messages import Disturbance, DisturbanceKind


def touch(seq: int, *, boot: str = "b1", revision: int = 0, reason: str = "") -> Disturbance:
    """A message with this identity."""
    return Disturbance(
        node="n1", boot=boot, seq=seq, revision=revision, t_onset=1.0, t_settled=2.0, t_decided=3.0,
        kind=DisturbanceKind.TOUCH, plates=("1/1/1",), reason=reason,
    )  # fmt: skip
