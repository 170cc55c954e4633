"""Notices when another process uses this node's name: both listen to the node's own state topic."""

from __future__ import annotations

from collections import deque

from edge.messages import NodeState
from edge.samples import NS_PER_S

SIGHTINGS = 2
"""[1] times that another boot must show: a single late last will of our own predecessor proves nothing."""

MEMORY_S = 120.0
"""[s] after which a sighting is forgotten; two nodes with one name meet every few seconds."""


class IdentityWatch:
    """Judges the states that arrive on this node's own topic.

    Args:
        node: this node's name.
        boot: this boot.
    """

    def __init__(self, node: str, boot: str) -> None:
        self._node, self._boot = node, boot
        self._connections = 0
        self._predecessors: set[str] = set()
        self._sightings: deque[tuple[int, str]] = deque(maxlen=SIGHTINGS)

    def connected(self) -> None:
        """A connection began."""
        self._connections += 1

    def heard(self, state: NodeState, *, retained: bool, mono_ns: int) -> bool:
        """Take in a state; True when ours must be published again because an old one took its place.

        What is retained at the first connection, this node's former boot has left; its last will may follow.
        """
        if state.boot == self._boot:
            return not state.online  # the last will of a connection that the broker missed for a while
        if retained and self._connections <= 1:
            self._predecessors.add(state.boot)
            return False
        if state.boot in self._predecessors and not state.online:
            return True
        self._sightings.append((mono_ns, state.boot))
        return not state.online

    def fault(self, mono_ns: int) -> str:
        """One sentence while another process has this name, else empty."""
        recent = [boot for seen_ns, boot in self._sightings if mono_ns - seen_ns < MEMORY_S * NS_PER_S]
        if len(recent) < SIGHTINGS:
            return ""
        return (
            f"another process runs as node `{self._node}` (boot {recent[-1]}): "
            "give each node a `node` name of its own, or stop one of the two"
        )
