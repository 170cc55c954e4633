"""Reads YAML files into typed sections and says exactly what is wrong with a file that does not fit.

A fault names file, line, key, what was found and what was expected. Values are read plainly: a date stays
text, and there are no anchors, aliases or merge keys, so that every value stands where it is used.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import msgspec
import yaml
from msgspec import inspect

from edge.errors import ConfigError


class FieldError(ValueError):
    """Raised by a section's ``__post_init__`` when fields contradict each other; ``path`` says where.

    Attributes:
        path: the offending value below the section, e.g. ``boards[1].port``; empty for the section itself.
    """

    def __init__(self, path: str, what: str, *, found: str = "", expected: str = "") -> None:
        self.path, self.what, self.found, self.expected = path, what, found, expected
        super().__init__(f"{path}: {what}" if path else what)


def refuse_duplicates(what: str, places: Iterable[tuple[str, str]]) -> None:
    """Raise ``FieldError`` at the second place of a value; ``places`` are (path, value)."""
    first: dict[str, str] = {}
    for path, value in places:
        if value in first:
            raise FieldError(path, f"duplicate {what}", found=f"`{value}`, also at {first[value]}")
        first[value] = path


LARGEST_BYTES = 16_000_000
"""A planogram of 10,000 facings is 2 MB."""

FileT = TypeVar("FileT", bound=msgspec.Struct)


def load_yaml(file: Path, kind: type[FileT]) -> FileT:
    """Read and validate one YAML file.

    Raises:
        ConfigError: not readable, not YAML, or anything in it is not as ``kind`` declares.
    """
    try:
        if file.exists() and not (file.is_file() or file.is_dir()):
            raise ConfigError("not a regular file", file=file, fix="Name a YAML file.")
        if file.exists() and file.stat().st_size > LARGEST_BYTES:
            raise ConfigError(
                "too large for a configuration", file=file, found=f"{file.stat().st_size} bytes",
                expected=f"at most {LARGEST_BYTES}",
            )  # fmt: skip
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot read the file: {error.strerror or error}", file=file, fix="Check path and rights."
        ) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            "not UTF-8 text", file=file, line=line, found=f"byte 0x{error.object[error.start]:02x}",
            fix="Save the file as UTF-8.",
        ) from error  # fmt: skip
    return parse_yaml(text, kind, file=file)


def parse_yaml(text: str, kind: type[FileT], *, file: Path) -> FileT:
    """Validate YAML ``text``; ``file`` is for error messages alone. Raises as :func:`load_yaml`."""
    try:
        loader = _PlainLoader(text)
        node = loader.get_single_node()
        _refuse_ambiguity(node, file)
        document = loader.construct_document(node) if node is not None else {}
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ConfigError(f"not valid YAML: {error.problem}", file=file, line=line) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        raise ConfigError(f"not valid YAML: {error.reason}", file=file, line=line) from error
    except ValueError as error:  # a tag that its text does not fit, as in `!!int many`
        raise ConfigError(f"not valid YAML: {error}", file=file) from error
    except RecursionError as error:
        raise ConfigError("not valid YAML: nested too deeply", file=file) from error
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise _explain(error, node, kind, file) from error


def dump_yaml(content: object, *, width: int = 110) -> str:
    """YAML text that :func:`load_yaml` reads as it was: text that looks like a number is quoted."""
    return yaml.dump(content, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=width)


class _PlainDumper(yaml.SafeDumper):
    """YAML without aliases, for readers of 1.2 and of 1.1."""

    def ignore_aliases(self, data: object) -> bool:
        return True


class _PlainLoader(yaml.SafeLoader):
    """YAML without dates, aliases and merge keys."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.get_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not supported", mark)
        return super().compose_node(parent, index)


