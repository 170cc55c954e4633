"""JSON schemas of payloads, from their declarations: types, bounds, and the comment behind each field."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Iterable
from typing import Any

import msgspec

Schema = dict[str, Any]


def schemas_of(kinds: Iterable[Any], ref: str) -> tuple[list[Schema], dict[str, Schema]]:
    """A schema for each type, and those of all structs behind them by name [JSON Schema 2020-12].

    Args:
        kinds: types of payloads, or unions of them.
        ref: how one names another, with ``{name}`` in it.
    """
    wanted = list(kinds)
    found, components = msgspec.json.schema_components(wanted, ref_template=ref)
    structs = {kind.__name__: kind for kind in structs_of(wanted)}
    for name, schema in components.items():
        if (kind := structs.get(name)) is not None:
            for field, comment in comments_of(kind).items():
                if field in schema.get("properties", {}):
                    schema["properties"][field] = _described(schema["properties"][field], comment)
    return _portable(list(found)), _portable(components)


@functools.cache
def comments_of(kind: type[msgspec.Struct]) -> dict[str, str]:
    """What the source says behind each field of a struct, inherited ones included."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if not issubclass(each, msgspec.Struct) or each is msgspec.Struct:
            continue
        text = textwrap.dedent(inspect.getsource(each))
        lines = text.splitlines()
        declared = ast.parse(text).body[0]
        for field in getattr(declared, "body", ()):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                said = [line.partition("  # ")[2] for line in lines[field.lineno - 1 : field.end_lineno]]
                if comment := " ".join(filter(None, said)):
                    found[field.target.id] = comment
    return found


def _described(schema: Schema, comment: str) -> Schema:
    """With a description; a bare reference may have none beside it everywhere."""
    return (
        {"allOf": [schema], "description": comment} if "$ref" in schema else schema | {"description": comment}
    )


def structs_of(kinds: Iterable[Any]) -> tuple[type[msgspec.Struct], ...]:
    """All structs that types are made of, in the order in which one meets them."""
    found: dict[type[msgspec.Struct], None] = {}

    def visit(part: Any) -> None:
        if isinstance(part, msgspec.inspect.StructType):
            if part.cls in found:
                return
            found[part.cls] = None
        if isinstance(part, msgspec.inspect.Type | msgspec.inspect.Field):
            for name in part.__struct_fields__:
                visit(getattr(part, name))
        elif isinstance(part, tuple):
            for each in part:
                visit(each)

    for kind in kinds:
        visit(msgspec.inspect.type_info(kind))
    return tuple(found)


def _portable(part: Any) -> Any:
    r"""Patterns as every reader's regular expressions have them: ``\Z`` is Python's alone [ECMA-262]."""
    if isinstance(part, list):
        return [_portable(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        name: value.replace(r"\Z", "$") if name == "pattern" and isinstance(value, str) else _portable(value)
        for name, value in part.items()
    }
