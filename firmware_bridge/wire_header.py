"""The firmware's ``wire.h`` and ``wire.c``, written from the table in ``wire``.

``python -m firmware_bridge.wire_header`` writes them, ``--check`` fails when they are stale.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path

from firmware_bridge import framing, wire

FIRMWARE = Path(__file__).parent / "firmware"
NOTICE = (
    "/* Written by `python -m firmware_bridge.wire_header` from firmware_bridge/wire.py. Do not edit. */\n"
)

CONSTANTS = (
    ("WIRE_BAUD", wire.BAUD, "[Bd] speed of the line"),
    ("WIRE_PROTOCOL_VERSION", wire.PROTOCOL_VERSION, "first field of Identity"),
    ("WIRE_MAX_CHANNELS", wire.MAX_CHANNELS, "[channels] of one board"),
    ("WIRE_COUNTS_MIN", wire.COUNTS_MIN, "[counts] lower end of the range, or a failed read"),
    ("WIRE_COUNTS_MAX", wire.COUNTS_MAX, "[counts] upper end of the range"),
    ("WIRE_NO_CHANNEL", wire.NO_CHANNEL, "BoardFault.channel of the whole board"),
    ("WIRE_CRC_INIT", framing.CRC_INIT, "CRC-16/IBM-3740"),
    ("WIRE_CRC_BYTES", framing.CRC_BYTES, "[B] after the payload, high byte first"),
    ("WIRE_MAX_PAYLOAD_BYTES", framing.MAX_PAYLOAD_BYTES, "[B] in one frame"),
    ("WIRE_MAX_ENCODED_BYTES", framing.MAX_ENCODED_BYTES, "[B] between two delimiters"),
)
ENUMS: tuple[type[IntEnum] | type[wire.SampleFlag], ...] = (wire.SampleFlag, wire.BoardFaultCode)

COPYING = """
/* Little-endian whatever the machine's own order is. */
static uint8_t *put_uint8_t(uint8_t *at, uint8_t value) {
    *at = value;
    return at + 1;
}

static uint8_t *put_uint16_t(uint8_t *at, uint16_t value) {
    return put_uint8_t(put_uint8_t(at, (uint8_t)value), (uint8_t)(value >> 8));
}

static uint8_t *put_uint32_t(uint8_t *at, uint32_t value) {
    return put_uint16_t(put_uint16_t(at, (uint16_t)value), (uint16_t)(value >> 16));
}

static uint8_t *put_bytes(uint8_t *at, const uint8_t *bytes, uint8_t length) {
    memcpy(at, bytes, length);
    return at + length;
}

static const uint8_t *get_uint8_t(const uint8_t *at, uint8_t *value) {
    *value = *at;
    return at + 1;
}

static const uint8_t *get_uint16_t(const uint8_t *at, uint16_t *value) {
    *value = (uint16_t)(at[0] | (uint16_t)at[1] << 8);
    return at + 2;
}

static const uint8_t *get_uint32_t(const uint8_t *at, uint32_t *value) {
    uint16_t low, high;
    at = get_uint16_t(get_uint16_t(at, &low), &high);
    *value = low | (uint32_t)high << 16;
    return at;
}

static const uint8_t *get_bytes(const uint8_t *at, uint8_t *bytes, uint8_t length) {
    memcpy(bytes, at, length);
    return at + length;
}
"""


def snake_case(name: str) -> str:
    """``SampleBlock`` as ``sample_block``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def comment(text: str | None) -> str:
    """A docstring's first paragraph as a C comment of one or more lines."""
    paragraph = inspect.cleandoc(text or "").split("\n\n")[0].replace("``", "`")
    return "/* " + paragraph.replace("\n", "\n * ") + " */\n"


def scalars(layout: wire.Layout) -> list[tuple[str, wire.Scalar, str]]:
    """Name, kind and comment of the fields of fixed size."""
    return [
        (each.name, each.kind, each.comment) for each in layout.fields if isinstance(each.kind, wire.Scalar)
    ]


def payload_bytes(layout: wire.Layout) -> str:
    """C expression for the length of a block of ``samples`` and ``channels``."""
    terms = [str(layout.scalars.size)]
    for field in layout.repeated:
        assert isinstance(field.kind, wire.Repeated)  # noqa: S101 - that is what ``repeated`` holds
        terms.append(
            f"(samples) * {field.kind.entry_bytes}ul" + (" * (channels)" if field.kind.per_channel else "")
        )
    return " + ".join(terms)


