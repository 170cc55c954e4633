"""Reading nanostore cases: what their files say, and what happens when they are bad."""

import itertools
import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from edge.errors import RecordingError
from edge.messages import GateDirection, GateEvent, TrackFrame
from edge.recording.nanostore import NanostoreCase
from edge.samples import UtcReading, WeightBlock
from tools.nanostore_case import EPOCH_S, Move, Script, sku_of, weight_of, write_case

FILES = ("plate_data.json", "full_targets.json", "planogram.json", "products.json")
SCRIPT = Script(
    seconds=8,
    shoppers=("1001", "1002"),
    moves=(Move(3, "1001", 1, 1, 2),),
    leave_s={"1001": 5.0},
    lost_batches=((1, 10), (1, 11), (2, 20)),
    nan_samples=((1, 1, 3),),
    stuck_plates=((2, 1, 1),),
    unlisted=((1, 2, 4), (2, 2, 1)),
)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_case(tmp_path_factory.mktemp("case"), SCRIPT)


@pytest.fixture
def case_dir(written, tmp_path):
    """A copy that a test may spoil."""
    return Path(shutil.copytree(written, tmp_path / "case"))


def lines_of(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def write_lines(file, lines):
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def blocks_of(case, node):
    return [arrived for name, arrived in case.inputs() if name == node and isinstance(arrived, WeightBlock)]


def gates_of(case):
    return [arrived for _, arrived in case.inputs() if isinstance(arrived, GateEvent)]


# --- what a good case says ------------------------------------------------------------------------


def test_one_node_a_gondola_with_its_real_plates(written):
    nodes = NanostoreCase(written).setup.nodes
    assert list(nodes) == ["g1", "g2"]
    (rack,) = nodes["g1"].racks
    assert rack.rack == "1"
    assert rack.rate_hz == 60.0
    assert rack.plates == tuple(f"1/{shelf}/{plate}" for shelf in (1, 2) for plate in (1, 2, 3, 4))
    assert "2/1/1" in nodes["g2"].racks[0].plates, "a stuck plate is the pipeline's to judge"


def test_the_first_input_of_every_node_is_its_clock(written):
    inputs = list(NanostoreCase(written).inputs())
    assert [(node, type(arrived)) for node, arrived in inputs[:2]] == [("g1", UtcReading), ("g2", UtcReading)]
    assert inputs[0][1].mono_ns == 0
    assert inputs[0][1].utc_s == pytest.approx(EPOCH_S + 0.05, abs=0.01)


def test_blocks_lie_on_one_even_grid_and_lost_batches_are_said(written):
    blocks = blocks_of(NanostoreCase(written), "g1")
    assert sum(block.lost_before for block in blocks) == 24
    for before, after in itertools.pairwise(blocks):
        end_ns = before.mono_ns + (len(before.grams) + after.lost_before) * before.period_ns
        assert abs(after.mono_ns - end_ns) < 1000


def test_grams_are_those_of_the_file(written):
    case = NanostoreCase(written)
    block = blocks_of(case, "g1")[0]
    assert block.grams.shape == (12, 8)
    assert block.grams.dtype == np.float64
    assert block.grams[:, 1].mean() == pytest.approx(12 * weight_of(1, 1, 2), abs=2)
    share = np.isnan(np.concatenate([block.grams for block in blocks_of(case, "g1")])).mean(axis=0)
    assert 0 < share[2] < 0.05
    assert share[[0, 1, 3, 4, 5, 6, 7]].max() == 0


def test_people_are_in_metres_and_lost_points_left_out(written):
    frames = [arrived for _, arrived in NanostoreCase(written).inputs() if isinstance(arrived, TrackFrame)]
    target = next(target for frame in frames for target in frame.targets if target.visit == "1002")
    assert target.points["head"].at == pytest.approx((1.8, -1.2, 1.65), abs=0.05)
    assert "r_wrist" not in target.points
    assert "l_shoulder" not in target.points
    assert frames[0].targets == ()


def test_people_arrive_later_than_plates_of_the_same_time(written):
    latest_plate_s = 0.0
    lags = []
    for node, arrived in NanostoreCase(written).inputs():
        if isinstance(arrived, WeightBlock) and node == "g1":
            latest_plate_s = EPOCH_S + 0.05 + arrived.mono_ns / 1e9 + 0.2
        elif isinstance(arrived, TrackFrame) and latest_plate_s > EPOCH_S + 3 and arrived.t < EPOCH_S + 5:
            lags.append(latest_plate_s - arrived.t)
    assert np.median(lags) == pytest.approx(2.3, abs=0.25)


def test_visits_begin_and_end_with_their_tracks(written):
    events = gates_of(NanostoreCase(written))
    assert [(event.visit, event.direction) for event in events] == [
        ("1001", GateDirection.ENTERED),
        ("1002", GateDirection.ENTERED),
        ("1001", GateDirection.LEFT),
        ("1002", GateDirection.LEFT),
    ]
    assert [event.t - EPOCH_S for event in events] == pytest.approx([0.5, 0.5, 4.9, 5.9], abs=1e-3)


def test_catalogue_and_planogram(written):
    setup = NanostoreCase(written).setup
    catalogue, planogram = setup.catalogue(), setup.planogram()
    assert catalogue.get(sku_of(1, 1, 2)).weight_g == pytest.approx(weight_of(1, 1, 2))
    assert catalogue.get("999").weight_g is None
    assert [facing.sku for facing in planogram.facings_at("1/1/2")] == [sku_of(1, 1, 2)]
    assert planogram.plates["1/1/1"].corner_m == (0.0, 0.0, 0.4)


@pytest.mark.parametrize(
    ("plate", "neighbour", "along"), [("1/2/4", "1/2/3", (0.1016, 0)), ("2/2/1", "2/2/2", (0, 0.1016))]
)
def test_unlisted_plates_get_a_box_beside_their_neighbour_and_no_facing(written, plate, neighbour, along):
    planogram = NanostoreCase(written).setup.planogram()
    x, y, z = planogram.plates[neighbour].corner_m
    assert planogram.plates[plate].corner_m == pytest.approx((x + along[0], y + along[1], z), abs=1e-6)
    assert planogram.facings_at(plate) == ()


def test_inputs_can_be_read_again(written):
    case = NanostoreCase(written)
    first = [type(arrived) for _, arrived in case.inputs()]
    assert [type(arrived) for _, arrived in case.inputs()] == first


# --- the many ways to say it ----------------------------------------------------------------------


def test_unknown_fields_are_ignored_and_zeros_defaulted(case_dir):
    file = case_dir / "full_targets.json"
    lines = [{**line, "camera": {"id": [1, 2]}} for line in lines_of(file)]
    for line in lines:
        for target in line["document"]["targets"].get("targets", []):
            target["l_wrist"]["point"].pop("z", None)
    write_lines(file, lines)
    frames = [arrived for _, arrived in NanostoreCase(case_dir).inputs() if isinstance(arrived, TrackFrame)]
    wrists = [target.points["l_wrist"].at for frame in frames for target in frame.targets]
    assert wrists
    assert all(at[2] == 0.0 for at in wrists)


def test_lines_without_arrival_times_are_ordered_by_their_own(case_dir):
    for name in ("plate_data.json", "full_targets.json"):
        lines = lines_of(case_dir / name)
        for line in lines:
            del line["date_time"]
        write_lines(case_dir / name, lines)
    frames = [arrived.t for _, arrived in NanostoreCase(case_dir).inputs() if isinstance(arrived, TrackFrame)]
    assert frames == sorted(frames)


def test_without_entrance_states_every_id_is_a_visit(case_dir):
    file = case_dir / "full_targets.json"
    lines = lines_of(file)
    for line in lines:
        for target in line["document"]["targets"].get("targets", []):
            target["target_state"] = "TARGETSTATE_UNKNOWN"
    write_lines(file, lines)
    assert {event.visit for event in gates_of(NanostoreCase(case_dir))} == {"1001", "1002"}


def test_ids_that_never_came_in_are_no_visits_beside_one_that_did(case_dir):
    file = case_dir / "full_targets.json"
    lines = lines_of(file)
    for line in lines:
        for target in line["document"]["targets"].get("targets", []):
            if target["target_id"]["id"] == "1002":
                del target["target_state"]
    write_lines(file, lines)
    assert {event.visit for event in gates_of(NanostoreCase(case_dir))} == {"1001"}


def test_an_id_that_vanishes_and_comes_back_is_one_visit(case_dir):
    file = case_dir / "full_targets.json"
    lines = lines_of(file)
    for line in lines:
        if EPOCH_S + 1.5 < line["timestamp"] < EPOCH_S + 5.5:
            targets = line["document"]["targets"].get("targets", [])
            line["document"]["targets"]["targets"] = [t for t in targets if t["target_id"]["id"] != "1002"]
    write_lines(file, lines)
    events = [event for event in gates_of(NanostoreCase(case_dir)) if event.visit == "1002"]
    assert [event.direction for event in events] == [GateDirection.ENTERED, GateDirection.LEFT]
    assert events[1].t == pytest.approx(EPOCH_S + 5.9)


def test_somebody_who_is_there_at_the_end_has_not_left(tmp_path):
    script = Script(seconds=4, leave_s={"1001": 9.0})
    events = gates_of(NanostoreCase(write_case(tmp_path / "case", script)))
    assert [event.direction for event in events] == [GateDirection.ENTERED]


def test_hands_stand_in_for_lost_wrists(case_dir):
    file = case_dir / "full_targets.json"
    lines = lines_of(file)
    for line in lines:
        for target in line["document"]["targets"].get("targets", []):
            target["hands"] = [target.pop("l_wrist")]
            target["r_wrist"] = {"point": {}}
    write_lines(file, lines)
    frames = [arrived for _, arrived in NanostoreCase(case_dir).inputs() if isinstance(arrived, TrackFrame)]
    assert all("l_wrist" in target.points for frame in frames for target in frame.targets)


def test_a_gondola_that_the_planogram_does_not_know_is_judged_by_its_data(case_dir):
    file = case_dir / "planogram.json"
    write_lines(
        file, [line for line in lines_of(file) if line["plate_ids"][0]["shelf_id"]["gondola_id"]["id"] != 2]
    )
    setup = NanostoreCase(case_dir).setup
    plates = setup.nodes["g2"].racks[0].plates
    assert set(plates) == {f"2/{shelf}/{plate}" for shelf in (1, 2) for plate in range(1, 5)} - {"2/1/1"}
    assert not any(plate.startswith("2/") for plate in setup.planogram().plates)


def test_doubled_batches_count_once(case_dir):
    file = case_dir / "plate_data.json"
    before = len(blocks_of(NanostoreCase(case_dir), "g1"))
    lines = lines_of(file)
    write_lines(file, [line for line in lines for _ in range(2)])
    blocks = blocks_of(NanostoreCase(case_dir), "g1")
    assert len(blocks) == before
    assert sum(block.lost_before for block in blocks) == 24


def test_products_latest_line_wins_and_useless_weights_are_none(case_dir):
    known, useless = sku_of(1, 1, 1), sku_of(1, 1, 2)
    with (case_dir / "products.json").open("a") as file:
        for sku, metadata in (
            (known, {"name": "new", "weight": 77.0}),
            (known, {"price": 3}),
            ("x", {"weight": -1}),
        ):
            file.write(json.dumps({"product_id": {"id": sku}, "metadata": metadata}) + "\n")
    catalogue = NanostoreCase(case_dir).setup.catalogue()
    assert catalogue.get(known).name == "new"
    assert catalogue.get(known).weight_g == 77.0
    assert catalogue.get(useless).weight_g == pytest.approx(weight_of(1, 1, 2))
    assert catalogue.get("x").weight_g is None


def test_a_facing_over_several_plates_is_cut_into_them(case_dir):
    file = case_dir / "planogram.json"
    lines = lines_of(file)
    wide, second = lines[0], lines[1]
    wide["plate_ids"] += second["plate_ids"]
    wide["global_coordinates"]["dim_x"] = 0.2032
    write_lines(file, [wide, *lines[2:]])
    planogram = NanostoreCase(case_dir).setup.planogram()
    assert planogram.plates["1/1/2"].corner_m == pytest.approx((0.1016, 0, 0.4))
    assert planogram.facings_at("1/1/1") == planogram.facings_at("1/1/2")


def test_a_turned_gondola_keeps_its_turn(written):
    box = NanostoreCase(written).setup.planogram().plates["2/1/1"]
    assert box.yaw_rad == pytest.approx(-math.pi / 2)
    x, y, z = box.corner_m
    inside = np.array([[x + 0.2, y - 0.05, z + 0.1]])
    assert box.distance_m(inside) == pytest.approx([0.0])


# --- bad files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_an_absent_file_is_named(case_dir, name):
    (case_dir / name).unlink()
    with pytest.raises(RecordingError, match=name):
        NanostoreCase(case_dir)


def test_no_directory_at_all(tmp_path):
    with pytest.raises(RecordingError, match="not a case directory"):
        NanostoreCase(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["plate_data.json", "full_targets.json"])
def test_a_cut_last_line_is_typed_and_everything_before_delivered(case_dir, name):
    whole = len(list(NanostoreCase(case_dir).inputs()))
    file = case_dir / name
    text = file.read_bytes()
    lines = text.count(b"\n")
    file.write_bytes(text[: -len(text.splitlines()[-1]) // 2])
    case = NanostoreCase(case_dir)
    delivered = []
    with pytest.raises(RecordingError, match="cut off") as caught:
        delivered.extend(case.inputs())  # keeps what came before the fault
    assert f"{name}:{lines}" in str(caught.value)
    assert whole - 2 <= len(delivered) < whole


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "garbage", ["not json at all", "[1, 2]", '{"document": 3, "plate_ids": 3, "metadata": 3}', "\\xff"]
)
def test_a_malformed_line_names_file_and_line(case_dir, name, garbage):
    file = case_dir / name
    lines = file.read_text().splitlines()
    lines[2] = garbage
    file.write_text("\n".join(lines) + "\n")
    with pytest.raises(RecordingError, match=f"{name}:3"):
        list(NanostoreCase(case_dir).inputs())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda values: values.update(shape=[12, 3]), "shape"),
        (lambda values: values.update(shape=[12, 3, -7]), "shape"),
        (lambda values: values.update(shape=[11, 3, 7]), "shape"),
        (lambda values: values.update(data=values["data"][:-8]), "shape"),
        (lambda values: values.update(type="DATATYPE_INT8"), "sample type"),
        (lambda values: values.update(data="%%%"), "malformed"),
    ],
)
def test_an_array_that_contradicts_itself(case_dir, change, message):
    file = case_dir / "plate_data.json"
    lines = lines_of(file)
    change(lines[5]["document"]["plate_data"]["values"])
    write_lines(file, lines)
    with pytest.raises(RecordingError, match=message) as caught:
        list(NanostoreCase(case_dir).inputs())
    assert "plate_data.json:6" in str(caught.value)


