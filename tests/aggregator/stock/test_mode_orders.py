"""What nodes are told of modes, and when again."""

from __future__ import annotations

from shelf_goods import begun, ended
from small_store import T0

from edge.aggregator.stock.modes import Modes
from edge.aggregator.stock.orders import RENEW_S, ModeOrders, NodePlates
from edge.messages import CommandVerb, NodeState, ShelfMode
from edge.topics import COUNTER, NODE_COMMAND, NODE_STATE

NODES = {"n1": NodePlates("b1", ("wall/1/1", "wall/1/2")), "n2": NodePlates("b7", ("wall/2/1",))}


def tell(orders: ModeOrders, modes: Modes, now_s: float, nodes=None):
    nodes = nodes or NODES
    running = [each for each in modes.periods() if each.is_running(now_s)]
    due = list(orders.due(running, nodes, now_s))
    for node, order in due:
        orders.told(node, nodes[node].boot, order, now_s)
    return due


def test_told_at_the_begin_again_while_it_lasts_and_once_at_the_end():
    orders, modes = ModeOrders(), Modes()
    assert tell(orders, modes, T0) == []
    modes.say(begun(), stands=True)
    first = [("n1", {"restock": "wall/1/1 wall/1/2"})]
    assert tell(orders, modes, T0 + 1) == first
    assert tell(orders, modes, T0 + 2) == []
    assert tell(orders, modes, T0 + 1 + RENEW_S) == first
    modes.say(ended(T0 + 70), stands=True)
    assert tell(orders, modes, T0 + 71) == [("n1", {})]
    assert tell(orders, modes, T0 + 500) == []


def test_a_node_that_starts_anew_is_told_again():
    orders, modes = ModeOrders(), Modes()
    modes.say(begun(place="wall", mode=ShelfMode.CLEAN), stands=True)
    assert [node for node, _ in tell(orders, modes, T0 + 1)] == ["n1", "n2"]
    reborn = NODES | {"n2": NodePlates("b8", ("wall/2/1",))}
    assert tell(orders, modes, T0 + 2, reborn) == [("n2", {"clean": "wall/2/1"})]


def test_where_two_work_the_first_counts():
    orders, modes = ModeOrders(), Modes()
    modes.say(begun(), stands=True)
    modes.say(begun(T0 + 1, place="", mode=ShelfMode.MAINTENANCE, name="mode-two"), stands=True)
    assert dict(tell(orders, modes, T0 + 2)) == {
        "n1": {"restock": "wall/1/1 wall/1/2"}, "n2": {"maintenance": "wall/2/1"}
    }  # fmt: skip


def test_the_writer_commands_the_node(bench):
    bench.clock.utc = T0
    bench.say(NODE_STATE, NodeState(node="n1", online=True, boot="b1", plates=("wall/1/1",)), node="n1")
    bench.say(COUNTER, begun())
    bench.clock.utc = T0 + 1
    bench.writer.settle()
    commands = [each for each in bench.of(NODE_COMMAND) if each.verb is CommandVerb.MODE]
    assert [each.arguments for each in commands] == [{"restock": "wall/1/1", "lease_s": "150"}]