def declaration(layout: wire.Layout) -> Iterator[str]:
    """What ``wire.h`` says of one message."""
    name = snake_case(layout.message.__name__)
    yield "\n" + comment(layout.message.__doc__)
    yield f"#define WIRE_{name.upper()}_ID 0x{layout.id:02X}\n"
    yield f"#define WIRE_{name.upper()}_BYTES {layout.scalars.size} /* [B] id and scalar fields */\n"
    if layout.repeated:
        yield f"#define WIRE_{name.upper()}_PAYLOAD_BYTES(samples, channels) ({payload_bytes(layout)})\n"
    if scalars(layout):
        yield f"struct wire_{name} {{\n"
        for field, kind, text in scalars(layout):
            yield f"    {kind.c_type} {field}{f'[{kind.length}]' if kind.length > 1 else ''}; /* {text} */\n"
        for each in layout.repeated:
            yield f"    /* then, not copied: {each.kind.c_type} {each.name}[]: {each.comment} */\n"
        yield "};\n"
        yield f"uint8_t *wire_put_{name}(uint8_t *payload, const struct wire_{name} *message);\n"
        yield f"bool wire_get_{name}(struct wire_{name} *message, const uint8_t *payload, uint8_t bytes);\n"


def header() -> str:
    """Text of ``wire.h``."""
    parts = [NOTICE, "#ifndef WIRE_H\n#define WIRE_H\n\n#include <stdbool.h>\n#include <stdint.h>\n\n"]
    parts += [f"#define {name} ({value}) /* {text} */\n" for name, value, text in CONSTANTS]
    for enum in ENUMS:
        prefix = f"WIRE_{snake_case(enum.__name__).upper()}"
        parts += ["\n", comment(enum.__doc__), f"enum {snake_case(enum.__name__)} {{\n"]
        parts += [f"    {prefix}_{member.name} = {member.value},\n" for member in enum]
        parts += ["};\n"]
    parts += [
        "\n/* For each message with fields:\n"
        " * `wire_put_*` writes id and scalar fields; returns the byte after them.\n"
        " * `wire_get_*` reads them; false when id or length is another message's. */\n"
    ]
    for layout in wire.TABLE:
        parts += declaration(layout)
    return "".join([*parts, "\n#endif\n"])


def copying(verb: str, layout: wire.Layout) -> Iterator[str]:
    """A line of C for each scalar field."""
    for field, kind, _ in scalars(layout):
        if kind.length > 1:
            yield f"    at = {verb}_bytes(at, message->{field}, {kind.length});\n"
        else:
            reference = "&" if verb == "get" else ""
            yield f"    at = {verb}_{kind.c_type}(at, {reference}message->{field});\n"


def definition(layout: wire.Layout) -> Iterator[str]:
    """The two functions of one message."""
    name = snake_case(layout.message.__name__)
    constant = f"WIRE_{name.upper()}"
    end = f"{constant}_PAYLOAD_BYTES(message->samples, message->channels)"
    yield f"\nuint8_t *wire_put_{name}(uint8_t *payload, const struct wire_{name} *message) {{\n"
    yield f"    uint8_t *at = put_uint8_t(payload, {constant}_ID);\n"
    yield from copying("put", layout)
    yield "    return at;\n}\n"
    yield f"\nbool wire_get_{name}(struct wire_{name} *message, const uint8_t *payload, uint8_t bytes) {{\n"
    yield f"    if (bytes < {constant}_BYTES || payload[0] != {constant}_ID) {{\n"
    yield "        return false;\n    }\n    const uint8_t *at = payload + 1;\n"
    yield from copying("get", layout)
    yield f"    return bytes == {end};\n}}\n" if layout.repeated else "    return at == payload + bytes;\n}\n"


def source() -> str:
    """Text of ``wire.c``."""
    parts = [NOTICE, '#include "wire.h"\n\n#include <string.h>\n', COPYING]
    for layout in wire.TABLE:
        if scalars(layout):
            parts += definition(layout)
    return "".join(parts)


def main(arguments: list[str] | None = None) -> None:
    """Write both files, or compare them."""
    parser = argparse.ArgumentParser(prog="wire_header", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is stale")
    check = parser.parse_args(arguments).check
    for name, text in (("wire.h", header()), ("wire.c", source())):
        file = FIRMWARE / name
        if not check:
            file.write_text(text, encoding="utf-8")
        elif not file.is_file() or file.read_text(encoding="utf-8") != text:
            sys.exit(f"{file}: stale, run `python -m firmware_bridge.wire_header`")


if __name__ == "__main__":
    main()