def _plain_scalar(name: str, pattern: str, first: str, read: Callable[[str], object]) -> None:
    """Let plain text that fits ``pattern``, and begins with one of ``first``, mean what ``read`` gives."""

    def construct(loader: _PlainLoader, node: yaml.ScalarNode) -> object:
        return read(loader.construct_scalar(node))

    tag = f"tag:yaml.org,2002:{name}"
    for reader_or_writer in (_PlainLoader, _PlainDumper):
        reader_or_writer.add_implicit_resolver(tag, re.compile(rf"(?:{pattern})\Z"), list(first) or [""])
    _PlainLoader.add_constructor(tag, construct)


# The core schema of YAML 1.2 (section 10.3.2), less its hexadecimals. By YAML 1.1, which PyYAML speaks, `010`
# is 8, `1:30` is 90, `yes` is true and `1e3` is text.
_PlainLoader.yaml_implicit_resolvers = {}
_plain_scalar("null", "", "", lambda text: None)
_plain_scalar("null", "~|null|Null|NULL", "~nN", lambda text: None)
_plain_scalar("bool", "true|True|TRUE|false|False|FALSE", "tTfF", lambda text: text.lower() == "true")
_plain_scalar("int", "[-+]?[0-9]+", "-+0123456789", int)
_plain_scalar("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789", float)


_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE)


def _refuse_ambiguity(node: yaml.Node | None, file: Path) -> None:
    """Refuse what YAML allows and nobody means: repeated keys (the last would win), NaN, control codes."""
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            here = key.start_mark.line + 1
            if key.tag != "tag:yaml.org,2002:str":
                found = f"`{key.value}`" if isinstance(key, yaml.ScalarNode) else "a list or mapping"
                raise ConfigError("key that is no text", file=file, line=here, found=found, fix="Quote it.")
            if key.value in lines:
                raise ConfigError(
                    "duplicate key", file=file, line=here, key=key.value,
                    found=f"the same key on line {lines[key.value]}", fix="Keep one of the two.",
                )  # fmt: skip
            lines[key.value] = here
            _refuse_ambiguity(value, file)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_ambiguity(item, file)
    elif isinstance(node, yaml.ScalarNode) and _UNWRITABLE.search(node.value):
        raise ConfigError(
            "characters that no name or path can have", file=file, line=node.start_mark.line + 1,
            found=ascii(node.value[:60]), expected="text that can be printed",
        )  # fmt: skip
    elif isinstance(node, yaml.ScalarNode) and _NOT_FINITE.fullmatch(node.value) and node.style is None:
        line = node.start_mark.line + 1
        raise ConfigError("not a finite number", file=file, line=line, found=f"`{node.value}`")


# --- explanations ---------------------------------------------------------------------------------

