"""``steelyard record``: a real node process over a real broker, its inputs, its decisions and the people."""

import subprocess
import sys
import time

import pytest
import yaml

from edge.broker.connection import Connection
from edge.broker.embedded import BrokerKind, EmbeddedBroker
from edge.cli.replay.in_process import InProcessReplay
from edge.config import BrokerSection
from edge.messages import GateDirection, GateEvent, KeyPoint, Target, TrackFrame
from edge.payload import encode
from edge.recording.mcap_case import McapCase
from edge.recording.mcap_recorder import Recorder
from edge.samples import WeightBlock
from edge.topics import GATE, TRACK, TopicNames
from tools.nanostore_case import EPOCH_S, Move, Script, write_case

GATE_EVENT = GateEvent(visit="1001", direction=GateDirection.ENTERED, t=EPOCH_S)
FRAME = TrackFrame(t=EPOCH_S + 1, targets=(Target("1001", {"head": KeyPoint((1.0, -0.5, 1.6))}),))


@pytest.fixture
def node_file(tmp_path):
    """A node that plays a case, and its broker."""
    write_case(tmp_path / "case", Script(seconds=8, gondolas=1, moves=(Move(4, "1001", 1, 1, 2),)))
    with EmbeddedBroker(BrokerKind.NATS, tmp_path / "broker") as broker:
        content = {
            "store": "s1",
            "node": "g1",
            "broker": {"port": broker.port},
            "recording": {"path": str(tmp_path / "case"), "format": "aifi"},
        }
        (tmp_path / "node.yaml").write_text(yaml.safe_dump(content))
        yield tmp_path / "node.yaml", broker


@pytest.mark.slow
def test_a_recorded_node_replays_to_the_same_decisions(node_file, tmp_path):
    config, broker = node_file
    output = tmp_path / "out.mcap"
    names = TopicNames("s1")
    command = [
        sys.executable,
        "-m",
        "edge.cli",
        "record",
        "--config",
        config,
        "--output",
        output,
        "--for",
        "6",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    section = BrokerSection(port=broker.port)
    with Connection(section, client_id="tracker") as tracker:
        while process.poll() is None:  # until somebody listens, and then some
            tracker.publish(names.of(GATE), encode(GATE_EVENT))
            tracker.publish(names.of(TRACK), encode(FRAME))
            tracker.publish(names.of(TRACK), b"nonsense")
            time.sleep(0.2)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "1 decisions" in out

    case = McapCase(output)
    arrived = list(case.inputs())
    assert sum(isinstance(each, WeightBlock) for _, each in arrived) == 40
    assert (None, FRAME) in arrived
    assert (None, GATE_EVENT) in arrived
    again = tmp_path / "again.mcap"
    with Recorder(again, case.setup) as recorder:
        InProcessReplay(case, recorder).run()
    recorded = [encode(message) for message in case.decisions()]
    assert len(recorded) == 1
    assert [encode(message) for message in McapCase(again).decisions()] == recorded


def test_a_recording_is_never_overwritten(node_file, tmp_path):
    config, _ = node_file
    output = tmp_path / "out.mcap"
    output.write_bytes(b"precious")
    command = [sys.executable, "-m", "edge.cli", "record", "--config", config, "--output", output]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1
    assert "exists already" in result.stderr
    assert output.read_bytes() == b"precious"
