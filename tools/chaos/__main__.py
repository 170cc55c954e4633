"""``python -m tools.chaos``: a store under fire, and the verdict on its receipts."""

from __future__ import annotations

import argparse
import os
import queue
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from edge import topics
from edge.aggregator.ledger import Ledger
from edge.aggregator.ledger.database import LEDGER_FILE
from edge.aggregator.store import Store
from edge.broker.connection import BrokerNews, Connection, Received
from edge.broker.embedded import BrokerKind
from edge.cli.demo.processes import DemoProcesses
from edge.config import AggregatorConfig, NodeConfig
from edge.messages import DisturbanceKind, NodeHealth, SensorState
from edge.payload import decode
from edge.topics import TopicNames
from edge.yaml_file import load_yaml
from tools.chaos.downtime import Downtime
from tools.chaos.verdict import Verdict, judge
from tools.store_simulator.truth import Truth

GAP_S = (1.0, 4.5)
"""[s] between two kills."""

LONG_OUTAGES, OFF_S = 0.5, (3.0, 6.0)
"""Share of killed nodes that stay off so long that goods move unseen."""

TICK_S = 0.05
OPENING_S = 12.0
"""[s] by which the first shopper is in the store, at the latest on a loaded machine twice that."""

QUIET_S = 15.0
"""[s] from the last kill to the end of the world: time for the last shoppers and their receipts."""

RECEIPTS_S = 60.0
"""[s] after the end of shopping by which every receipt must be in the ledger."""


