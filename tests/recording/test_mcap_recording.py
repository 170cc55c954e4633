"""Recording to MCAP and back, whole, cut and corrupt."""

import dataclasses
import json
import math
import resource

import msgspec
import numpy as np
import pytest
from mcap.reader import make_reader

from edge.config import CalibrationFile, ChannelCalibration
from edge.errors import RecordingError, StorageError
from edge.messages import (
    EvidenceTerms,
    GateDirection,
    GateEvent,
    Hypothesis,
    ItemCount,
    KeyPoint,
    PlateDelta,
    ShelfEvent,
    Target,
    TrackFrame,
)
from edge.planogram import Box, Catalogue, Facing, Planogram, Sku
from edge.recording.case import CaseSetup, NodeSetup
from edge.recording.mcap_case import McapCase
from edge.recording.mcap_layout import RECORDING_SCHEMA, json_schema
from edge.recording.mcap_recorder import Recorder
from edge.samples import (
    CountBlock,
    LinkFault,
    LinkReport,
    PlateHold,
    PriorLevels,
    RackLayout,
    Recalibration,
    UtcReading,
    WeightBlock,
)

EPOCH_S = 1_600_000_000.25
PLATES = ("1/1/1", "1/1/2")


def setup():
    calibration = CalibrationFile(
        board_id="ab12",
        date="2026-01-02",
        channels=(ChannelCalibration(zero_counts=1.5, counts_per_gram=-3.25),) * 2,
    )
    node = NodeSetup(boot="b1", racks=(RackLayout("r1", PLATES, 80.0),), calibrations={"r1": calibration})
    return CaseSetup.of(
        "fridge",
        {"n1": node},
        Catalogue([Sku(sku="007", name="Tee", weight_g=12.5)]),
        Planogram("v1", {name: Box((0, 0, 0), (1, 1, 1)) for name in PLATES}, [Facing(PLATES, "007")]),
    )


def event():
    return ShelfEvent(
        node="n1", boot="b1", seq=1, t_onset=EPOCH_S, t_settled=EPOCH_S + 0.5, t_decided=EPOCH_S + 1,
        kind="pick", delta_g=-12.25, sigma_g=0.5, plates=(PlateDelta("1/1/1", -12.25),),
        hypotheses=(Hypothesis((ItemCount("007", 1),), 0.99, EvidenceTerms(weight=-1.25)),),
    )  # fmt: skip


def inputs(blocks=200):
    """(node, input) pairs of every kind."""
    random = np.random.default_rng(1)
    yield "n1", UtcReading(0, EPOCH_S, True)
    yield "n1", PriorLevels(5, EPOCH_S - 60, {"1/1/1": 100.125})
    yield None, GateEvent(visit="v", direction=GateDirection.ENTERED, t=EPOCH_S)
    for number in range(blocks):
        start_ns = number * 100_000_000
        yield (
            "n1",
            CountBlock("r1", start_ns, 12_500_000.25, random.integers(-(2**31), 2**31, (8, 2), np.int32)),
        )
        grams = random.normal(0, 1e3, (8, 2))
        grams[3, 1] = np.nan
        yield "n1", WeightBlock("r1", start_ns, 12_500_000.25, grams, lost_before=number)
        yield (
            None,
            TrackFrame(t=EPOCH_S + number / 10, targets=(Target("v", {"head": KeyPoint((0.1, -1e-9, 3))}),)),
        )
    yield "n1", LinkReport("r1", 7, LinkFault.STALE)
    yield "n1", PlateHold("r/1/1", 8, held=True)
    renewed = ChannelCalibration(zero_counts=2.5, counts_per_gram=-3.5)
    yield "n1", Recalibration("r/1/1", 9, renewed)


def same(one, other):
    """Equal, arrays bit by bit."""
    if isinstance(one, CountBlock | WeightBlock):
        rows = [block.counts if isinstance(block, CountBlock) else block.grams for block in (one, other)]
        assert rows[0].dtype == rows[1].dtype
        assert rows[0].tobytes() == rows[1].tobytes()
        fields = ("rack", "mono_ns", "period_ns", "lost_before")
        return type(one) is type(other) and all(getattr(one, f) == getattr(other, f) for f in fields)
    return one == other


