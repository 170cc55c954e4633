"""Answers of MT-SICS scales, and what they make the host ask."""

from __future__ import annotations

import math

import pytest

from firmware_bridge.drivers.mt_sics import MtSics

MS = 1_000_000


def hear(*lines: str) -> list[tuple[float, bool]]:
    scale = MtSics()
    data = "\r\n" + "".join(f"{line}\r\n" for line in lines)
    return [(reading.values[0], reading.stable) for reading in scale.receive(data.encode(), 0)]


@pytest.mark.parametrize(
    ("line", "grams", "stable"),
    [
        ("S S     100.00 g", 100.0, True),
        ("S D      -0.05 g", -0.05, False),
        ("S S -     0.05 g", -0.05, True),
        ("S S      1.234 kg", 1234.0, True),
        ("S S     1000.0 mg", 1.0, True),
        ("S D       1.00 lb", 453.59237, False),
        ("S D       1.00 oz", 28.349523125, False),
        ("S +", math.inf, False),
        ("S -", -math.inf, False),
    ],
)
def test_a_reading(line: str, grams: float, stable: bool) -> None:
    assert hear(line) == [(pytest.approx(grams), stable)]


@pytest.mark.parametrize(
    "line",
    [
        "S I",
        "ES",
        "ET",
        "EL",
        "S L",
        "S S 100.00 pcs",
        "S S 100.00",
        "S X 1.0 g",
        "S S 1e5 g",
        "SS 1.0 g",
        "Z A",
    ],
)
def test_what_is_no_reading(line: str) -> None:
    assert hear(line) == []


def test_being_busy_is_no_complaint_and_nonsense_is() -> None:
    scale = MtSics()
    scale.receive(b"\r\nS I\r\n", 0)
    assert (scale.refused_total, scale.complaint) == (0, "")
    scale.receive(b"Hello\r\n", 0)
    assert (scale.refused_total, scale.complaint) == (1, "'Hello' is no MT-SICS reading")


def test_it_asks_who_is_there_then_for_readings_and_again_after_a_silence() -> None:
    scale = MtSics()
    assert scale.tick(0) == b"I4\r\n"
    assert scale.tick(1 * MS) == b""
    scale.receive(b'\r\nI4 A "B021002593"\r\n', 2 * MS)
    assert scale.serial_number == "B021002593"
    assert scale.tick(3 * MS) == b"SIR\r\n"
    assert scale.tick(4 * MS) == b""
    scale.receive(b"S S     100.00 g\r\n", 1500 * MS)
    assert scale.tick(3000 * MS) == b""
    assert scale.tick(3501 * MS) == b"SIR\r\n"
    scale.receive(b'I4 A "B021002593"\r\n', 3600 * MS)  # power came back
    assert scale.tick(3601 * MS) == b"SIR\r\n"


def test_a_scale_that_talks_already_is_asked_its_name_all_the_same() -> None:
    scale = MtSics()
    scale.receive(b"\r\nS S     100.00 g\r\n", 0)
    assert scale.tick(1 * MS) == b"I4\r\n"
    scale.receive(b"S S     100.00 g\r\n", 400 * MS)
    assert scale.tick(501 * MS) == b"I4\r\n"


def test_a_copy_without_a_serial_number_is_read_all_the_same() -> None:
    scale = MtSics()
    sent = [request for ms in range(0, 3000, 10) if (request := scale.tick(ms * MS))]
    assert sent == [b"I4\r\n"] * 3 + [b"SIR\r\n"]


def test_asked_readings_are_dated_between_question_and_answer() -> None:
    scale = MtSics(rate_hz=5.0)
    scale.receive(b'\r\nI4 A "1"\r\n', 0)
    assert scale.tick(100 * MS) == b"SI\r\n"
    (reading,) = scale.receive(b"S S     100.00 g\r\n", 140 * MS)
    assert reading.mono_ns == 120 * MS
    assert scale.receive(b"S S     100.00 g\r\n", 150 * MS) == []  # nobody asked
    assert scale.tick(299 * MS) == b""
    assert scale.tick(300 * MS) == b"SI\r\n"
    assert scale.tick(799 * MS) == b""
    assert scale.tick(801 * MS) == b"SI\r\n"  # no answer: once more