@pytest.mark.parametrize("name", ["plate_data.json", "full_targets.json"])
@pytest.mark.parametrize("timestamp", [None, 0, -1.0, 1e300])
def test_a_line_without_a_usable_time(case_dir, name, timestamp):
    lines = lines_of(case_dir / name)
    lines[7]["timestamp"] = timestamp
    if timestamp is None:
        del lines[7]["timestamp"]
    write_lines(case_dir / name, lines)
    with pytest.raises(RecordingError, match=f"{name}:8: malformed line"):
        list(NanostoreCase(case_dir).inputs())


def test_an_id_that_cannot_be_a_topic(case_dir):
    file = case_dir / "full_targets.json"
    write_lines(file, [json.loads(json.dumps(line).replace('"1002"', '"10/#"')) for line in lines_of(file)])
    with pytest.raises(RecordingError, match="malformed line"):
        list(NanostoreCase(case_dir).inputs())


def test_a_facing_without_coordinates(case_dir):
    file = case_dir / "planogram.json"
    lines = lines_of(file)
    del lines[3]["global_coordinates"]
    write_lines(file, lines)
    with pytest.raises(RecordingError, match=r"planogram\.json:4"):
        NanostoreCase(case_dir)


def test_files_without_content(case_dir):
    (case_dir / "full_targets.json").write_text("")
    assert gates_of(NanostoreCase(case_dir)) == []
    (case_dir / "plate_data.json").write_text("\n\n")
    with pytest.raises(RecordingError, match="no samples"):
        NanostoreCase(case_dir)