def record(recorder, arrivals):
    for node, arrived in arrivals:
        if node is None:
            recorder.people(arrived)
        else:
            recorder.input(node, arrived)


@pytest.fixture
def recording(tmp_path):
    file = tmp_path / "run.mcap"
    with Recorder(file, setup()) as recorder:
        record(recorder, inputs())
        recorder.decision(event())
    return file


def test_everything_comes_back_as_it_was(recording):
    case = McapCase(recording)
    assert case.setup == setup()
    read = list(case.inputs())
    expected = list(inputs())
    assert [node for node, _ in read] == [node for node, _ in expected]
    assert all(same(one, other) for (_, one), (_, other) in zip(read, expected, strict=True))
    assert list(case.decisions()) == [event()]


def test_the_store_is_rebuilt_from_the_file_alone(recording):
    setup = McapCase(recording).setup
    assert setup.catalogue().get("007").weight_g == 12.5
    assert setup.planogram().facings_at("1/1/2")[0].sku == "007"
    assert setup.nodes["n1"].calibrations["r1"].channels[0].counts_per_gram == -3.25


def test_other_readers_see_an_indexed_file_in_order_of_arrival(recording):
    with recording.open("rb") as stream:
        reader = make_reader(stream)
        kinds = [channel.metadata["kind"] for _, channel, _ in reader.iter_messages()]
        topics = {channel.topic: channel for channel in reader.get_summary().channels.values()}
        schemas = {schema.id: schema for schema in reader.get_summary().schemas.values()}
    assert kinds == [type(arrived).__name__ for _, arrived in inputs()] + ["ShelfEvent"]
    assert set(topics) == {
        "node/n1/counts/r1", "node/n1/grams/r1", "node/n1/link", "node/n1/utc", "node/n1/levels",
        "node/n1/hold", "node/n1/calibration", "node/n1/shelf_event", "track", "gate",
    }  # fmt: skip
    assert topics["track"].message_encoding == "json"
    assert schemas[topics["track"].schema_id].encoding == "jsonschema"
    assert json.loads(schemas[topics["track"].schema_id].data)["type"] == "object"


@pytest.mark.parametrize("kind", [TrackFrame, ShelfEvent, GateEvent, UtcReading])
def test_schemas_are_plain(kind):
    text = json_schema(kind).decode()
    assert json.loads(text)["type"] == "object"
    assert not any(word in text for word in ("$ref", "anyOf", "prefixItems"))


def test_a_cut_file_gives_everything_before_the_cut(recording):
    whole = recording.read_bytes()
    expected = list(inputs())
    counts = []
    for share in (0.3, 0.6, 0.9, 1.0):
        recording.write_bytes(whole[: int(len(whole) * share) - 5])
        case, delivered = McapCase(recording), []
        with pytest.raises(RecordingError, match="cut off"):
            delivered.extend(case.inputs())
        assert all(same(one, other) for (_, one), (_, other) in zip(delivered, expected, strict=False))
        counts.append(len(delivered))
    assert counts == sorted(counts)
    assert counts[0] > 0
    assert counts[-1] == len(expected)


def test_a_killed_recorder_loses_one_chunk_at_most(tmp_path):
    recorder = Recorder(tmp_path / "run.mcap", setup())
    record(recorder, inputs(2000))
    copy = tmp_path / "copy.mcap"
    copy.write_bytes(recorder.path.read_bytes())  # what a crash would leave
    recorder.close()
    case, delivered = McapCase(copy), []
    with pytest.raises(RecordingError, match="cut off"):
        delivered.extend(case.inputs())
    assert len(list(inputs(2000))) - len(delivered) < 400  # a chunk holds 32 kB of blocks of 100 to 160 bytes


