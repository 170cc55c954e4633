"""Writes the tables of docs/ from the declarations they describe: ``python -m tools.doc_tables``.

A table stands between ``<!-- table NAME -->`` and ``<!-- end -->``; the text around it is written by hand.
"""

from __future__ import annotations

import ast
import inspect as source
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec import NODEFAULT, Struct, inspect

from edge import planogram
from edge.config import AggregatorConfig, CalibrationFile, NodeConfig
from edge.topics import TABLE

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
    comments = _comments(kind)
    lines = ["| key | value | default | meaning |", "|---|---|---|---|"]
    for field in inspect.type_info(kind).fields:  # type: ignore[union-attr]
        name = field.encode_name
        default = "required" if field.required else _default(field.default)
        meaning = comments.get(name, "").replace("<", "&lt;").replace("|", "\\|")
        lines.append(f"| `{name}` | {_value(field.type)} | {default} | {meaning} |")
    return "\n".join(lines)


def _comments(kind: type[Struct]) -> dict[str, str]:
    """What the source says behind each field."""
    text = source.getsource(kind)
    lines = text.splitlines()
    fields = [each for each in ast.parse(text).body[0].body if isinstance(each, ast.AnnAssign)]  # type: ignore[attr-defined]
    return {
        field.target.id: lines[(field.end_lineno or 0) - 1].partition("  # ")[2]
        for field in fields
        if isinstance(field.target, ast.Name)
    }


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
        case inspect.VarTupleType(item_type=inspect.StructType()):
            words = "list of sections"
        case inspect.VarTupleType():
            words = f"list: {_value(kind.item_type)}"
        case inspect.DictType():
            words = f"{_value(kind.value_type)} by {_value(kind.key_type)}"
        case inspect.TupleType():
            words = f"{len(kind.item_types)} numbers"
        case inspect.StructType():
            words = "section"
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
    "node": lambda: options(NodeConfig),
    "aggregator": lambda: options(AggregatorConfig),
    "catalogue": lambda: options(planogram._CatalogueFile),
    "planogram": lambda: options(planogram._PlanogramFile),
    "calibration": lambda: options(CalibrationFile),
}


def render(text: str) -> str:
    """``text`` with every table in it as the sources are now. Raises ``KeyError`` for an unknown table."""
    return _BETWEEN.sub(lambda match: f"{match[1]}{RENDERERS[match[2]]()}\n{match[3]}", text)


def main() -> None:
    """Rewrite the tables of all pages that have some."""
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        if (rendered := render(text)) != text:
            page.write_text(rendered, encoding="utf-8")
            print(f"rewrote {page.relative_to(DOCS.parent)}")


if __name__ == "__main__":
    sys.exit(main())
