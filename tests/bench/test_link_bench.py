"""The link's benchmark, small enough for every day; its figures are printed, not asserted."""

from __future__ import annotations

import re

import pytest

from tools.link_bench import framing_cost, link_cost, main


def test_framing_is_compared_on_the_same_frames() -> None:
    cost = framing_cost(22, 512, runs=2)
    assert 0 < cost.share < 2
    assert cost.frames_per_s > 0
    assert re.fullmatch(
        r"frames of  22 B, read  512 B at once: .* M frames/s, .* of the bare calls", str(cost)
    )


@pytest.mark.slow
def test_boards_are_polled_and_none_of_their_samples_is_lost() -> None:
    cost = link_cost(boards=3, seconds=2.0)
    assert cost.lost == 0
    assert cost.samples > 3 * 80
    assert 0 < cost.cpu_s < cost.seconds
    assert "3 boards of 4 channels at 80 SPS" in str(cost)


@pytest.mark.slow
def test_one_command_prints_it_all(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--boards", "2", "--seconds", "1"])
    assert len(capsys.readouterr().out.splitlines()) == 5