def test_a_corrupt_chunk_ends_the_recording_there(recording):
    data = bytearray(recording.read_bytes())
    data[len(data) // 2] ^= 0xFF
    recording.write_bytes(data)
    case, delivered = McapCase(recording), []
    with pytest.raises(RecordingError, match="corrupt"):
        delivered.extend(case.inputs())
    assert 0 < len(delivered) < 600


@pytest.mark.parametrize("length", [1 << 24, 1 << 40, 1 << 62, (1 << 64) - 1])
def test_a_corrupt_length_is_no_reason_to_take_all_memory(recording, length):
    data = bytearray(recording.read_bytes())
    end_of_content = data.index(b"steelyard-case.json") + len("steelyard-case.json")
    media_type = int.from_bytes(data[end_of_content : end_of_content + 4], "little")
    place = end_of_content + 4 + media_type
    data[place : place + 8] = length.to_bytes(8, "little")
    recording.write_bytes(data)
    with pytest.raises(RecordingError, match=r"corrupt|cut off|ours"):
        McapCase(recording)


@pytest.mark.parametrize(
    "change",
    [
        {"columns": 1},
        {"period_ns": math.nan},
        {"period_ns": math.inf},
        {"period_ns": 0.0},
        {"mono_ns": 2**63 - 1},
    ],
)
def test_a_block_that_cannot_be_ends_the_recording_there(tmp_path, change):
    arrivals = list(inputs(20))
    place, (node, block) = next(
        (index, arrival) for index, arrival in enumerate(arrivals) if isinstance(arrival[1], WeightBlock)
    )
    changes = dict(change)
    if columns := changes.pop("columns", 0):
        changes["grams"] = np.hstack([block.grams, block.grams[:, :columns]])
    arrivals[place] = (node, dataclasses.replace(block, **changes))
    with Recorder(tmp_path / "bad.mcap", setup()) as recorder:
        record(recorder, arrivals)
    case, delivered = McapCase(tmp_path / "bad.mcap"), []
    with pytest.raises(RecordingError, match="corrupt: a block"):
        delivered.extend(case.inputs())
    assert len(delivered) == place


def test_a_bit_flip_in_the_setup_is_noticed(recording):
    data = recording.read_bytes()
    recording.write_bytes(data.replace(b'"weight_g":12.5', b'"weight_g":12.7'))
    with pytest.raises(RecordingError, match="checksum"):
        McapCase(recording)


@pytest.mark.parametrize("content", [b"", b"short", b"{}\n" * 100, bytes(range(256)) * 10])
def test_no_mcap_file_at_all(tmp_path, content):
    file = tmp_path / "x.mcap"
    file.write_bytes(content)
    with pytest.raises(RecordingError, match="not an MCAP file"):
        McapCase(file)


def test_an_absent_file(tmp_path):
    with pytest.raises(RecordingError, match="No such file"):
        McapCase(tmp_path / "x.mcap")


def test_a_recording_of_another_schema_is_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr("edge.recording.mcap_recorder.RECORDING_SCHEMA", RECORDING_SCHEMA + 1)
    Recorder(tmp_path / "x.mcap", setup()).close()
    with pytest.raises(RecordingError, match="another schema"):
        McapCase(tmp_path / "x.mcap")


def test_a_setup_with_options_of_the_future_is_refused(tmp_path):
    class Future(msgspec.Struct):
        def encode(self):
            return setup().encode()[:-1] + b',"from_the_future":1}'

    Recorder(tmp_path / "x.mcap", Future()).close()
    with pytest.raises(RecordingError, match="from_the_future"):
        McapCase(tmp_path / "x.mcap")


def test_nothing_is_overwritten(recording):
    with pytest.raises(StorageError, match="exists already"):
        Recorder(recording, setup())
    assert McapCase(recording).setup == setup()


def test_no_directory_to_record_to(tmp_path):
    with pytest.raises(StorageError, match="cannot write the recording"):
        Recorder(tmp_path / "nowhere" / "x.mcap", setup())


def test_a_disk_that_fills_up_is_typed_and_what_fitted_can_be_read(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    recorder = Recorder(tmp_path / "x.mcap", setup())
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(StorageError, match="cannot write the recording"):
            record(recorder, inputs(4000))
        recorder.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    delivered = []
    with pytest.raises(RecordingError, match="cut off"):
        delivered.extend(McapCase(recorder.path).inputs())
    assert len(delivered) > 100


def test_closing_twice_does_nothing(tmp_path):
    recorder = Recorder(tmp_path / "x.mcap", setup())
    recorder.close()
    recorder.close()
    assert list(McapCase(recorder.path).inputs()) == []
