"""A store with one real board: firmware in simavr, node, broker and aggregator as processes of their own."""

from __future__ import annotations

import queue
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from edge.broker.connection import Connection, Received
from edge.broker.embedded import BrokerKind, EmbeddedBroker
from edge.config import BrokerSection
from edge.messages import NodeHealth, Receipt, SensorState, ShelfEvent
from edge.payload import decode
from edge.topics import NODE_EVENT, NODE_HEALTH, RECEIPT, TopicNames
from firmware_bridge.bridge import Bridge
from tools.board_emulator import EmulatedBoard, build_firmware
from tools.store_simulator.calibration import calibrate
from tools.store_simulator.forces import PlateForce
from tools.store_simulator.load_cell import LoadCells
from tools.store_simulator.rack import Rack

STORE, NODE = "emulated", "wall"
PLATES = ["wall/1/1", "wall/1/2", "wall/1/3", "wall/1/4"]
WEIGHTS_G = {"bar": 12.0, "chocolate": 105.0, "bottle": 622.0}
FACINGS = {"bar": PLATES[0], "chocolate": PLATES[1], "bottle": PLATES[3]}
UNITS = 8
"""[units] of each SKU on its plate."""
TARE_G = 400.0
"""[g] of a tray on the plate without goods."""
NOISE_COUNTS = 45.0
"""[counts] of the converter itself: 90 nV (HX711 data sheet, 80 samples a second, gain 128)."""
CELLS_LIKE = "57ee17a4d0000001"
"""Simulated board whose load cells the emulated one has."""
RATE_HZ = 80
PATIENCE_S = 40.0


class Shelf:
    """The mechanics and load cells in front of the board's converters."""

    def __init__(self, seed: int) -> None:
        loads_g = {plate: UNITS * WEIGHTS_G[sku] for sku, plate in FACINGS.items()}
        mechanics, noise = np.random.default_rng(seed).spawn(2)
        self._rack = Rack(PLATES, [loads_g.get(plate, TARE_G) for plate in PLATES], mechanics)
        self._cells = LoadCells(CELLS_LIKE, len(PLATES), noise, misread_share=0.0)

    def render(self, forces: Sequence[PlateForce], duration_s: float) -> np.ndarray:
        """[n, channel] counts at 80 Hz while these forces act."""
        for force in forces:
            self._rack.act(force)
        at_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
        return self._cells.update(self._rack.load_g(at_s), at_s)


def ask_board_id(board: EmulatedBoard) -> str:
    """The id that the firmware has made for itself."""
    bridge = Bridge(port=str(board.port), clock=time.monotonic_ns)
    try:
        wait_until(lambda: (bridge.poll(), bridge.identity)[1], "the board's identity")
        assert bridge.identity is not None
        return bridge.identity.board_id.hex()
    finally:
        bridge.close()


def wait_until(holds: Callable[[], Any], what: str) -> Any:
    """The first truthy value; fails the test when none comes."""
    deadline_s = time.monotonic() + PATIENCE_S
    while not (value := holds()):
        assert time.monotonic() < deadline_s, f"{what}: not within {PATIENCE_S} s"
        time.sleep(0.02)
    return value


