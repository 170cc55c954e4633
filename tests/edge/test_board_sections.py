"""What a board's section may say of its driver and its port, and how a wrong one is answered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.config import DRIVERS, NodeConfig
from edge.errors import ConfigError
from edge.yaml_file import parse_yaml

HEAD = "store: s1\nnode: n1\nboards:\n"
BOARD = "  - {{rack: {rack}, plates: [g/1/{plate}], {rest}}}\n"


def boards(*rests: str) -> NodeConfig:
    rows = [BOARD.format(rack=f"r{n}", plate=n, rest=rest) for n, rest in enumerate(rests)]
    return parse_yaml(HEAD + "".join(rows), NodeConfig, file=Path("node.yaml"))


@pytest.mark.parametrize(
    ("rest", "gives_counts", "is_looked_for", "is_identified"),
    [
        ("port: p", True, False, False),
        ("board_id: 00000000000000aa", True, True, True),
        ("board_id: 00000000000000aa, port: /dev/ttyACM*", True, True, True),
        ("driver: hx711_text, port: p", True, False, False),
        ("driver: hx711_text, port: p, board_id: left, hx711_text: {unit: kg}", False, False, False),
        (
            "driver: mt_sics, port: p, board_id: B021002593, resolution_g: 1, mt_sics: {ask: true}",
            False,
            False,
            True,
        ),
        (
            "driver: modbus_rtu, port: p, resolution_g: 5, modbus_rtu: {inputs: [{slave: 1}]}",
            False,
            False,
            False,
        ),
        ("driver: modbus_rtu, port: p, modbus_rtu: {inputs: [{slave: 1}], unit: counts}", True, False, False),
    ],
)
def test_what_a_section_means(
    rest: str, gives_counts: bool, is_looked_for: bool, is_identified: bool
) -> None:
    (board,) = boards(rest).boards
    assert board.gives_counts is gives_counts
    assert board.is_looked_for is is_looked_for
    assert board.is_identified is is_identified


@pytest.mark.parametrize(
    ("rest", "key", "told"),
    [
        (
            "port: p, driver: hx711",
            "driver",
            "found `hx711`, expected steelyard or hx711_text or mt_sics or modbus",
        ),
        ("port: p, driver: mt_sics, mt_sics: {boud: 9600}", "mt_sics.boud", "Did you mean `baud`?"),
        (
            "port: p, driver: mt_sics, mt_sics: {baud: fast}",
            "mt_sics.baud",
            "found `fast`, expected a whole number",
        ),
        ("port: p, driver: mt_sics, mt_sics: {character: 8X1}", "mt_sics.character", "as in 8N1"),
        ("port: p, mt_sics: {}", "mt_sics", "options of another driver, expected those of `steelyard`"),
        ("port: p, driver: modbus_rtu", "modbus_rtu", "expected a section with `inputs`"),
        (
            "port: p, driver: modbus_rtu, modbus_rtu: {inputs: [{slave: 1}, {slave: 2}]}",
            "plates",
            "another number of plates than of inputs, found 1, expected 2",
        ),
        (
            "port: p, driver: modbus_rtu, modbus_rtu: {inputs: [{slave: 248}]}",
            "modbus_rtu.inputs[0].slave",
            "<= 247",
        ),
        (
            "port: p, driver: modbus_rtu, modbus_rtu: {inputs: [{slave: 1}], scale: 0}",
            "modbus_rtu.scale",
            "every weight would be 0",
        ),
        (
            "port: p, driver: modbus_rtu, modbus_rtu: {inputs: [{slave: 1, address: 65535}]}",
            "modbus_rtu.inputs[0].address",
            "its second register is beyond the last, found 65535, expected at most 65534 for int32",
        ),
        (
            "port: p, driver: modbus_rtu, modbus_rtu: {inputs: [{slave: 1}, {slave: 1, address: 1}]}",
            "modbus_rtu.inputs[1].address",
            "two plates read the same register, found register 1 of slave 1, also of inputs[0]",
        ),
        ("port: p, driver: hx711_text, board_id: ../other", "board_id", "letters, digits or _ . : -"),
        (
            "port: p, driver: hx711_text, hx711_text: {pattern: '('}",
            "hx711_text.pattern",
            "not a regular expression",
        ),
        (
            "port: p, driver: hx711_text, hx711_text: {pattern: 'a'}",
            "hx711_text.pattern",
            "found 0, expected 1",
        ),
        ("port: p, driver: hx711_text, hx711_text: {unit: stone}", "hx711_text.unit", "found `stone`"),
        ("port: p, driver: mt_sics, resolution_g: 1, calibration: a.yaml", "calibration", "needs none"),
        (
            "port: p, driver: mt_sics",
            "resolution_g",
            "missing key, expected the step of the scale's readings in g",
        ),
        ("driver: mt_sics, board_id: B02", "port", "a port that is not named, found none"),
        ("port: /dev/ttyUSB*", "port", "found `/dev/ttyUSB*`, expected one path, or the `board_id`"),
    ],
)
def test_what_does_not_fit_is_named_with_its_line(rest: str, key: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        boards(rest)
    assert caught.value.line == 4
    assert caught.value.key == f"boards[0].{key}"
    assert told in str(caught.value)


def test_the_example_of_the_page_is_a_configuration() -> None:
    page = Path(__file__).parent.parent.parent / "docs" / "drivers.md"
    (text,) = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    config = parse_yaml(text, NodeConfig, file=page)
    assert {board.driver for board in config.boards} == set(DRIVERS)


def test_numbered_ports_of_several_boards_need_ids() -> None:
    """``ttyUSB0`` and ``ttyUSB1`` may be each other after replugging."""
    assert boards("port: /dev/ttyUSB0")
    assert boards("port: /dev/ttyUSB0, board_id: 00000000000000aa", "port: /dev/serial/by-path/x")
    with pytest.raises(ConfigError) as caught:
        boards(
            "port: /dev/ttyUSB0, board_id: 00000000000000aa",
            "port: /dev/ttyUSB1, driver: hx711_text, board_id: b",
        )
    assert (caught.value.line, caught.value.key) == (5, "boards[1].port")
    assert "/dev/serial/by-path" in caught.value.expected


def test_one_board_is_named_once() -> None:
    assert len(boards("board_id: 00000000000000aa", "board_id: 00000000000000bb").boards) == 2
    with pytest.raises(ConfigError) as caught:
        boards("board_id: 00000000000000aa", "board_id: 00000000000000AA")
    assert caught.value.what == "duplicate board id"
