"""A node as a device of Home Assistant, by its MQTT discovery [Home Assistant, MQTT integration, discovery].

Nothing is said twice: entities read the node's own retained topics, by templates. A device is there as long
as the node's birth message says so, and its last will ends that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from edge.messages import NodeState
from edge.topics import NODE_HEALTH, NODE_STATE, TopicNames

Entity = tuple[str, dict[str, Any]]
"""Topic below the prefix, and what is retained there."""


def entities_of(names: TopicNames, state: NodeState) -> Iterator[Entity]:
    """Everything that Home Assistant is told of a node.

    Args:
        names: topics of the store.
        state: the node's birth message or last will.
    """
    yield _entity(
        names, state, "binary_sensor", "online",
        name="Online", device_class="connectivity", entity_category="diagnostic",
        state_topic=names.of(NODE_STATE, node=state.node),
        value_template="{{ 'ON' if value_json.online else 'OFF' }}",
    )  # fmt: skip
    health = {"state_topic": names.of(NODE_HEALTH, node=state.node), **_available(names, state)}
    yield _entity(
        names, state, "sensor", "backlog",
        name="Backlog", unit_of_measurement="messages", state_class="measurement",
        entity_category="diagnostic", value_template="{{ value_json.backlog }}", **health,
    )  # fmt: skip
    for plate in state.plates:
        row = f"value_json.plates | selectattr('plate', 'eq', {_quoted(plate)}) | first | default({{}})"
        yield _entity(
            names, state, "binary_sensor", f"fault {plate}",
            name=f"Plate {plate} fault", device_class="problem",
            value_template=f"{{{{ 'OFF' if ({row}).state == 'ok' else 'ON' }}}}", **health,
        )  # fmt: skip
        yield _entity(
            names, state, "sensor", f"noise {plate}",
            name=f"Plate {plate} noise", unit_of_measurement="g", state_class="measurement",
            entity_category="diagnostic", value_template=f"{{{{ ({row}).noise_g | default(none) }}}}",
            **health,
        )  # fmt: skip


def _entity(names: TopicNames, state: NodeState, component: str, what: str, **options: Any) -> Entity:
    device = _slug(f"steelyard {names.store} {state.node}")
    unique = _slug(f"steelyard {names.store} {state.node} {what}")
    config = {
        "unique_id": unique,
        "device": {
            "identifiers": [device],
            "name": f"Steelyard {state.node}",
            "manufacturer": "Steelyard",
            "model": "Shelf node",
            "sw_version": state.version,
        },
        "origin": {"name": "Steelyard"},
        "qos": 1,
        **options,
    }
    return f"{component}/{device}/{unique}/config", config


def _available(names: TopicNames, state: NodeState) -> dict[str, str]:
    return {
        "availability_topic": names.of(NODE_STATE, node=state.node),
        "availability_template": "{{ 'online' if value_json.online else 'offline' }}",
    }


def _quoted(text: str) -> str:
    """Text as a template writes it, whatever it holds."""
    return json.dumps(text, ensure_ascii=False)  # templates know no surrogate pairs


def _slug(text: str) -> str:
    """A name of letters, digits and _ that no other text has."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")[:80]
    return f"{plain}_{sha256(text.encode()).hexdigest()[:8]}"
