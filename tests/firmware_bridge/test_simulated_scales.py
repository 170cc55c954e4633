"""The scales that stand in for real ones, as a process of their own."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from firmware_bridge.drivers.dialogue import Dialogue, Unit
from firmware_bridge.drivers.hx711_text import Hx711Text
from firmware_bridge.drivers.interface import ScaleSamples
from firmware_bridge.drivers.mt_sics import MtSics
from firmware_bridge.drivers.scale_link import ScaleLink


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "dialogue"), [("hx711_text", Hx711Text(channels=1, unit=Unit.G)), ("mt_sics", MtSics())]
)
def test_a_scale_runs_by_one_command_and_takes_its_port_with_it(
    kind: str, dialogue: Dialogue, tmp_path: Path
) -> None:
    port = tmp_path / "scale"
    command = [sys.executable, "-m", "firmware_bridge.simulated_scales", kind, "--link", str(port)]
    process = subprocess.Popen([*command, "--grams", "612.5", "--rate", "20"])
    driver = ScaleLink(dialogue, port=str(port), clock=time.monotonic_ns)
    try:
        deadline_s = time.monotonic() + 20
        heard: list[ScaleSamples] = []
        while len(heard) < 5:
            assert time.monotonic() < deadline_s, driver.status
            time.sleep(0.02)
            heard += [each for each in driver.poll() if isinstance(each, ScaleSamples)]
        assert {block.grams.item(0) for block in heard} == {612.5}
    finally:
        driver.close()
        process.terminate()
    assert process.wait(10) == 0
    assert not port.is_symlink()
