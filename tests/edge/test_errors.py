"""An error is its facts; the sentence follows from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge import errors
from edge.errors import ConfigError, SteelyardError


def test_the_sentence_holds_every_fact_in_reading_order() -> None:
    error = SteelyardError(
        "too heavy", where="plate 1/1/1", found="9 kg", expected="at most 5 kg", fix="Unload it."
    )
    assert str(error) == "plate 1/1/1: too heavy, found 9 kg, expected at most 5 kg. Unload it."
    assert (error.what, error.where, error.found) == ("too heavy", "plate 1/1/1", "9 kg")
    assert str(SteelyardError("too heavy")) == "too heavy"


@pytest.mark.parametrize(
    ("line", "key", "where"),
    [(3, "a.b", "n.yaml:3: a.b"), (3, "", "n.yaml:3"), (0, "a.b", "n.yaml: a.b"), (0, "", "n.yaml")],
)
def test_a_config_error_leads_to_the_line(line: int, key: str, where: str) -> None:
    error = ConfigError("unknown key", file=Path("n.yaml"), line=line, key=key)
    assert str(error) == f"{where}: unknown key"
    assert (error.file, error.line, error.key) == (Path("n.yaml"), line, key)


def test_there_is_one_root() -> None:
    raised = [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)
    ]
    assert len(raised) > 5
    assert all(issubclass(each, SteelyardError) for each in raised)
