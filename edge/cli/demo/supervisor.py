"""Keeps a set of processes running, as systemd does for a store: restarts what dies, ends what it started.

Each program leads a process group of its own, so that Ctrl-C reaches the supervisor alone, and dies with it,
even when the supervisor is killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from edge.child_process import die_with_parent
from edge.errors import StartError, SteelyardError

RESTART_AFTER_S = (0.2, 0.5, 1.0, 2.0, 4.0)
"""[s] waits before the restarts of a program that keeps dying young; after the last one it is given up."""

YOUNG_S = 3.0
"""[s] a program that lived longer is not blamed for its death."""

STOP_S = 5.0
"""[s] for a program to end in good order before it is killed."""


class Service(Protocol):
    """Something that runs in a process of its own. ``EmbeddedBroker`` is one, too."""

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        ...

    def start(self) -> None:
        """Start it; raises ``SteelyardError`` when that fails."""
        ...

    def stop(self) -> None:
        """End it and wait for that."""
        ...


class Program:
    """A command as a child process with its output in a log file."""

    def __init__(self, command: Sequence[str], log_file: Path) -> None:
        self._command, self.log_file = tuple(command), log_file
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """How it ended; ``None`` before the start and while it runs."""
        return self._process.poll() if self._process is not None else None

    def start(self) -> None:
        """Start the command. Raises ``StartError`` when there is no such program."""
        try:
            with self.log_file.open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603 - our own program and arguments
                    self._command,
                    stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                    preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - one system call, loaded before
                )  # fmt: skip
        except OSError as error:
            raise StartError(f"cannot start the program: {error.strerror}", where=self._command[0]) from error

    def wait(self, for_s: float) -> None:
        """Wait until it ends by itself, at most so long."""
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(for_s)

    def stop(self) -> None:
        """End it in good order, by force after ``STOP_S``, and whatever it left in its process group."""
        if self._process is None:
            return
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_S)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "nothing")


class Supervisor:
    """Starts services, restarts those that die, stops them in reverse order.

    Everything happens in the caller's thread, which has to call :meth:`tend` often: the kernel ends a child
    together with the thread that started it.

    Attributes:
        restarts: how often each service was restarted.
    """

    def __init__(self, announce: Callable[[str], None]) -> None:
        """``announce`` is told of deaths, restarts and failed restarts, a sentence each."""
        self._announce = announce
        self._services: dict[str, Service] = {}  # in order of their start
        self._born_s: dict[str, float] = {}
        self._irreplaceable: set[str] = set()
        self._due_s: dict[str, float] = {}  # of a restart that waits
        self._young_deaths: Counter[str] = Counter()
        self.restarts: Counter[str] = Counter()

    def start(self, name: str, service: Service, *, once: bool = False) -> None:
        """Start a service and keep it running; ``once``: its death is the end of everything.

        Raises what its own start raises.
        """
        service.start()
        self._services[name] = service
        if once:
            self._irreplaceable.add(name)
        self._born_s[name] = time.monotonic()

    def pid(self, name: str) -> int | None:
        """Process id of a service while it runs."""
        return self._services[name].pid

    def postpone(self, name: str, for_s: float) -> None:
        """Leave a service off for so long when it dies now, as if its plug had been pulled."""
        self._due_s[name] = time.monotonic() + for_s

    def tend(self) -> None:
        """Restart what has died and whose time has come.

        Raises:
            StartError: a service dies young again and again, or cannot be replaced.
        """
        for name, service in self._services.items():
            if service.pid is not None:
                continue
            now_s = time.monotonic()
            if name not in self._due_s:
                self._due_s[name] = now_s + self._patience_s(name, service, now_s)
            elif now_s >= self._due_s[name]:
                del self._due_s[name]
                self._born_s[name] = now_s
                self.restarts[name] += 1
                try:
                    service.start()
                    self._announce(f"{name} is running again")
                except SteelyardError as error:
                    self._announce(f"{name} cannot be restarted: {error}")

    def stop(self) -> None:
        """Stop everything that was started."""
        while self._services:
            _, service = self._services.popitem()
            service.stop()

    def _patience_s(self, name: str, service: Service, now_s: float) -> float:
        """[s] until the restart of a service that has just been found dead."""
        if now_s - self._born_s[name] > YOUNG_S:
            self._young_deaths[name] = 0
        deaths = self._young_deaths[name]
        if name in self._irreplaceable or deaths == len(RESTART_AFTER_S):
            raise StartError(
                "the process has ended", where=name,
                found=service.last_words() if isinstance(service, Program) else "",
                expected="a process that keeps running", fix="Read its log.",
            )  # fmt: skip
        self._young_deaths[name] += 1
        self._announce(f"{name} has died; restarting it")
        return RESTART_AFTER_S[deaths]