class StoreUnderFire:
    """A demo store, and somebody who kills its processes at random."""

    def __init__(self, state_dir: Path, broker: BrokerKind, seed: int) -> None:
        self._random = random.Random(seed)
        self._truth_file = state_dir / "truth.json"
        self.processes = DemoProcesses(
            state_dir, broker, lambda sentence: print(f"     {sentence}"), web_port=0
        )
        self._nodes = tuple(self.processes.store.node_files)
        self._names = TopicNames(self.processes.store.name)
        self._news: queue.Queue[BrokerNews] = queue.Queue()
        self._killed_pid: dict[str, int] = {}  # of nodes that have not been restarted yet
        self.downtime = Downtime()
        self.kills: Counter[str] = Counter()

    def run(self, *, kills: int, shoppers: int, speed: float, seed: int) -> None:
        """Open the store, kill so many times, let everybody leave, and stop everything."""
        open_s = kills * sum(GAP_S) / 2 + QUIET_S
        options = ["--seed", str(seed), "--shoppers", str(shoppers), "--speed", str(speed), "--items", "3",
                   "--for", str(OPENING_S + open_s), "--truth", str(self._truth_file)]  # fmt: skip
        health = self._names.of(topics.NODE_HEALTH, node="+")
        try:
            with Connection(
                self.processes.broker, client_id="steelyard-chaos", subscriptions=[health], inbox=self._news
            ):
                self.processes.serve()
                self.processes.open(options)
                self._live(OPENING_S, until=self._truth_file.exists)
                for _ in range(kills):
                    self._live(self._random.uniform(*GAP_S))
                    self._kill()
                self._live(QUIET_S)
                self._live(RECEIPTS_S, until=self._everybody_has_a_receipt)
        finally:
            self.processes.stop()

    def verdict(self) -> Verdict:
        """Judge the ledger by the truth; after :meth:`run`."""
        truth = Truth.read(self._truth_file)
        store = self._read_store()
        node_of = {
            plate: node
            for node, file in self.processes.store.node_files.items()
            for board in load_yaml(file, NodeConfig).boards
            for plate in board.plates
        }
        actions = [
            (action, self.downtime.sight(node_of[action.plate], action.onset_utc, action.settled_utc))
            for action in truth.actions
        ]
        return judge(actions, truth.visits, store.decisions(), store.receipts())

    def offline_changes(self) -> int:
        """How many changes nodes reported that had happened while they were off."""
        return sum(each.kind is DisturbanceKind.OFFLINE_CHANGE for each in self._read_store().disturbances())

    def _live(self, for_s: float, until: Callable[[], bool] = lambda: False) -> None:
        """Let time pass, with everything supervised."""
        deadline_s = time.monotonic() + for_s
        while time.monotonic() < deadline_s and not until():
            self.processes.tend()
            for node, killed_pid in list(self._killed_pid.items()):
                if self.processes.supervisor.pid(node) not in (None, killed_pid):
                    self.downtime.running(node, time.time())
                    del self._killed_pid[node]
            self._hear()
            time.sleep(TICK_S)

    def _kill(self) -> None:
        """Kill one of the processes that are alive; brokers and aggregators as often as two nodes."""
        victims = [name for name in (*self._nodes, *("aggregator", "broker") * 2) if self._pid(name)]
        if not victims:
            return
        victim = self._random.choice(victims)
        pid = self._pid(victim)
        if pid is None:
            return
        if victim in self._nodes:
            self.downtime.killed(victim, time.time())
            self._killed_pid[victim] = pid
        off_s = 0.0
        if victim in self._nodes and self._random.random() < LONG_OUTAGES:
            off_s = self._random.uniform(*OFF_S)
            self.processes.supervisor.postpone(victim, off_s)
        os.kill(pid, signal.SIGKILL)
        self.kills[victim] += 1
        print(f"{self.kills.total():3}  kill -9 {victim}" + (f", off for {off_s:.1f} s" if off_s else ""))

    def _pid(self, name: str) -> int | None:
        return self.processes.supervisor.pid(name)

    def _hear(self) -> None:
        while not self._news.empty():
            news = self._news.get()
            if isinstance(news, Received):
                health: NodeHealth = decode(news.payload, NodeHealth, source=news.topic)
                if health.plates and all(plate.state is SensorState.OK for plate in health.plates):
                    self.downtime.well(health.node, health.utc)

    def _everybody_has_a_receipt(self) -> bool:
        left = {visit.visit for visit in Truth.read(self._truth_file).visits.values()}
        return left <= {receipt.visit for receipt in self._read_store().receipts()}

    def _read_store(self) -> Store:
        """The store as its ledger tells it."""
        demo = self.processes.store
        config = load_yaml(demo.aggregator_file, AggregatorConfig)
        store = Store(catalogue=demo.catalogue, planogram=demo.planogram,
                      attribution=config.attribution, carts=config.carts)  # fmt: skip
        ledger = Ledger(demo.ledger_dir / LEDGER_FILE)
        for row in ledger.entries():
            store.apply(row.entry)
        ledger.close()
        return store


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, run, print the verdict; exit code 1 when anything was found."""
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1, help="of the shoppers and of the kills")
    parser.add_argument("--shoppers", type=int, default=3)
    parser.add_argument("--speed", type=float, default=3.0)
    parser.add_argument("--broker", type=BrokerKind, default=BrokerKind.NATS)
    parser.add_argument("--state-dir", type=Path, help="keep everything here")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="steelyard-chaos-") as scratch:
        fire = StoreUnderFire(options.state_dir or Path(scratch), options.broker, options.seed)
        fire.run(kills=options.kills, shoppers=options.shoppers, speed=options.speed, seed=options.seed)
        verdict, offline_changes = fire.verdict(), fire.offline_changes()
    print(f"{fire.kills.total()} kills: {', '.join(f'{name} {count}' for name, count in fire.kills.items())}")
    print(
        f"{verdict.seen} actions seen, {verdict.unseen} while the node was off, {verdict.unsure} at the edge"
    )
    print(f"{offline_changes} changes reported that happened while a node was off")
    print(
        f"{verdict.receipts} receipts, {verdict.reviewed} for review, {verdict.left_to_review} actions open"
    )
    for misplaced in verdict.misplaced:
        print(f"MISPLACED {misplaced}")
    for finding in verdict.findings:
        print(f"FOUND {finding}")
    return 1 if verdict.findings else 0


if __name__ == "__main__":
    sys.exit(main())
