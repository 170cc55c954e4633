"""From script to samples and tracks."""

import numpy as np
import pytest

from edge.messages import GateDirection, GateEvent, TrackFrame
from edge.recording.nanostore import NanostoreCase
from edge.samples import WeightBlock
from tools.nanostore_files import write_nanostore
from tools.scenarios.layout import scenario_store
from tools.scenarios.noise import LSB_G
from tools.scenarios.rendered import RenderedCase
from tools.scenarios.script import Script, SensorFault, Stay, Tracking
from tools.scenarios.stage import Stage
from tools.scenarios.tracked import EPOCH
from tools.store_simulator.forces import PlateForce

STORE = scenario_store()


class Silence:
    """No noise at all."""

    def grams(self, gondola, plates, walking, rng):
        return np.zeros((walking.size, len(plates)))


def rendered(script):
    return RenderedCase(script, *STORE, Silence())


def grams_of(case, plate):
    """[n] g of one plate, without its standing load; NaN where its batch was lost."""
    (rack,) = case.setup.nodes[f"g{plate.partition('/')[0]}"].racks
    column = rack.plates.index(plate)
    rows = []
    for _, block in case.inputs():
        if isinstance(block, WeightBlock) and block.rack == rack.rack:
            rows += [np.full(block.lost_before, np.nan), block.grams[:, column]]
    grams = np.concatenate(rows)
    return grams - grams[0]


def a_script(seconds=6.0, **parts):
    return Script("any", 1, duration_s=seconds, **parts)


def a_pick(weight_g=300.0, at_s=2.0):
    return [("1/2/3", PlateForce(0, ((at_s, 0.0), (at_s + 0.1, -weight_g))))]


def test_a_force_moves_its_plate_for_ever_and_its_neighbours_a_little():
    case = rendered(a_script(forces=a_pick()))

    own, beside, far, above = (grams_of(case, plate) for plate in ("1/2/3", "1/2/4", "1/2/6", "1/3/3"))

    assert own[:110] == pytest.approx(0.0, abs=LSB_G)
    assert own[150:] == pytest.approx(-300.0, abs=LSB_G)
    assert -0.016 * 300 <= beside[-1] <= 0.0
    assert far == pytest.approx(0.0, abs=LSB_G)
    assert above == pytest.approx(0.0, abs=LSB_G)


def test_putting_back_undoes_the_cross_talk():
    back = ("1/2/3", PlateForce(0, ((4.0, 0.0), (4.1, 300.0))))
    case = rendered(a_script(forces=[*a_pick(), back]))

    assert grams_of(case, "1/2/4")[-1] == pytest.approx(0.0, abs=LSB_G)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("nan", lambda during: np.isnan(during).all()),
        ("stuck", lambda during: len(set(during)) == 1),
        ("saturated", lambda during: (during > 10_000).all()),
        ("spikes", lambda during: 0 < (np.abs(during) > 2000).mean() < 0.2),
        ("bad_reads", lambda during: len(set(during[np.abs(during) > 800])) == 2),
        ("noisy", lambda during: 20 < during[60:].std() < 60),
    ],
)
def test_a_fault_spoils_its_plate_while_it_lasts_and_only_then(kind, told):
    fault = SensorFault(kind, 1.5, 4.0, "1/2/3", "1")
    case = rendered(a_script(forces=a_pick(), faults=[fault]))

    spoilt = grams_of(case, "1/2/3")

    assert told(spoilt[90:240])
    assert spoilt[250:] == pytest.approx(-300.0, abs=LSB_G)
    assert np.isfinite(grams_of(case, "1/2/4")).all()


def test_lost_batches_are_missing_and_counted():
    fault = SensorFault("lost", 1.5, 4.0, "1/2/3", "1")
    case = rendered(a_script(forces=a_pick(), faults=[fault]))

    grams = grams_of(case, "1/2/3")

    assert len(grams) == 360
    assert np.isnan(grams).sum() == pytest.approx(2.5 * 60, abs=12)
    assert not np.isnan(grams_of(case, "2/2/3")).any()


def test_the_planogram_may_claim_something_else():
    planogram, _ = STORE
    one, other = planogram.facings[0], planogram.facings[1]

    case = rendered(a_script(replanned={one.sku: other.sku}))

    assert case.setup.facings[0].sku == other.sku
    assert case.setup.facings[1].sku == other.sku
    assert planogram.facings[0].sku == one.sku


def people(case, kind):
    return [said for _, said in case.inputs() if isinstance(said, kind)]


def test_people_are_seen_where_they_are_and_as_late_as_asked():
    stays = [Stay("A", 1.0, 2.0, (0.0, -1.0, 1.65)), Stay("A", 3.0, 5.0, (1.0, -1.0, 1.65))]
    tracking = Tracking(late_s=1.0, jitter_m=0.0, lost_share=0.0)
    case = rendered(a_script(stays=stays, visits=["A"], tracking=tracking))

    seen = {round(frame.t - EPOCH, 1): frame.targets for frame in people(case, TrackFrame)}

    assert seen[0.5] == ()
    assert seen[2.5][0].points["head"].at == pytest.approx((0.5, -1.0, 1.65))
    assert [(gate.direction, gate.t - EPOCH) for gate in people(case, GateEvent)] == [
        (GateDirection.ENTERED, 1.0),
        (GateDirection.LEFT, 5.0),
    ]


def test_lost_wrists_are_lost_while_the_script_says_so():
    stays = [Stay("A", 0.0, 6.0, (0.0, -1.0, 1.65))]
    tracking = Tracking(lost_share=0.0, lost_wrists=(("A", 2.0, 3.0),))
    case = rendered(a_script(stays=stays, visits=["A"], tracking=tracking))

    without = [
        round(frame.t - EPOCH, 1)
        for frame in people(case, TrackFrame)
        for target in frame.targets
        if "r_wrist" not in target.points
    ]

    assert without == [2.0, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7, 2.8, 2.9]


def test_a_hand_reaches_into_the_box_of_its_plate_also_across():
    planogram, catalogue = STORE
    stage = Stage("any", 1, planogram, catalogue)
    stage.enter("A", 0.0)
    for plate in ("1/3/4", "5/2/3"):
        stage.reach("A", (plate,), 1.0, 2.0)
        at = np.array([stage.script.reaches[-1].at])

        assert planogram.plates[plate].distance_m(at)[0] < 0.15


def test_a_rendered_case_written_as_nanostore_files_reads_alike(tmp_path):
    stays = [Stay("1001", 0.5, 5.0, (0.5, -1.0, 1.65))]
    case = rendered(a_script(forces=a_pick(), stays=stays, visits=["1001"]))

    read = NanostoreCase(write_nanostore(tmp_path / "any", case))

    assert grams_of(read, "1/2/3") == pytest.approx(grams_of(case, "1/2/3"), abs=0.01)
    for planned, claimed in zip(read.setup.facings, case.setup.facings, strict=True):
        assert planned.plates == claimed.plates
        assert planned.sku == claimed.sku
    assert len(people(read, TrackFrame)) == len(people(case, TrackFrame))
    box, known = (setup.plates["5/2/3"] for setup in (read.setup, case.setup))
    assert box.centre_m == pytest.approx(known.centre_m)