def write_store(folder: Path, *, board_id: str, port: Path, broker_port: int) -> tuple[Path, Path]:
    """All files of the store; those of the node and of the aggregator."""
    skus = [{"sku": sku, "name": sku, "weight_g": grams, "price": 1.0} for sku, grams in WEIGHTS_G.items()]
    gondola = {"gondola": "wall", "corner_m": [0, 0, 0], "shelves": [{"shelf": "1", "z_m": 1.0, "plates": 4}]}
    facings = [{"plates": [plate], "sku": sku} for sku, plate in FACINGS.items()]
    broker = {"port": broker_port}
    board = {"rack": "wall", "port": str(port), "board_id": board_id, "plates": PLATES}
    files: dict[str, dict[str, Any]] = {
        "catalogue.yaml": {"skus": skus},
        "planogram.yaml": {"version": "1", "gondolas": [gondola], "facings": facings},
        f"calibration/{board_id}.yaml": {
            "board_id": board_id, "date": "2026-01-05", "channels": calibrate(CELLS_LIKE, len(PLATES)),
        },
        "node.yaml": {
            "store": STORE, "node": NODE, "state_dir": "node", "broker": broker, "health_every_s": 1.0,
            "boards": [board],
        },
        "aggregator.yaml": {
            "store": STORE, "state_dir": "aggregator", "nodes": [NODE], "broker": broker, "web": {"port": 0},
        },
    }  # fmt: skip
    (folder / "calibration").mkdir()
    for name, content in files.items():
        (folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder / "node.yaml", folder / "aggregator.yaml"


@contextmanager
def daemon(verb: str, config: Path) -> Iterator[None]:
    """``steelyard VERB --config FILE`` until the end of the block."""
    log = config.with_suffix(".log")
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "edge.cli", verb, "--config", str(config)], stdout=said, stderr=said
        )
        try:
            yield
            assert process.poll() is None, f"{verb} has ended: {log.read_text()}"
        finally:
            process.terminate()
            process.wait(20)


class Listener:
    """Hears what the node and the aggregator publish."""

    def __init__(self, broker_port: int) -> None:
        self.names = TopicNames(STORE)
        self.events: dict[int, ShelfEvent] = {}  # by sequence number, latest revision
        self.receipts: dict[str, Receipt] = {}  # by visit
        self.health: NodeHealth | None = None
        rows = (
            self.names.of(NODE_EVENT, node=NODE),
            self.names.of(NODE_HEALTH, node=NODE),
            self.names.of(RECEIPT),
        )
        self.connection = Connection(
            BrokerSection(port=broker_port), client_id="listener", subscriptions=rows
        )
        self.connection.start()

    def listen(self) -> None:
        """Take what has come."""
        while True:
            try:
                news = self.connection.inbox.get_nowait()
            except queue.Empty:
                return
            if isinstance(news, Received):
                self._take(news)

    def _take(self, news: Received) -> None:
        parsed = self.names.parse(news.topic)
        assert parsed is not None
        message: Any = decode(news.payload, parsed[0].payload, source=news.topic)
        if isinstance(message, Receipt):
            self.receipts[message.visit] = message
        elif isinstance(message, NodeHealth):
            self.health = message
        elif isinstance(message, ShelfEvent):
            self.events[message.seq] = message
        else:  # a withdrawn event becomes a disturbance
            self.events.pop(message.seq, None)

    @property
    def all_well(self) -> bool:
        """Whether every plate has a settled level."""
        self.listen()
        return self.health is not None and len(self.health.plates) == len(PLATES) and all(
            plate.state is SensorState.OK and plate.settled for plate in self.health.plates
        )  # fmt: skip


@contextmanager
def emulated_store(folder: Path, shelf: Shelf) -> Iterator[tuple[EmulatedBoard, Listener]]:
    """Everything runs, and every plate is settled."""
    with (
        EmulatedBoard(
            build_firmware(), link=folder / "port", drift_ppm=(900.0, -1400.0, 300.0, 0.0)
        ) as board,
        EmbeddedBroker(BrokerKind.NATS, folder / "broker") as broker,
    ):
        start = shelf.render([], 1 / RATE_HZ)[0]
        for cell in range(len(PLATES)):
            board.load(cell, start[cell])
            board.noise(cell, NOISE_COUNTS)
        node, aggregator = write_store(
            folder, board_id=ask_board_id(board), port=board.port, broker_port=broker.port
        )
        listener = Listener(broker.port)
        try:
            with daemon("aggregator", aggregator), daemon("node", node):
                wait_until(lambda: listener.all_well, "settled plates")
                yield board, listener
        finally:
            listener.connection.close()
