"""Serves the page from a thread with its own loop, so that no page can hold up the writer."""

from __future__ import annotations

import asyncio
import socket
import threading

import uvicorn

from edge.aggregator.web.app import create_app
from edge.aggregator.web.feed import Feed
from edge.clock import Clock
from edge.config import WebSection
from edge.errors import StartError

STOP_S = 3
"""[s] for open requests to end at a stop."""


class WebServer:
    """Listens from its making on; serves between ``start`` and ``stop``.

    Args:
        section: host and port; port 0 takes a free one.
        feed: what to show.
        clock: for /healthz.

    Raises:
        StartError: the address cannot be listened on.
    """

    def __init__(self, section: WebSection, feed: Feed, clock: Clock) -> None:
        self._feed = feed
        family = socket.AF_INET6 if ":" in section.host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((section.host, section.port))
            self._socket.listen(128)
        except OSError as error:
            self._socket.close()
            raise StartError(
                f"the page cannot listen: {error.strerror or error}", where=f"{section.host}:{section.port}",
                fix="Stop the program that uses the port, or set another web.port (0 takes a free one).",
            ) from error  # fmt: skip
        self.port: int = self._socket.getsockname()[1]
        host = f"[{section.host}]" if family is socket.AF_INET6 else section.host
        self.url = f"http://{host}:{self.port}/"
        self._server = uvicorn.Server(
            uvicorn.Config(
                create_app(feed, clock),
                log_level="warning",
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=STOP_S,
            )
        )
        self._thread = threading.Thread(target=self._serve, name="web", daemon=True)

    def start(self) -> None:
        """Serve from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End all streams and requests, and stop listening."""
        self._feed.close()
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(timeout=2 * STOP_S)
        self._socket.close()

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._feed.bind(asyncio.get_running_loop())
        await self._server.serve(sockets=[self._socket])
