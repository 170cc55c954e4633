"""However messages come, in what order, how often, in what company, over how many restarts: the same."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_store import CATALOGUE, PLANOGRAM, T0, Shelf
from writer_bench import NAMES, Bench

from edge.broker.connection import Received
from edge.messages import EventKind
from edge.payload import encode
from edge.planogram import load_catalogue, load_planogram
from edge.topics import GATE, NODE_EVENT

SHELF, OTHER = Shelf("n1"), Shelf("n2", "b7")


def messages() -> list[Received]:
    """Two visits one after the other, a third beside them; picks, returns, revisions of two nodes."""
    gates = [
        SHELF.entered("anna", T0), SHELF.left("anna", T0 + 40), SHELF.entered("bela", T0 + 400),
        SHELF.left("bela", T0 + 440), SHELF.entered("carl", T0 + 420), SHELF.left("carl", T0 + 900),
    ]  # fmt: skip
    facts = [
        SHELF.event(1, "0001", t=T0 + 5), SHELF.event(2, "0002", t=T0 + 9), OTHER.event(1, "0003", t=T0 + 14),
        SHELF.event(3, "0002", kind=EventKind.RETURN, t=T0 + 20), SHELF.event(4, "0003", t=T0 + 410),
        OTHER.event(2, "0001", t=T0 + 425), SHELF.event(5, "0001", t=T0 + 500),
    ]  # fmt: skip
    facts.append(msgspec.structs.replace(facts[0], revision=1, sigma_g=0.7))
    facts.append(OTHER.event(2, "0001", quantity=2, revision=1, t=T0 + 425))
    return [
        *(Received(NAMES.of(GATE), encode(gate), retained=False) for gate in gates),
        *(Received(NAMES.of(NODE_EVENT, node=fact.node), encode(fact), retained=False) for fact in facts),
    ]


def outcome(bench: Bench) -> tuple[bytes, ...]:
    """What is believed when everything has come and nothing is open any more."""
    bench.clock.utc = T0 + 5000
    for _ in range(3):
        bench.writer.settle()
    view = bench.writer.view(broker_connected=True)
    bench.writer.close()
    # What came late may have corrected a receipt; what the last one says is the same.
    receipts = [
        (each.visit, each.entered_at, each.left_at, each.lines, each.total_minor, each.waived)
        for each in view.receipts
    ]
    return encode(view.decisions), encode(receipts), encode(view.carts), encode(view.gaps)


@pytest.fixture(scope="module")
def expected(tmp_path_factory) -> tuple[bytes, ...]:
    """The outcome when each message comes once, in order."""
    bench = make_bench(tmp_path_factory.mktemp("plain"))
    bench.writer.receive_all(messages())
    return outcome(bench)


def make_bench(folder: Path) -> Bench:
    (folder / "catalogue.yaml").write_text(CATALOGUE)
    (folder / "planogram.yaml").write_text(PLANOGRAM)
    catalogue = load_catalogue(folder / "catalogue.yaml")
    return Bench(folder, catalogue, load_planogram(folder / "planogram.yaml", catalogue))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_delivery_gives_the_same(tmp_path_factory, expected, data):
    told = messages()
    copies = data.draw(st.lists(st.sampled_from(told), max_size=12))
    delivered = data.draw(st.permutations([*told, *copies]))
    bench = make_bench(tmp_path_factory.mktemp("any"))
    while delivered:
        size = data.draw(st.integers(1, len(delivered)))
        bench.writer.receive_all(delivered[:size])
        delivered = delivered[size:]
        match data.draw(st.sampled_from(["go on", "go on", "go on", "killed", "stopped"])):
            case "killed":
                bench.restart()
            case "stopped":
                bench.writer.close()
                bench.restart()
    assert outcome(bench) == expected
