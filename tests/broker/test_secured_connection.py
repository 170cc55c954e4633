"""TLS and passwords, against a mosquitto that demands both."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.broker.connection import BrokerDown, BrokerUp, Connection
from edge.config import BrokerSection

pytestmark = pytest.mark.mosquitto

PATIENCE_S = 20.0


@dataclass(frozen=True)
class Secured:
    """A broker that asks for TLS and a password; files are in ``folder``."""

    port: int
    folder: Path

    def section(self, **changed: str) -> BrokerSection:
        content = {"username": "node", "password_file": "right", "ca_file": "cert.pem", **changed}
        return BrokerSection(host="localhost", port=self.port, keepalive_s=2, **content)  # type: ignore[arg-type]


@pytest.fixture
def secured(tmp_path: Path, mosquitto_program: Path) -> Iterator[Secured]:
    """A running one."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem",
        ],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(["mosquitto_passwd", "-b", "-c", "users", "node", "secret"], cwd=tmp_path, check=True)
    (tmp_path / "right").write_text("secret\n", encoding="utf-8")
    (tmp_path / "wrong").write_text("guess\n", encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "mosquitto.conf").write_text(
        f"listener {port} localhost\nuser {pwd.getpwuid(os.getuid()).pw_name}\nallow_anonymous false\n"
        f"password_file {tmp_path}/users\ncertfile {tmp_path}/cert.pem\nkeyfile {tmp_path}/key.pem\n",
        encoding="utf-8",
    )
    with subprocess.Popen(
        [mosquitto_program, "-c", tmp_path / "mosquitto.conf"], stderr=subprocess.DEVNULL
    ) as process:
        yield Secured(port, tmp_path)
        process.terminate()


def first_news(secured: Secured, section: BrokerSection) -> BrokerUp | BrokerDown:
    """The first news that is not about a broker that is still starting."""
    with Connection(section, client_id="steelyard-node-n", base_dir=secured.folder) as connection:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            news = connection.inbox.get(timeout=PATIENCE_S)
            if not (isinstance(news, BrokerDown) and "Connection refused" in news.reason):
                return news
    pytest.fail("no answer")


def test_the_right_password_over_tls_connects(secured: Secured) -> None:
    assert first_news(secured, secured.section()) == BrokerUp()


def test_a_wrong_password_is_told(secured: Secured) -> None:
    news = first_news(secured, secured.section(password_file="wrong"))
    assert isinstance(news, BrokerDown)
    assert "Not authorized" in news.reason


def test_a_certificate_of_somebody_else_is_told(secured: Secured) -> None:
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=other",
            "-keyout", "other-key.pem", "-out", "other.pem",
        ],
        cwd=secured.folder, check=True, capture_output=True,
    )  # fmt: skip
    news = first_news(secured, secured.section(ca_file="other.pem"))
    assert isinstance(news, BrokerDown)
    assert "certificate" in news.reason.lower()
