"""Every way a configuration file can be wrong, and what the technician is told."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import AggregatorConfig, CalibrationFile, NodeConfig
from edge.errors import ConfigError
from edge.yaml_file import dump_yaml, load_yaml, parse_yaml

NODE = """\
store: s1
node: n1
boards:
  - rack: r1
    port: /dev/one
    plates: [g/1/1, g/1/2]
"""


class Goods(msgspec.Struct, forbid_unknown_fields=True):
    sku: str
    weight_g: float
    name: str
    units: int
    sold: bool


SECOND_BOARD = """\
  - rack: {rack}
    port: {port}
    plates: [{plates}]
"""


def fault(text: str, kind: type = NodeConfig) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, kind, file=Path("node.yaml"))
    return caught.value


def test_defaults_fill_what_is_not_written() -> None:
    config = parse_yaml(NODE, NodeConfig, file=Path("node.yaml"))
    assert config.boards[0].plates == ("g/1/1", "g/1/2")
    assert (config.broker.port, config.boards[0].rate_hz) == (1883, 80.0)
    assert parse_yaml("store: s1", AggregatorConfig, file=Path("a.yaml")).nodes == ()


@pytest.mark.parametrize(
    ("text", "line", "key", "what", "found", "expected"),
    [
        (NODE + "brokr: {}\n", 7, "brokr", "unknown key", "`brokr`", "broker"),
        (NODE + "broker:\n  prt: 1\n", 8, "broker.prt", "unknown key", "`prt`", "port"),
        (NODE + "    rat: 1\n", 7, "boards[0].rat", "unknown key", "`rat`", "rate_hz"),
        (NODE + "broker:\n  port: many\n", 8, "broker.port", "wrong type", "`many`", "a whole number"),
        (NODE + "broker: [1, 2]\n", 7, "broker", "wrong type", "a list of 2", "a mapping"),
        (NODE + "health_every_s:\n", 7, "health_every_s", "wrong type", "nothing", "a number"),
        (NODE + "state_dir: 7\n", 7, "state_dir", "wrong type", "`7`", "text"),
        (NODE + "broker:\n  port: 70000\n", 8, "broker.port", "wrong value", "`70000`", "<= 65535"),
        (NODE + "weight:\n  hop_s: -1\n", 8, "weight.hop_s", "wrong value", "`-1`", ">= 0.02"),
        (NODE + "health_every_s: .nan\n", 7, "", "not a finite number", "`.nan`", ""),
        (NODE.replace("g/1/2", "g12"), 6, "boards[0].plates[1]", "wrong value", "`g12`", "gondola/shelf/"),
        (NODE.replace("s1", "a b"), 1, "store", "wrong value", "`a b`", "letters, digits"),
        (NODE + "store: s2\n", 7, "store", "duplicate key", "on line 1", ""),
        (NODE.replace("    port: /dev/one\n", ""), 4, "boards[0].port", "not named", "none", "`board_id`"),
        ("node: n1\n", 1, "store", "missing key", "", ""),
        ("", 0, "store", "missing key", "", ""),
        ("- 1\n", 1, "", "wrong type", "a list of 1", "a mapping"),
        ("hello", 1, "", "wrong type", "`hello`", "a mapping"),
        (NODE + "5: 3\n", 7, "", "key that is no text", "`5`", ""),
        ("store: s1\nnode: n1\n", 1, "", "either `boards` or a `recording`", "", ""),
    ],
)  # fmt: skip
def test_a_fault_names_line_key_found_and_expected(
    text: str, line: int, key: str, what: str, found: str, expected: str
) -> None:
    error = fault(text)
    assert (error.line, error.key) == (line, key)
    assert what in error.what
    assert found in error.found
    assert expected in error.expected
    assert str(error).startswith(f"node.yaml:{line}: " if line else "node.yaml: ")


@pytest.mark.parametrize(
    ("rack", "port", "plates", "line", "key", "what"),
    [
        ("r1", "/dev/two", "g/1/3", 7, "boards[1].rack", "duplicate rack"),
        ("r2", "/dev/one", "g/1/3", 8, "boards[1].port", "duplicate port"),
        ("r2", "/dev/../dev/one", "g/1/3", 8, "boards[1].port", "duplicate port"),
        ("r2", "/dev/two", "g/1/3, g/1/2", 9, "boards[1].plates[1]", "duplicate plate"),
    ],
)
def test_a_duplicate_is_shown_where_it_stands(
    rack: str, port: str, plates: str, line: int, key: str, what: str
) -> None:
    error = fault(NODE + SECOND_BOARD.format(rack=rack, port=port, plates=plates))
    assert (error.line, error.key, error.what) == (line, key, what)
    assert "also at boards[0]" in error.found


@pytest.mark.parametrize(
    ("section", "option", "value"),
    [
        ("weight", "noise_s", "1.0e-9"),
        ("weight", "settle_max_s", "1.0e+308"),
        ("fusion", "sku_sigma_min_g", "1.0e+308"),
        ("fusion", "catalogue_wrong", "0.0"),
        ("fusion", "quantity_ratio", "1.0"),
    ],
)
def test_a_number_that_nothing_can_be_computed_with_is_refused(section: str, option: str, value: str) -> None:
    error = fault(f"{NODE}{section}:\n  {option}: {value}\n")
    assert (error.key, error.found) == (f"{section}.{option}", f"`{value}`")


def test_a_misspelt_key_is_answered_with_the_nearest_one() -> None:
    assert fault(NODE + "broker:\n  keepalive: 5\n").fix == "Did you mean `keepalive_s`?"


@pytest.mark.parametrize(
    ("text", "value"), [("1e3", 1000.0), ("010", 10.0), ("+.5", 0.5), ("2.", 2.0), ("1.5E-1", 0.15)]
)
def test_numbers_are_read_as_people_write_them(text: str, value: float) -> None:
    config = parse_yaml(NODE + f"health_every_s: {text}\n", NodeConfig, file=Path("node.yaml"))
    assert config.health_every_s == value


@pytest.mark.parametrize("text", ["1:30", "yes", "0x10", "1_000", ".inf"])
def test_what_is_a_number_in_no_shop_is_none(text: str) -> None:
    assert fault(NODE + f"health_every_s: {text}\n").expected in ("a number", "")


@given(
    text=st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=12)
    | st.from_regex(r"[-+]?[0-9.eE:_ox]{1,8}", fullmatch=True)
)
def test_what_is_written_is_read_as_it_was(text: str) -> None:
    content = {"sku": text, "weight_g": 1e-09, "name": "no", "units": 10, "sold": True}
    read = parse_yaml(dump_yaml(content), Goods, file=Path("goods.yaml"))
    assert msgspec.to_builtins(read) == content


def test_a_barcode_without_quotes_is_told_so() -> None:
    assert fault(NODE.replace("store: s1", "store: 0711")).fix == "Put it in quotes."


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("store: [1\n", 2),
        ("store:\n\tnode: 1\n", 2),
        ("store: s1\nnode: \x00\n", 2),
        ("store: &a s1\nnode: *a\n", 2),
        ("store: s1\nstate_dir: !!python/object:os.system x\n", 2),
        ("store: s1\n---\nnode: n1\n", 2),
        ("store: " + "[" * 5000, 0),
        ("store: !!int many\n", 0),
        ("store: !!timestamp 2026-13-45\n", 0),
    ],
    ids=[
        "unclosed",
        "tab",
        "control character",
        "alias",
        "foreign tag",
        "two documents",
        "deep nesting",
        "unfit tag",
        "no date",
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(text: str, line: int) -> None:
    error = fault(text)
    assert "not valid YAML" in error.what
    assert error.line == line


def test_dates_stay_text() -> None:
    text = "board_id: b1\ndate: 2026-01-31\nchannels: [{zero_counts: 1, counts_per_gram: -420.5}]\n"
    assert parse_yaml(text, CalibrationFile, file=Path("b1.yaml")).date == "2026-01-31"


def test_a_calibration_without_slope_names_the_channel() -> None:
    error = fault(
        "board_id: b1\ndate: x\nchannels:\n  - {zero_counts: 1, counts_per_gram: 2}\n"
        "  - zero_counts: 1\n    counts_per_gram: 0\n",
        CalibrationFile,
    )
    assert (error.line, error.key) == (6, "channels[1].counts_per_gram")


def test_unreadable_files_are_config_errors(tmp_path: Path) -> None:
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("store: s1\nnode: Kühlregal\n".encode("latin-1"))
    for file, line, words in (
        (tmp_path / "absent.yaml", 0, "No such file"),
        (tmp_path, 0, "Is a directory"),
        (latin, 2, "UTF-8"),
    ):
        with pytest.raises(ConfigError, match=words) as caught:
            load_yaml(file, NodeConfig)
        assert (caught.value.file, caught.value.line) == (file, line)


@given(st.text(max_size=60))
def test_any_text_gives_a_config_or_a_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        assert parse_yaml(text, AggregatorConfig, file=Path("a.yaml")).store


YAML_LINES = [
    "store: s1\n",
    "node: n1\n",
    "boards:\n",
    "  - rack: r\n",
    "    plates:\n",
    "- ",
    ": ",
    "? ",
    "#",
    "<<: ",
]
YAML_VALUES = [
    "[",
    "]",
    "{",
    "}",
    "'",
    '"',
    "~",
    "&a ",
    "*a",
    "!!float x",
    "!!int 'a'",
    "!!binary '*'",
    "1e999",
    "0x",
]


@given(st.lists(st.sampled_from(YAML_LINES + YAML_VALUES), max_size=12).map("".join))
def test_any_yaml_gives_a_config_or_a_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        assert parse_yaml(text, NodeConfig, file=Path("a.yaml")).node


@pytest.mark.parametrize("value", [r'"a\0b"', r'"\x1b[31m"', r'"\ud800"'])
def test_text_that_cannot_be_written_is_refused(tmp_path: Path, value: str) -> None:
    file = tmp_path / "node.yaml"
    file.write_text(f"store: s\nnode: {value}\n")
    with pytest.raises(ConfigError, match=r"node.yaml:2: .*(characters|YAML)"):
        load_yaml(file, NodeConfig)


def test_a_pipe_is_no_configuration(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "node.yaml")
    with pytest.raises(ConfigError, match="not a regular file"):
        load_yaml(tmp_path / "node.yaml", NodeConfig)
