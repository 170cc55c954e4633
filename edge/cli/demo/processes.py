"""The processes of a demo store under one supervisor: broker, aggregator, nodes, the world around them."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.broker.embedded import BrokerKind, EmbeddedBroker
from edge.cli.demo.store import PHOTOGRAPHER, SIMULATOR, WEB_HOST, DemoStore, find_examples, furnish
from edge.cli.demo.supervisor import Program, Supervisor
from edge.config import BrokerSection
from edge.errors import StartError

WEB_PORT = 8080

ENROLL_S = 180.0
"""[s] in which the goods are photographed, and enrolled (about 4 s each on an idle machine)."""

START_S, POLL_S = 30.0, 0.05
"""[s] until a process must have come up (about 1 s on an idle machine), and between two looks."""


class DemoProcesses:
    """Starts a whole store below ``state_dir`` and keeps it running while :meth:`tend` is called.

    Attributes:
        store: where its files are.
        broker: the broker's address.
        page: the address of the store's page.
        supervisor: all of its processes by name: ``broker``, ``aggregator``, each node, ``world``.
    """

    def __init__(
        self,
        state_dir: Path,
        broker_kind: BrokerKind,
        announce: Callable[[str], None],
        *,
        web_port: int = WEB_PORT,
    ) -> None:
        """Start the broker and write the configurations.

        Args:
            state_dir: everything that the processes keep, and their logs.
            broker_kind: which broker to start.
            announce: is told of deaths and restarts.
            web_port: of the page, if it is free.

        Raises:
            StartError: the simulated store is not installed.
            BrokerError: the broker does not start.
        """
        examples = find_examples()
        self.supervisor = Supervisor(announce)
        self._logs = state_dir / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        broker = EmbeddedBroker(broker_kind, state_dir / "broker")
        self.supervisor.start("broker", broker)
        self.broker = BrokerSection(host=broker.host, port=broker.port)
        self._web_port = _free_port(web_port)
        self.page = f"http://{WEB_HOST}:{self._web_port}/"
        self.store: DemoStore = furnish(examples, state_dir, self.broker, self._web_port)

    def serve(self) -> None:
        """Start the aggregator; its page can be opened when this returns.

        Raises:
            StartError: it does not come up.
        """
        self._start(
            "aggregator", ["-m", "edge.cli", "aggregator", "--config", str(self.store.aggregator_file)]
        )
        self._wait_until("the page", self._page_is_served)

    def open(self, world_options: Sequence[str]) -> None:
        """Start the world and the nodes.

        Raises:
            StartError: a process does not come up.
        """
        files = [str(file) for file in self.store.node_files.values()]
        cameras_dir = self.store.cameras_dir
        self._start(
            "world", ["-m", SIMULATOR, *files, "--cameras", str(cameras_dir), *world_options], once=True
        )
        self._wait_until("the simulated boards", lambda: all(port.exists() for port in self.store.ports))
        for node, file in self.store.node_files.items():
            self._start(node, ["-m", "edge.cli", "node", "--config", str(file)])

    def tend(self) -> None:
        """Restart what has died. Raises ``StartError`` when that is hopeless."""
        self.supervisor.tend()

    def stop(self) -> None:
        """End all processes."""
        self.supervisor.stop()

    def enroll(self) -> None:
        """Have the goods photographed, and enrol them: the nodes know them by sight from their start.

        Raises:
            StartError: a picture cannot be written or used.
        """
        files = [str(file) for file in self.store.node_files.values()]
        pictures, gallery = self.store.gallery_dir.with_name("pictures"), self.store.gallery_dir
        photographed = ["-m", PHOTOGRAPHER, str(pictures), *files]
        enrolled = ["-m", "edge.cli", "enroll", "--gallery", str(gallery), "--from", str(pictures)]
        for name, arguments in (("portraits", photographed), ("enroll", [*enrolled, "--by", "demo"])):
            program = Program([sys.executable, *arguments], self._logs / f"{name}.log")
            program.start()
            try:
                program.wait(ENROLL_S)
            finally:
                program.stop()
            if program.exit_code != 0:
                raise StartError(
                    "the goods cannot be enrolled",
                    where=name,
                    found=program.last_words(),
                    fix="Read its log.",
                )

    def _start(self, name: str, arguments: Sequence[str], *, once: bool = False) -> None:
        program = Program([sys.executable, *arguments], self._logs / f"{name}.log")
        self.supervisor.start(name, program, once=once)

    def _page_is_served(self) -> bool:
        try:
            socket.create_connection((WEB_HOST, self._web_port), timeout=1.0).close()
        except OSError:
            return False
        return True

    def _wait_until(self, what: str, is_up: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + START_S
        while not is_up():
            self.tend()
            if time.monotonic() > deadline_s:
                raise StartError(
                    f"no sign of {what}",
                    found=f"nothing for {START_S:.0f} s",
                    fix=f"Read {self._logs}/*.log.",
                )
            time.sleep(POLL_S)


def _free_port(preferred: int) -> int:
    """``preferred`` if nobody has it, else any other; it stays the same when the aggregator is restarted."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((WEB_HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StartError("no free port for the page", where=WEB_HOST)
