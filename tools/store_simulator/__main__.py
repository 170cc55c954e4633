"""``python -m tools.store_simulator``: the world as a process, with its boards, gate and tracker.

It reads the configurations of the nodes that it is to deceive, puts a board behind each of their ports, waits
until every plate of theirs is well, and lets shoppers in.
"""

from __future__ import annotations

import argparse
import logging
import math
import queue
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge import topics
from edge.broker.connection import BrokerUp, Connection, Received
from edge.config import NodeConfig
from edge.errors import MessageError, SteelyardError
from edge.messages import NodeHealth, SensorState
from edge.payload import decode
from edge.planogram import load_catalogue, load_planogram
from edge.topics import TopicNames
from edge.yaml_file import load_yaml
from tools.store_simulator import arguments as store_arguments
from tools.store_simulator.acts import Handling
from tools.store_simulator.camera.crew import Crew
from tools.store_simulator.camera.photographer import Photographer
from tools.store_simulator.fleet import Fleet, PlacedBoard
from tools.store_simulator.layout import StoreLayout
from tools.store_simulator.publisher import StorePublisher
from tools.store_simulator.tracker import FRAME_S, LATE_S, Tracker
from tools.store_simulator.truth import Truth
from tools.store_simulator.world import FaultComing, ForceComing, GatePassed, GoodsMoved, World

_log = logging.getLogger(__name__)

TICK_S = 0.02
OPEN_AFTER_S = 1.0
"""[s] between the moment when all plates are well and the first shopper."""

PATIENCE_S = 45.0
"""[s] after which the doors open although some plate is not well."""

LAST_RECEIPT_S = 6.0
"""[s] before the end by which everybody has left: late tracks are waited for, then receipts are made."""


class SimulatedStore:
    """The world on this machine's clocks, wired to boards and broker."""

    def __init__(self, nodes: Sequence[tuple[NodeConfig, Path]], options: argparse.Namespace) -> None:
        config, base_dir = nodes[0]
        catalogue = load_catalogue(base_dir / config.catalogue)
        planogram = load_planogram(base_dir / config.planogram, catalogue)
        boards = [PlacedBoard(board, base / board.port) for node, base in nodes for board in node.boards]
        layout = StoreLayout(
            planogram, catalogue, {board.section.rack: board.section.plates for board in boards}
        )
        self._second_0_ns, self._second_0_utc = time.monotonic_ns(), time.time()
        self._end_s = options.duration or math.inf
        self._plates = layout.racks
        self._world = World(
            layout,
            store_arguments.behaviour(options),
            seed=options.seed,
            shoppers=options.shoppers,
            troubles=store_arguments.troubles(options),
        )
        self._fleet = Fleet(
            boards,
            self._world,
            seed=options.seed,
            second_0_ns=self._second_0_ns,
            misread_share=options.misreads,
            rate_error_ppm=options.rate_error_ppm,
        )
        self._tracker = Tracker(np.random.default_rng([options.seed, 3]))
        self._names = TopicNames(config.store)
        self._inbox: queue.Queue[object] = queue.Queue()
        self._connection = Connection(
            config.broker,
            client_id=f"steelyard-{config.store}-world",
            subscriptions=[self._names.of(topics.NODE_HEALTH, node="+")],
            inbox=self._inbox,
            base_dir=base_dir,
        )
        self._publisher = StorePublisher(self._connection, self._names)
        self._photographer: Photographer | None = None
        if options.cameras is not None:
            crew = Crew(layout, self._world.standing_at_first, seed=options.seed)
            self._photographer = Photographer(crew, options.cameras, self._utc_s)
        self._unwell = {node.node for node, _ in nodes}
        self._doors_open = False
        self._next_frame_s = 0.0
        self._truth, self._truth_file = Truth(), options.truth

    def run(self) -> None:
        """Keep the world going until the process is ended."""
        with self._connection:
            try:
                while True:
                    self._tick((time.monotonic_ns() - self._second_0_ns) / 1e9)
                    time.sleep(TICK_S)
            finally:
                self._fleet.stop()

    def _tick(self, now_s: float) -> None:
        self._fleet.tend(now_s)
        self._hear()
        if not self._doors_open and (not self._unwell or now_s > PATIENCE_S):
            if self._unwell:
                _log.warning("not every plate of %s is well; opening all the same", ", ".join(self._unwell))
            self._doors_open = True
            self._world.open_doors(now_s + OPEN_AFTER_S, self._end_s - LAST_RECEIPT_S)
        moved: list[Handling] = []
        for _, happening in self._world.advance(now_s):
            match happening:
                case ForceComing():
                    self._fleet.act(happening.rack, happening.force)
                    continue
                case FaultComing():
                    self._fleet.act(happening.rack, happening.fault)
                case GatePassed(visit, direction, at_s):
                    self._publisher.gate(visit, direction, at_s, self._utc_s(at_s))
                case GoodsMoved(_, handling):
                    moved.append(handling)
            self._truth.note(happening, self._plates, self._second_0_utc)
            self._write_truth()
        while self._next_frame_s + LATE_S <= now_s:
            at_s = self._next_frame_s
            bodies = [(visit.visit, visit.body) for visit in self._world.inside(at_s)]
            self._publisher.track(self._tracker.frame(bodies, at_s, self._utc_s(at_s)), now_s)
            self._next_frame_s += FRAME_S
        self._publisher.advance(now_s)
        if self._photographer is not None:
            self._photographer.tell(now_s, self._world.inside(now_s), moved)

    def _hear(self) -> None:
        while not self._inbox.empty():
            news = self._inbox.get()
            if isinstance(news, BrokerUp):
                self._publisher.repeat_frames()
            elif isinstance(news, Received) and self._unwell:
                try:
                    health: NodeHealth = decode(news.payload, NodeHealth, source=news.topic)
                except MessageError as error:
                    _log.warning("%s", error)
                    continue
                if health.plates and all(plate.state is SensorState.OK for plate in health.plates):
                    self._unwell.discard(health.node)

    def _utc_s(self, at_s: float) -> float:
        return self._second_0_utc + at_s

    def _write_truth(self) -> None:
        if self._truth_file is not None:
            self._truth.write(self._truth_file)


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="store_simulator", description=__doc__)
    parser.add_argument("node_configs", nargs="+", type=Path, metavar="NODE.yaml")
    store_arguments.add_to(parser)
    parser.add_argument("--for", dest="duration", type=float, help="seconds until all receipts are out")
    parser.add_argument(
        "--cameras",
        type=Path,
        help="folder to write the racks' pictures to, a folder each, and their calibrations",
    )
    parser.add_argument("--truth", type=Path, help="JSON file to write what really happens to")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        nodes = [(load_yaml(file, NodeConfig), file.parent) for file in options.node_configs]
        SimulatedStore(nodes, options).run()
    except SteelyardError as error:
        parser.exit(1, f"store_simulator: {error}\n")


if __name__ == "__main__":
    main()
