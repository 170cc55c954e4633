"""Writes tables and documents of docs/ from the declarations they describe: ``python -m tools.doc_tables``.

A table stands between ``<!-- table NAME -->`` and ``<!-- end -->``; the text around it is written by hand.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import NODEFAULT, Struct, inspect

from edge import planogram
from edge.aggregator.web.api import openapi
from edge.config import AggregatorConfig, CalibrationFile, NodeConfig, Section
from edge.payload import encode
from edge.schemas import comments_of, structs_of
from edge.topics import TABLE
from tools import asyncapi

DOCS = Path(__file__).parent.parent / "docs"
_BETWEEN = re.compile(r"(<!-- table (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def topics() -> str:
    """One row a topic."""
    lines = [
        "| topic | payload | retained | sender | when | silence is a fault after |",
        "|---|---|---|---|---|---|",
    ]
    for row in TABLE:
        payload = " or ".join(
            f"`{kind.__name__}`" for kind in getattr(row.payload, "__args__", (row.payload,))
        )
        retained = "yes" if row.retained else "no"
        stale = f"{row.stale_after_s:g} s" if row.stale_after_s else ""
        lines.append(f"| `{row.pattern}` | {payload} | {retained} | {row.sender} | {row.rate} | {stale} |")
    return "\n".join(lines)


def options(kind: type[Struct]) -> str:
    """A table for the file's own keys and one for each section in it."""
    return "\n\n".join(
        (f"**`{key}`** {_first_line(section)}\n\n" if key else "") + _keys(section)
        for key, section in _sections("", kind)
    )


def payloads() -> str:
    """A table for each struct that crosses MQTT."""
    kinds = structs_of(row.payload for row in TABLE)
    return "\n\n".join(f"**`{kind.__name__}`** {_first_line(kind)}\n\n{_keys(kind)}" for kind in kinds)


def _sections(key: str, kind: type[Struct]) -> Iterator[tuple[str, type[Struct]]]:
    yield key, kind
    for field in inspect.type_info(kind).fields:  # type: ignore[union-attr]
        for inner in _structs(field.type):
            yield from _sections(f"{key}.{field.encode_name}".lstrip("."), inner)


def _structs(kind: inspect.Type) -> Iterator[type[Struct]]:
    if isinstance(kind, inspect.StructType):
        yield kind.cls
    elif isinstance(kind, inspect.VarTupleType):
        yield from _structs(kind.item_type)
    elif isinstance(kind, inspect.DictType):
        yield from _structs(kind.value_type)
    elif isinstance(kind, inspect.UnionType):
        for member in kind.types:
            yield from _structs(member)


def _first_line(kind: type[Struct]) -> str:
    return (kind.__doc__ or "").partition("\n")[0]


def _keys(kind: type[Struct]) -> str:
    comments = comments_of(kind)
    lines = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for field in inspect.type_info(kind).fields:  # type: ignore[union-attr]
        name = field.encode_name
        default = "required" if field.required else _default(field.default)
        meaning = comments.get(name, "").replace("<", "&lt;").replace("|", "\\|")
        lines.append(f"| `{name}` | {_value(field.type)} | {default} | {meaning} |")
    return "\n".join(lines)


def _default(value: Any) -> str:
    if isinstance(value, Struct):
        return "as below"
    if value in (NODEFAULT, ()):  # a factory's empty collection
        return "none"
    if value in ("", None):
        return ""
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _value(kind: inspect.Type) -> str:
    """What may stand there, in words."""
    match kind:
        case inspect.Metadata():
            return str((kind.extra_json_schema or {}).get("description") or _value(kind.type))
        case inspect.UnionType():
            return " or ".join(_value(each) for each in kind.types if not isinstance(each, inspect.NoneType))
        case inspect.VarTupleType(item_type=inspect.StructType(cls=each)):
            words = "list of sections" if issubclass(each, Section) else f"list: `{each.__name__}`"
        case inspect.VarTupleType():
            words = f"list: {_value(kind.item_type)}"
        case inspect.DictType():
            words = f"{_value(kind.value_type)} by {_value(kind.key_type)}"
        case inspect.TupleType():
            words = f"{len(kind.item_types)} numbers"
        case inspect.EnumType():
            words = ", ".join(f"`{each.value}`" for each in kind.cls if each.value)
        case inspect.StructType():
            words = "section" if issubclass(kind.cls, Section) else f"`{kind.cls.__name__}`"
        case inspect.IntType() | inspect.FloatType():
            words = _range("whole number" if isinstance(kind, inspect.IntType) else "number", kind)
        case inspect.BoolType():
            words = "true or false"
        case _:
            words = "text"
    return words


def _range(word: str, kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.ge is not None and kind.le is not None:
        return f"{word}, {kind.ge:g} to {kind.le:g}"
    bounds = {"≥": kind.ge, ">": kind.gt, "≤": kind.le, "<": kind.lt}
    return " ".join([word, *(f"{sign} {bound:g}" for sign, bound in bounds.items() if bound is not None)])


RENDERERS = {
    "topics": topics,
    "payloads": payloads,
    "node": lambda: options(NodeConfig),
    "aggregator": lambda: options(AggregatorConfig),
    "catalogue": lambda: options(planogram._CatalogueFile),
    "planogram": lambda: options(planogram._PlanogramFile),
    "calibration": lambda: options(CalibrationFile),
}


def render(text: str) -> str:
    """``text`` with every table in it as the sources are now. Raises ``KeyError`` for an unknown table."""
    return _BETWEEN.sub(lambda match: f"{match[1]}{RENDERERS[match[2]]()}\n{match[3]}", text)


FILES: dict[str, Callable[[], dict[str, Any]]] = {
    "asyncapi.json": asyncapi.document,
    "openapi.json": openapi.document,
}
"""Documents for machines, in docs/, and what makes them."""


def written(name: str) -> str:
    """The text of one of ``FILES`` as the sources are now."""
    return msgspec.json.format(encode(FILES[name]()), indent=1).decode() + "\n"


def main() -> None:
    """Rewrite the tables of all pages that have some, and the documents for machines."""
    for name in FILES:
        file = DOCS / name
        text = written(name)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"rewrote {file.relative_to(DOCS.parent)}")
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        if (rendered := render(text)) != text:
            page.write_text(rendered, encoding="utf-8")
            print(f"rewrote {page.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    sys.exit(main())
