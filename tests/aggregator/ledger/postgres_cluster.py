"""A private PostgreSQL server for the tests: its own data, a socket of its own, no network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import URL, create_engine, text

USER = "steelyard"


class PostgresCluster:
    """Runs from construction to ``stop``, as an ordinary user: the server refuses to run as root.

    Args:
        programs: folder with initdb and pg_ctl.
    """

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._directory = Path(tempfile.mkdtemp(prefix="pg"))  # a socket's path must be short
        self._user = {}
        if os.geteuid() == 0:
            self._user = {"user": 65534, "group": 65534, "extra_groups": []}
            os.chown(self._directory, 65534, 65534)
        self._numbers = count(1)
        self._run(
            "initdb", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"
        )
        options = f"-F -c listen_addresses='' -c unix_socket_directories='{self._directory}'"
        self._run("pg_ctl", "start", "--wait", f"--options={options}", f"--log={self._directory / 'log'}")

    def create(self) -> URL:
        """A new, empty database."""
        name = f"ledger{next(self._numbers)}"
        engine = create_engine(self._url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self._url(name)

    def end_connections(self, url: URL) -> None:
        """What a restarted server or an administrator does."""
        engine = create_engine(self._url("postgres"))
        with engine.connect() as connection:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
            connection.execute(text(query), {"name": url.database})
        engine.dispose()

    @contextmanager
    def holding(self, url: URL) -> Iterator[None]:
        """Somebody holds the ledger's table."""
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("LOCK TABLE entries IN EXCLUSIVE MODE"))
            yield
        engine.dispose()

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--mode=immediate")
        shutil.rmtree(self._directory, ignore_errors=True)

    def _url(self, database: str) -> URL:
        query = {"host": str(self._directory)}
        return URL.create("postgresql+psycopg", username=USER, database=database, query=query)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, f"--pgdata={self._directory / 'data'}", *arguments],
            cwd=self._directory, stdout=subprocess.DEVNULL, check=True, timeout=60, **self._user,
        )  # fmt: skip
