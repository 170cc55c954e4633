"""The processes of a replayed store, and the files they run from."""

from __future__ import annotations

import http.client
import json
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from edge.aggregator.ledger.database import LEDGER_FILE
from edge.cli.demo.supervisor import Program
from edge.config import AggregatorConfig, BrokerSection, NodeConfig, RecordingSection, WebSection
from edge.errors import StartError
from edge.planogram import Sku
from edge.recording.case import CaseSetup
from edge.yaml_file import dump_yaml

STORE = "replay"
BEHIND_S = 8.0  # [s] of this machine's time that the aggregator's clock is behind: longer than a slow start
START_S = 60.0  # [s] until the aggregator must be up and connected
PAGE = "page http://"  # how the aggregator says where its page is


class ReplayStore:
    """One aggregator and the nodes of a case, below a directory of their own.

    Args:
        setup: the case's.
        directory: for configuration, state and logs.
        broker: where they meet.
    """

    def __init__(self, setup: CaseSetup, directory: Path, broker: BrokerSection) -> None:
        self.ledger_file = directory / "aggregator" / LEDGER_FILE
        self._setup, self._directory, self._broker = setup, directory, broker
        self._aggregator: Program | None = None
        self._page = ""
        self._nodes: dict[str, Program] = {}
        self._with_receipt: set[str] = set()
        self._receipts_until = 0  # position

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start_aggregator(self, store_time_s: float, speed: float) -> None:
        """Start the aggregator and wait until it serves its page and has its subscriptions.

        Raises:
            StartError: it does not come up.
        """
        self._write("catalogue", _catalogue_file(self._setup))
        self._write("planogram", _planogram_file(self._setup))
        config = AggregatorConfig(
            store=STORE,
            broker=self._broker,
            state_dir="aggregator",
            attribution=self._setup.attribution,
            carts=self._setup.carts,
            web=WebSection(port=0),
        )
        clock = ["--store-time", repr(store_time_s - BEHIND_S * speed), "--store-speed", repr(speed)]
        self._aggregator = self._start("aggregator", config, clock)
        deadline_s = time.monotonic() + START_S
        while not self._is_up():
            self.tend()
            if time.monotonic() > deadline_s:
                raise StartError("the aggregator does not come up", expected=f"within {START_S:.0f} s")
            time.sleep(0.05)

    def start_node(self, node: str, recording: Path, recording_format: str, speed: float) -> None:
        """Start one node of the case. Raises ``StartError``."""
        boot = self._setup.nodes[node].boot
        section = RecordingSection(path=str(recording), format=recording_format, speed=speed, boot=boot)
        config = NodeConfig(store=STORE, node=node, broker=self._broker, state_dir=node, recording=section)
        self._nodes[node] = self._start("node", config, [], name=f"node-{node}")

    def nodes_running(self) -> bool:
        """Whether a node still runs."""
        return any(program.pid is not None for program in self._nodes.values())

    def tend(self) -> None:
        """Look after everybody.

        Raises:
            StartError: a process has failed.
        """
        aggregator = {"aggregator": self._aggregator} if self._aggregator else {}
        for name, program in {**self._nodes, **aggregator}.items():
            ended_well = program.exit_code is None or (name in self._nodes and program.exit_code == 0)
            if not ended_well:
                raise StartError("a process of the replay has failed", where=name, found=program.last_words())

    def visits_with_receipt(self) -> set[str]:
        """Visits whose receipt is out."""
        self.tend()
        while (page := self._get(f"/api/v1/receipts?after={self._receipts_until}&limit=500")) is not None:
            self._with_receipt |= {notice["data"]["visit"] for notice in page["items"]}
            self._receipts_until = page["next"]
            if page["next"] >= page["end"]:
                break
        return self._with_receipt

    def stop(self) -> None:
        """End everything that was started; again does nothing."""
        for program in (*self._nodes.values(), *([self._aggregator] if self._aggregator else [])):
            program.stop()
        self._nodes, self._aggregator = {}, None

    def _is_up(self) -> bool:
        if not self._page:
            log = self._directory / "aggregator.log"
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            self._page = next(
                (line.removeprefix(PAGE) for line in lines if line.startswith(PAGE)), ""
            ).rstrip("/")
        return bool(self._page) and self._get("/healthz") is not None

    def _get(self, path: str) -> Any:
        """JSON of the aggregator's page server; ``None`` when it does not answer well."""
        connection = http.client.HTTPConnection(self._page, timeout=5.0)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            content = answer.read()
            return json.loads(content) if answer.status == http.HTTPStatus.OK else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def _start(
        self, verb: str, config: AggregatorConfig | NodeConfig, options: list[str], name: str = ""
    ) -> Program:
        name = name or verb
        file = self._write(name, msgspec.to_builtins(config))
        command = [sys.executable, "-m", "edge.cli", verb, "--config", str(file), *options]
        program = Program(command, self._directory / f"{name}.log")
        program.start()
        return program

    def _write(self, name: str, content: Any) -> Path:
        file = self._directory / f"{name}.yaml"
        file.write_text(dump_yaml(content), encoding="utf-8")
        return file


def _catalogue_file(setup: CaseSetup) -> dict[str, Any]:
    """All SKUs; those that only the planogram knows are there without name and weight."""
    known = {sku.sku for sku in setup.skus}
    planned = sorted({facing.sku for facing in setup.facings if facing.sku} - known)
    return {"skus": msgspec.to_builtins([*setup.skus, *(Sku(sku=sku, name=sku) for sku in planned)])}


def _planogram_file(setup: CaseSetup) -> dict[str, Any]:
    content = {"version": setup.planogram_version, "plates": setup.plates, "facings": setup.facings}
    built: dict[str, Any] = msgspec.to_builtins(content)
    return built
