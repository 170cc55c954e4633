"""What is installed beside the package: units start verbs that exist, rules are well formed."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.cli.main import VERBS

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "configs" / "systemd").glob("*.service"))
RULES = sorted((ROOT / "configs" / "udev").glob("*.rules"))


class Repeated(dict):
    """Keys of a unit may come twice."""

    def __setitem__(self, key, value):
        if isinstance(value, list) and key in self:
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_verb_with_options_that_it_has(unit: Path) -> None:
    content = configparser.RawConfigParser(strict=False, dict_type=Repeated)
    content.optionxform = str
    content.read(unit)
    _, verb, *options = content["Service"]["ExecStart"].split()
    assert verb in VERBS
    assert options[0] == "--config"
    assert content["Service"]["User"] != "root"
    assert content["Service"]["Restart"] == "always"
    assert content["Install"]["WantedBy"] == "multi-user.target"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.name.replace("@", "@fridge")
    # The command is not installed here: any other that is serves to check the rest.
    copy.write_text(re.sub(r"(?m)^ExecStart=.*", "ExecStart=/bin/true", unit.read_text()))
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True, check=False
    )
    own = [line for line in verified.stderr.splitlines() if unit.stem.rstrip("@") in line]
    assert own == []


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.name)
def test_every_line_of_a_rule_is_made_of_matches_and_assignments(rules: Path) -> None:
    term = r'[A-Z_]+(\{[A-Za-z_]+\})?(==|!=|\+=|=)"[^"]*"'
    lines = [line for line in rules.read_text().splitlines() if line and not line.startswith("#")]
    assert lines
    for line in lines:
        assert re.fullmatch(rf"{term}(, *{term})*", line), line
    targets = re.findall(r'GOTO="(\w+)"', rules.read_text())
    assert set(targets) <= set(re.findall(r'LABEL="(\w+)"', rules.read_text()))
