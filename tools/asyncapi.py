"""What is said over MQTT as an AsyncAPI 3.0 document, from ``edge/topics.py`` and ``edge/messages``."""

from __future__ import annotations

import importlib.metadata
import re
from typing import Any

from edge.schemas import schemas_of
from edge.topics import ROOT, TABLE, Topic

REF = "#/components/schemas/{name}"

DESCRIPTION = (
    "What shelf nodes, trackers, gates, tills and the aggregator of one store say over MQTT 3.1.1. "
    "Fields are added, never renamed or removed; readers pass over fields that they do not know."
)

PARAMETERS = {
    "node": "Name of a shelf node.",
    "event": "Identity of an event: node-boot-seq.",
}


def document() -> dict[str, Any]:
    """All of it; equal declarations give an equal document."""
    payloads, components = schemas_of((row.payload for row in TABLE), REF)
    channels = {_name(row): _channel(row) for row in TABLE}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Steelyard",
            "version": importlib.metadata.version("steelyard"),
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": {f"say_{_name(row)}": _operation(row) for row in TABLE},
        "components": {
            "messages": {
                _name(row): {"name": _name(row), "title": _title(row), "payload": _draft_07(schema)}
                for row, schema in zip(TABLE, payloads, strict=True)
            },
            "schemas": {name: _draft_07(schema) for name, schema in sorted(components.items())},
        },
    }


def _channel(row: Topic) -> dict[str, Any]:
    address = f"{ROOT}/{{store}}/{row.pattern}"
    stale = f" Silence for {row.stale_after_s:g} s is a fault." if row.stale_after_s else ""
    kept = " Retained." if row.retained else ""
    return {
        "address": address,
        "title": _title(row),
        "description": f"Said by {row.sender}: {row.rate}.{kept}{stale}",
        "messages": {_name(row): {"$ref": f"#/components/messages/{_name(row)}"}},
        "parameters": {
            level: {"description": PARAMETERS.get(level, f"Name of the {level}.")}
            for level in re.findall(r"\{(\w+)\}", address)
        },
    }


def _operation(row: Topic) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{_name(row)}"},
        "summary": f"By {row.sender}.",
        "bindings": {"mqtt": {"qos": row.qos, "retain": row.retained, "bindingVersion": "0.2.0"}},
        "messages": [{"$ref": f"#/channels/{_name(row)}/messages/{_name(row)}"}],
    }


def _name(row: Topic) -> str:
    return "_".join(re.findall(r"\w+", re.sub(r"\{\w+\}", "", row.pattern)))


def _title(row: Topic) -> str:
    return " or ".join(kind.__name__ for kind in getattr(row.payload, "__args__", (row.payload,)))


def _draft_07(part: Any) -> Any:
    """A schema as AsyncAPI's own dialect has it: ``items`` list tuples, no discriminator object."""
    if isinstance(part, list):
        return [_draft_07(each) for each in part]
    if not isinstance(part, dict):
        return part
    found = {name: _draft_07(value) for name, value in part.items()}
    if isinstance(found.get("discriminator"), dict):
        del found["discriminator"]
    if "prefixItems" in found:
        found["items"] = found.pop("prefixItems")
        found["additionalItems"] = False
    return found
