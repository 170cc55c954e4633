"""The winner's method, modelled noise, and a benchmark small enough for every day."""

import json

import numpy as np
import pytest

from tools.scenarios.bench import main
from tools.scenarios.contest import Ground, find, play, replayed
from tools.scenarios.modelled_noise import ModelledNoise
from tools.scenarios.noise_check import characterise
from tools.scenarios.rendered import RenderedCase
from tools.scenarios.script import Script, Stay
from tools.scenarios.winner import Winner
from tools.store_simulator.forces import PlateForce

GROUND = Ground.of(None)
PLATES = tuple(f"1/1/{plate}" for plate in range(1, 13))


def modelled(walking, seed=1, samples=1200):
    return ModelledNoise().grams("1", PLATES, np.full(samples, walking), np.random.default_rng(seed))


def test_modelled_noise_is_the_same_again_and_shakes_when_somebody_walks():
    quiet, walking = (characterise([(PLATES, modelled(walks))]) for walks in (False, True))

    assert np.array_equal(modelled(walking=True), modelled(walking=True))
    assert 0.3 < np.median(quiet.std_g) < 1.5
    assert np.median(walking.std_g) > 1.5 * np.median(quiet.std_g)
    assert walking.correlation[0] > quiet.correlation[0]


def test_both_sides_see_a_plain_pick_on_the_same_samples():
    standing = play(GROUND, find("plain_picks"), 0)

    assert standing.ours.exact_share == 1.0
    assert standing.ours.recall == 1.0
    assert standing.winner.recall > 0.5
    assert standing.winner.events_true == standing.ours.events_true


class Silence:
    """No noise at all."""

    def grams(self, gondola, plates, walking, rng):
        return np.zeros((walking.size, len(plates)))


@pytest.mark.parametrize(("weight_g", "seen"), [(40.0, False), (50.0, True)])
def test_the_winner_sees_a_step_from_46_g_on(weight_g, seen):
    """Half of a step is its largest spread, and 20 g of spread have to last half a second; it reads low."""
    script = Script("any", 1, 12.0, visits=["A"], stays=[Stay("A", 0.0, 11.0, (0.2, -0.5, 1.65))])
    script.forces.append(("1/2/3", PlateForce(0, ((6.0, 0.0), (6.05, -weight_g)))))
    case = RenderedCase(script, GROUND.planogram, GROUND.catalogue, Silence())

    events = Winner(case).report()["events"]

    assert bool(events) is seen
    for event in events:
        assert event["plates"][0] == {"plate": "1/2/3"}
        assert event["delta_g"] == pytest.approx(-np.sqrt(weight_g**2 - 40**2), rel=0.05)
        assert event["shopper"] == "A"


def test_a_replay_of_a_scenario_gives_the_same_report_again():
    one, other = (replayed(GROUND.case(find("quick_neighbours"), 2)) for _ in range(2))

    assert one | {"timing": None} == other | {"timing": None}
    assert one["events"]


def test_the_benchmark_prints_both_sides_and_writes_its_figures(tmp_path, capsys):
    out = tmp_path / "figures.json"

    quickly = ["--jobs", "1", "--no-cost", "--no-steps"]
    code = main(["--seeds", "1", "--only", "own_place", *quickly, "--json", str(out)])

    printed = capsys.readouterr().out
    assert code == 0
    assert "| own_place" in printed
    assert "**single shopper**" in printed
    assert ">= 0.995" in printed
    assert "…" not in printed, "no figure is cut off"
    figures = json.loads(out.read_text())["suite"]["accuracy"]["own_place"]
    assert figures["ours"]["cases"] == figures["winner"]["cases"] == 1
    assert figures["attainable"]["micro_f1"] == 1.0


def test_unseen_scripts_are_played_instead_of_the_suite(capsys):
    quickly = ["--jobs", "1", "--no-cost", "--no-steps"]

    assert main(["--random", "1", "--group", "plain", *quickly]) == 0

    printed = capsys.readouterr().out
    assert "## Unseen scripts" in printed
    assert "## The suite" not in printed
    assert "| micro F1" in printed
    assert "plain_picks" not in printed


def test_one_case_can_be_looked_at(capsys):
    assert main(["--show", "own_place", "0"]) == 0

    printed = capsys.readouterr().out
    assert printed.count("truth") == 3
    assert "visit  A: right" in printed
    assert "attainable  A: right" in printed


def test_a_recording_nobody_has_marked_is_refused(tmp_path, capsys):
    assert main(["--noise-from", str(tmp_path), "--no-cost"]) == 1
    assert "not" in capsys.readouterr().err


@pytest.mark.store_data
def test_recorded_noise_is_a_ground_too(nanostore):
    ground = Ground.of(nanostore)

    assert play(ground, find("plain_picks"), 0).ours.exact_share == 1.0