_UNKNOWN = re.compile(r"Object contains unknown field `(.+)`")
_MISSING = re.compile(r"Object missing required field `(.+)`")
_EXPECTED = re.compile(r"Expected (?P<expected>.+?)(?:, got (?P<found>.+))?$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
_IN_WORDS = {
    "`object`": "a mapping", "`array`": "a list", "`str`": "text", "`int`": "a whole number",
    "`float`": "a number", "`bool`": "true or false", "`null`": "nothing",
}  # fmt: skip


def _explain(
    error: msgspec.ValidationError, node: yaml.Node | None, kind: type[msgspec.Struct], file: Path
) -> ConfigError:
    """Turn a validation message with a JSON path into file, line, key, found and expected."""
    what, _, at_path = str(error).partition(" - at `")
    path = (
        at_path.rpartition("` in `")[2].removeprefix("$").removesuffix("`")
    )  # "key` in `$.plates" of a dict's key
    if isinstance(cause := error.__cause__, FieldError):
        path += f".{cause.path}" if cause.path else ""
        line, _ = _locate(node, path)
        return ConfigError(
            cause.what, file=file, line=line, key=path.lstrip("."), found=cause.found, expected=cause.expected
        )
    if unknown := _UNKNOWN.search(what):
        name = unknown[1]
        line, _ = _locate(node, f"{path}.{name}")
        names = _keys_at(kind, path)
        near = difflib.get_close_matches(name, names, 1)
        return ConfigError(
            "unknown key", file=file, line=line, key=f"{path}.{name}".lstrip("."), found=f"`{name}`",
            expected=f"one of {', '.join(names)}",
            fix=f"Did you mean `{near[0]}`?" if near else "docs/configuration.md lists all keys.",
        )  # fmt: skip
    line, at = _locate(node, path)
    if missing := _MISSING.search(what):
        return ConfigError(
            "missing key", file=file, line=line, key=f"{path}.{missing[1]}".lstrip("."), fix="Add it."
        )
    found = expected = fix = ""
    if expectation := _EXPECTED.search(what):
        what = "wrong type" if expectation["found"] else "wrong value"
        expected = expectation["expected"]
        found = expectation["found"] or ""
        if isinstance(at, yaml.ScalarNode):
            found = f"`{at.value}`" if at.value else "nothing"
        elif isinstance(at, yaml.SequenceNode):
            found = f"a list of {len(at.value)}"
        if expected == "`str`" and isinstance(at, yaml.ScalarNode):
            fix = "Put it in quotes."
        if " matching regex " in expected:
            expected = _description_at(kind, path) or expected
        for term, words in _IN_WORDS.items():
            expected, found = expected.replace(term, words), found.replace(term, words)
    return ConfigError(
        what, file=file, line=line, key=path.lstrip("."), found=found, expected=expected, fix=fix
    )


def _steps(path: str) -> list[tuple[str, str]]:
    """(key, "") and ("", index) of a JSON path such as ``.boards[0].port``; ("", "") for a dict's entry."""
    return _STEP.findall(path if path.startswith(("[", ".")) else f".{path}")


def _locate(node: yaml.Node | None, path: str) -> tuple[int, yaml.Node | None]:
    """1-based line and node at a JSON path; the line of the deepest part that exists when it ends early."""
    line = node.start_mark.line + 1 if node is not None else 0
    for key, index in _steps(path):
        if key and isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == key), None)
            if pair is None:
                return line, None
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif index and isinstance(node, yaml.SequenceNode) and int(index) < len(node.value):
            node = node.value[int(index)]
            line = node.start_mark.line + 1
        else:
            return line, None
    return line, node


def _type_at(kind: type[msgspec.Struct], path: str) -> inspect.Type | None:
    """The declared type of the value at a JSON path; ``None`` where nothing is declared."""
    here: inspect.Type | None = inspect.type_info(kind)
    for key, index in _steps(path):
        if key:
            fields = here.fields if isinstance(here := _bare(here), inspect.StructType) else ()
            here = next((field.type for field in fields if field.encode_name == key), None)
        elif index:
            here = here.item_type if isinstance(here := _bare(here), inspect.VarTupleType) else None
        else:
            here = here.value_type if isinstance(here := _bare(here), inspect.DictType) else None
    return here


def _bare(kind: inspect.Type | None) -> inspect.Type | None:
    """A type without its description, and without the ``None`` that it may be instead."""
    if isinstance(kind, inspect.Metadata):
        return _bare(kind.type)
    if isinstance(kind, inspect.UnionType):
        return next(
            (_bare(member) for member in kind.types if not isinstance(member, inspect.NoneType)), None
        )
    return kind


def _keys_at(kind: type[msgspec.Struct], path: str) -> tuple[str, ...]:
    """Keys that the section at a JSON path may have."""
    section = _bare(_type_at(kind, path))
    return tuple(f.encode_name for f in section.fields) if isinstance(section, inspect.StructType) else ()


def _description_at(kind: type[msgspec.Struct], path: str) -> str:
    """What the declaration at a JSON path, or of the keys there, says about its pattern, in words."""
    declared = _type_at(kind, path)
    if isinstance(declared, inspect.DictType):
        declared = declared.key_type
    schema = declared.extra_json_schema if isinstance(declared, inspect.Metadata) else None
    return str((schema or {}).get("description", ""))
