"""``wire.h`` and ``wire.c`` say what ``wire.py`` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_bridge import wire, wire_header
from firmware_bridge.wire_header import header, main, snake_case


def test_the_committed_files_are_current() -> None:
    main(["--check"])


def test_a_stale_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(wire_header, "FIRMWARE", tmp_path)
    with pytest.raises(SystemExit, match=r"wire\.h: stale"):
        main(["--check"])
    main([])
    main(["--check"])
    (tmp_path / "wire.c").write_text("int main(void);\n")
    with pytest.raises(SystemExit, match=r"wire\.c: stale, run `python -m"):
        main(["--check"])


def test_a_change_of_the_table_changes_the_header(monkeypatch: pytest.MonkeyPatch) -> None:
    before = header()
    monkeypatch.setattr(wire.Blink, "ID", 0x85)
    monkeypatch.setattr(wire, "TABLE", tuple(wire.Layout.of(layout.message) for layout in wire.TABLE))
    assert before.replace("WIRE_BLINK_ID 0x84", "WIRE_BLINK_ID 0x85") == header() != before


@pytest.mark.parametrize(("name", "expected"), [("Start", "start"), ("IdentifyRequest", "identify_request")])
def test_names_become_those_of_c(name: str, expected: str) -> None:
    assert snake_case(name) == expected
