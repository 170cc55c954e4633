"""Where staff work now, as the aggregator says it: plates tell it, and pictures of them teach nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from edge.messages import Command, Reply, ShelfMode
from edge.samples import NS_PER_S

LEASE_MAX_S = 600.0
"""[s] An aggregator that is gone leaves no plate in a mode for longer; it says it again every minute."""


class ShelfModes:
    """The modes of a node's plates. Weighing goes on in all of them: who is charged is not decided here.

    Args:
        plates: of the node.
    """

    def __init__(self, plates: Collection[str]) -> None:
        self._plates = frozenset(plates)
        self._modes: Mapping[str, ShelfMode] = {}  # by plate
        self._until_ns = 0  # [ns] mono, when all of them end unless they are said again

    def obey(self, command: Command, mono_ns: int) -> Reply:
        """Take in all modes at once; what is not named is over.

        Arguments are ``lease_s`` and, by mode, its plates with blanks between them.
        """
        modes = {plate: mode for mode in ShelfMode for plate in command.arguments.get(mode.value, "").split()}
        lease_s = _lease_s(command)
        if lease_s is None:
            return _refusal(command, f"`lease_s` is no number above 0 up to {LEASE_MAX_S:g}")
        if strange := sorted(modes.keys() - self._plates):
            return _refusal(command, f"this node has no plate `{strange[0]}`")
        self._modes, self._until_ns = modes, mono_ns + round(lease_s * NS_PER_S)
        detail = f"{len(modes)} plates in a mode" if modes else "no plate in a mode"
        return Reply(correlation=command.correlation, ok=True, detail=detail)

    def of(self, plate: str, mono_ns: int) -> str:
        """The mode of a plate; empty: none."""
        mode = self._modes.get(plate) if mono_ns < self._until_ns else None
        return "" if mode is None else mode.value


def _lease_s(command: Command) -> float | None:
    try:
        lease_s = float(command.arguments.get("lease_s", ""))
    except ValueError:
        return None
    return lease_s if 0 < lease_s <= LEASE_MAX_S else None


def _refusal(command: Command, detail: str) -> Reply:
    return Reply(correlation=command.correlation, ok=False, detail=detail)
