"""The state of the store's equipment as the aggregator hears it: nodes, plates, refused messages."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import msgspec

from edge.aggregator.ingest import Refusal
from edge.aggregator.stock.orders import NodePlates
from edge.messages import (
    CameraHealth,
    CameraState,
    NodeHealth,
    NodeState,
    PlateHealth,
    RackHealth,
    Reply,
    SensorState,
)
from edge.topics import NODE_HEALTH

logger = logging.getLogger(__name__)

SENDERS_MAX = 200
"""Refusals are counted per sender for so many senders; a flood of invented names shares one more row."""

OTHERS = "(others)"

ASKED_BY_HAND = "page-"
"""How the correlation of a command begins that somebody gave at a page."""


class NodeView(msgspec.Struct, frozen=True):
    """One node as the page shows it."""

    node: str
    online: bool
    silent: bool  # online by its birth message, but its health reports have stopped
    boot: str
    version: str
    backlog: int  # [messages] unacknowledged in its outbox
    upto: int  # [1] seq below which all messages of this boot are in the ledger
    waiting: int  # [messages] numbered by the node and not yet in the ledger
    rate_hz: float | None  # [Hz] slowest rack
    samples_lost: int  # [samples] since boot
    frames_corrupt: int  # [frames] since boot
    plates: int
    faults: tuple[str, ...]  # one sentence each
    config_hash: str  # of its configuration
    heard_at: float  # [s] its latest report; 0: none
    racks: tuple[RackHealth, ...]
    cameras: tuple[CameraHealth, ...]
    answer: str  # its latest one to a command from the pages, or empty


class RefusalView(msgspec.Struct, frozen=True):
    """Messages of one sender that were refused for one reason, since start."""

    sender: str
    reason: Refusal
    count: int
    detail: str  # the latest one's error
    last_utc: float  # [s]


@dataclass(slots=True)
class _Heard:
    state: NodeState | None = None
    health: NodeHealth | None = None
    health_utc: float = 0.0
    answer: str = ""


class StoreHealth:
    """Keeps the latest word of each node and counts what was refused."""

    def __init__(self) -> None:
        self._nodes: dict[str, _Heard] = {}
        self._refusals: dict[tuple[str, Refusal], RefusalView] = {}

    def hear_state(self, state: NodeState) -> None:
        """Take a birth message or a last will."""
        heard = self._nodes.setdefault(state.node, _Heard())
        if heard.state is None or heard.state.online != state.online:
            logger.info("node %s is %s", state.node, "online" if state.online else "offline")
        heard.state = state

    def hear_health(self, health: NodeHealth, utc_s: float) -> None:
        """Take a health report; ``utc_s`` is its time of arrival."""
        heard = self._nodes.setdefault(health.node, _Heard())
        heard.health, heard.health_utc = health, utc_s

    def hear_reply(self, node: str, reply: Reply) -> None:
        """Take a node's answer to what was asked of it at a page."""
        if (heard := self._nodes.get(node)) is not None and reply.correlation.startswith(ASKED_BY_HAND):
            heard.answer = reply.detail if reply.ok else f"refused: {reply.detail}"

    def node_of(self, plate: str) -> str | None:
        """The node that watches a plate."""
        for node, heard in self._nodes.items():
            if heard.state is not None and plate in heard.state.plates:
                return node
        return None

    def refuse(self, sender: str, reason: Refusal, detail: str, utc_s: float) -> None:
        """Count a refused message; the first of a sender and reason is logged."""
        known = self._refusals.get((sender, reason))
        if known is None and len(self._refusals) >= SENDERS_MAX:
            sender = OTHERS
            known = self._refusals.get((sender, reason))
        if known is None:
            logger.warning("refused a message of %s: %s (%s); counting further ones", sender, reason, detail)
        count = known.count + 1 if known else 1
        self._refusals[sender, reason] = RefusalView(sender, reason, count, detail, utc_s)

    def plates_of_nodes(self) -> dict[str, NodePlates]:
        """Boot and plates by node, of those that are online."""
        return {
            node: NodePlates(heard.state.boot, heard.state.plates)
            for node, heard in self._nodes.items()
            if heard.state is not None and heard.state.online
        }

    def boots(self) -> dict[str, str]:
        """Present boot id by node that has said who it is."""
        return {node: heard.state.boot for node, heard in self._nodes.items() if heard.state}

    def refusals(self) -> tuple[RefusalView, ...]:
        """Refused messages, most recent sender first."""
        return tuple(sorted(self._refusals.values(), key=lambda row: -row.last_utc))

    def plates(self) -> dict[str, PlateHealth]:
        """Latest report by plate; plates of a node that is offline count as disconnected."""
        plates: dict[str, PlateHealth] = {}
        for heard in self._nodes.values():
            offline = heard.state is not None and not heard.state.online
            for plate in heard.health.plates if heard.health else ():
                plates[plate.plate] = (
                    msgspec.structs.replace(plate, state=SensorState.DISCONNECTED) if offline else plate
                )
        return plates

    def nodes(self, upto: dict[str, int], utc_s: float) -> tuple[NodeView, ...]:
        """All nodes by name; ``upto`` gives the acknowledged seq of each node's present boot."""
        return tuple(
            _view(node, heard, upto.get(node, 0), utc_s) for node, heard in sorted(self._nodes.items())
        )


def _view(node: str, heard: _Heard, upto: int, utc_s: float) -> NodeView:
    state, health = heard.state, heard.health
    online = state.online if state else health is not None
    stale_after_s = NODE_HEALTH.stale_after_s or float("inf")
    silent = online and health is not None and utc_s - heard.health_utc > stale_after_s
    faults = []
    if state is None:
        faults.append("no birth message heard")
    if silent:
        faults.append(f"no health report for more than {stale_after_s:.0f} s")
    racks = health.racks if health else ()
    plates = health.plates if health else ()
    if health and health.fault:
        faults.append(health.fault)
    faults += [f"rack {rack.rack} is disconnected" for rack in racks if not rack.connected]
    faults += [
        f"camera {camera.camera}: {camera.detail or camera.state.value}"
        for camera in (health.cameras if health else ())
        if camera.state not in (CameraState.OK, CameraState.STARTING)
    ]
    faults += [f"plate {row.plate} is {row.state.value}" for row in plates if row.state is not SensorState.OK]
    return NodeView(
        node=node,
        online=online,
        silent=silent,
        boot=state.boot if state else (health.boot if health else ""),
        version=state.version if state else "",
        backlog=health.backlog if health else 0,
        upto=upto,
        waiting=max(0, state.next_seq - 1 - upto) if state else 0,
        rate_hz=min((rack.rate_hz for rack in racks), default=None),
        samples_lost=sum(rack.samples_lost for rack in racks),
        frames_corrupt=sum(rack.frames_corrupt for rack in racks),
        plates=len(state.plates) if state else len(plates),
        faults=tuple(faults),
        config_hash=state.config_hash if state else "",
        heard_at=heard.health_utc,
        racks=racks,
        cameras=health.cameras if health else (),
        answer=heard.answer,
    )
