"""Lines of sketches that people have, and lines that are no reading."""

from __future__ import annotations

import sys

import pytest

from firmware_bridge.drivers.dialogue import Unit
from firmware_bridge.drivers.hx711_text import Hx711Text
from firmware_bridge.errors import DriverMissingError, DriverOptionError


def read(line: str, end: str = "\r\n", **options: object) -> set[tuple[float, ...]]:
    """Values of a line that a sketch prints again and again."""
    sketch = Hx711Text(**{"channels": 1, **options})  # type: ignore[arg-type]
    return {reading.values for reading in sketch.receive((end + 5 * (line + end)).encode(), 0)}


@pytest.mark.parametrize(
    ("line", "channels", "values"),
    [
        ("12345", 1, (12345,)),
        ("-7", 1, (-7,)),
        ("HX711 reading: -8388608", 1, (-8388608,)),
        ("Reading: 8388607 counts", 1, (8388607,)),
        ("a:123 b:456", 2, (123, 456)),
        ("s1=123;s2=-456", 2, (123, -456)),
        ("1,2,-3,4", 4, (1, 2, -3, 4)),
        ("1\t2\t3", 3, (1, 2, 3)),
        ("loadcell1: 5 loadcell2: 6", 2, (5, 6)),
        ("  42  ", 1, (42,)),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_numbers_of_a_line_are_its_channels(line: str, channels: int, values: tuple, end: str) -> None:
    assert read(line, end, channels=channels) == {values}


@pytest.mark.parametrize(
    ("line", "unit", "grams"),
    [
        ("12.3", Unit.G, 12.3),
        ("Reading: -0.5 kg", Unit.KG, -500.0),
        ("Weight: 2.205lbs", Unit.LB, 2.205 * 453.59237),
        ("16.0 oz", Unit.OZ, 453.59237),
    ],
)
def test_units_become_grams(line: str, unit: Unit, grams: float) -> None:
    ((found,),) = read(line, unit=unit)
    assert found == pytest.approx(grams)
    assert not Hx711Text(channels=1, unit=unit).gives_counts


@pytest.mark.parametrize(
    "line",
    ["HX711 Demo", "8388608", "-8388609", "12.5", "1 2", "1.2.3", "nan", "\xff12\xfe13", "1" * 300],
)
def test_what_is_no_count_is_refused_and_said(line: str) -> None:
    sketch = Hx711Text(channels=1)
    assert sketch.receive(b"\n" + 5 * (line.encode("latin-1") + b"\n"), 0) == []
    if len(line) < 256:
        assert sketch.refused_total == 5
        assert sketch.complaint


def test_only_lines_of_the_usual_shape_are_readings() -> None:
    sketch = Hx711Text(channels=1)
    said = b"\nHX711 Demo\nread: 7\n1\n2\n3\n4\nread: 8\n5\n\x01\n6\n"
    assert [reading.values for reading in sketch.receive(said, 0)] == [(3,), (4,), (5,), (6,)]
    assert [reading.values for reading in sketch.receive(b"w 1\nw 2\nw 3\nw 4\n", 0)] == [(3,), (4,)]


def test_a_pattern_picks_its_groups() -> None:
    line = "one reading:\t12.3\t| average:\t12.4"
    assert read(line, unit=Unit.G) == set()
    assert read(line, unit=Unit.G, pattern=r"one reading:\s*(\S+)") == {(12.3,)}
    assert read(line, unit=Unit.G, pattern=r"(\w+) reading") == set()  # the group is no number
    assert read(line, unit=Unit.G, pattern=r"(\d)?xyz") == set()


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(", "not a regular expression"),
        (r"(?=x)(\d)", "not a regular expression"),
        ("((a{1000}){1000})", "not a regular expression"),
        (r"\d+", "found 0, expected 1, one a plate"),
    ],
)
def test_a_pattern_that_cannot_work_is_refused(pattern: str, told: str) -> None:
    with pytest.raises(DriverOptionError) as caught:
        Hx711Text(channels=1, pattern=pattern)
    assert told in str(caught.value)


def test_no_pattern_holds_the_node_up() -> None:
    """In a backtracking matcher, each further letter doubles the time of this one."""
    line = 250 * "a" + " 12"
    assert read(line, pattern=r"(?:a+)+b(\d+)") == set()


def test_without_re2_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    assert Hx711Text(channels=1)
    with pytest.raises(DriverMissingError) as caught:
        Hx711Text(channels=1, pattern=r"(\d+)")
    assert "pip install 'steelyard[patterns]'" in str(caught.value)
