"""Plates and devices: what a technician sees, who else does not, and what is asked of nodes."""

from __future__ import annotations

import pytest
from web_caller import Caller, answering, make_site

from edge.messages import (
    CameraHealth,
    CameraState,
    NodeHealth,
    NodeState,
    NodeTrace,
    PlateHealth,
    PlateTrace,
    RackHealth,
    Reply,
    SensorState,
)
from edge.topics import NODE_COMMAND, NODE_HEALTH, NODE_REPLY, NODE_STATE, NODE_TRACE

HEALTH = NodeHealth(
    node="n1", boot="b1", utc=1.0, backlog=3,
    plates=(
        PlateHealth("wall/1/1", SensorState.OK, 512.3, 0.21, calibrated="2001-01-01T00:00:00+00:00"),
        PlateHealth("wall/1/2", SensorState.STUCK),
    ),
    racks=(RackHealth("r1", True, 79.6, drift_ppm=-12.0),),
    cameras=(CameraHealth("top", CameraState.LOST, detail="it gives no pictures"),),
)  # fmt: skip


@pytest.fixture
def caller(store_dir, catalogue, planogram, bench):
    """Somebody at the machine itself, and a node that has told how it is."""
    bench.say(NODE_STATE, NodeState(node="n1", online=True, boot="b1", plates=("wall/1/1",)), node="n1")
    bench.say(NODE_HEALTH, HEALTH, node="n1")
    site = make_site(store_dir, catalogue, planogram, bench.writer.view(broker_connected=True))
    with answering(site, bench):
        yield Caller(site)


def test_plates_with_level_noise_state_and_age(caller):
    page = caller.get("/plates").text
    for words in ("512.3 g", "0.21 g", "sensor stuck", "days ago", "no report yet", "Spring water"):
        assert words in page
    assert 'href="/plates/wall/1"' in page


def test_devices_with_boards_cameras_and_faults(caller):
    page = caller.get("/devices").text
    for words in ("79.6 Hz", "-12 ppm", "camera top: it gives no pictures", "plate wall/1/2 is stuck"):
        assert words in page


def test_a_node_is_asked_and_its_answer_shown(caller, bench):
    bench.published.clear()
    assert caller.fill("/devices", "/devices", {"node": "n1", "verb": "reload"}).status_code == 303
    (command,) = bench.of(NODE_COMMAND)
    assert command.verb == "reload"
    bench.say(NODE_REPLY, Reply(correlation=command.correlation, ok=False, detail="no such file"), node="n1")
    bench.say(NODE_REPLY, Reply(correlation="another's", ok=True, detail="not ours"), node="n1")
    (node,) = bench.writer.view(broker_connected=True).nodes
    assert node.answer == "refused: no such file"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"node": "n1", "verb": "calibrate"}, 400),
        ({"node": "n1", "verb": ""}, 400),
        ({"node": "n1/#", "verb": "reload"}, 404),
        ({"node": "n7", "verb": "reload"}, 404),
    ],
)
def test_what_nobody_may_ask_here_reaches_no_node(caller, bench, fields, status):
    bench.published.clear()
    assert caller.fill("/devices", "/devices", fields).status_code == status
    assert bench.of(NODE_COMMAND) == []


def test_a_shelf_shows_what_its_plates_weigh(store_dir, catalogue, planogram, bench):
    site = make_site(store_dir, catalogue, planogram, bench.writer.view(broker_connected=True))
    caller = Caller(site)
    assert "readings come in a moment" in caller.get("/plates/wall/1").text
    trace = PlateTrace("wall/1/1", 10.0, 0.05, (500.0, None, 320.5))
    site.traces.hear(NodeTrace(node="n1", boot="b1", traces=(trace,)))
    page = caller.get("/plates/wall/1").text
    assert "320.5 g now, 320.5 to 500.0 g in 30 s" in page
    assert "readings come in a moment" not in page
    assert caller.get("/plates/wall/99").status_code == 404
    assert caller.get("/plates/..%2f/1").status_code == 404


def test_traces_in_anothers_name_are_refused(bench):
    trace = NodeTrace(node="n2", boot="b", traces=(PlateTrace("p", 0.0, 1.0, (1.0,)),))
    bench.say(NODE_TRACE, trace, node="n1")
    (refusal,) = bench.writer.view(broker_connected=True).refusals
    assert refusal.sender == "n1"


@pytest.mark.parametrize(
    "path", ["/plates", "/plates/live", "/plates/wall/1", "/plates/wall/1/live", "/devices", "/devices/live"]
)
def test_service_is_for_those_who_mend(signed_in, path):
    if not path.endswith("live"):
        assert signed_in("technician").get(path).status_code == 200
    for role in ("staff", "stocker"):
        assert signed_in(role).get(path).status_code == 403
