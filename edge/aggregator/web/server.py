"""Serves the pages from a thread with its own loop, so that no page can hold up the writer."""

from __future__ import annotations

import asyncio
import socket
import threading
from pathlib import Path

import uvicorn

from edge.aggregator.web.app import create_app
from edge.aggregator.web.site import Site
from edge.config import WebSection
from edge.errors import StartError

STOP_S = 3
"""[s] for open requests to end at a stop."""


class WebServer:
    """Listens from its making on; serves between ``start`` and ``stop``.

    Args:
        section: host, port and certificate; port 0 takes a free one.
        site: what to show.
        base_dir: that relative paths of ``section`` start from.

    Raises:
        StartError: the address cannot be listened on, or the certificate cannot be used.
    """

    def __init__(self, section: WebSection, site: Site, base_dir: Path = Path()) -> None:
        self._feed = site.feed
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
        self.url = f"{'https' if section.certificate else 'http'}://{host}:{self.port}/"
        config = uvicorn.Config(
            create_app(site),
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=STOP_S,
            ssl_certfile=str(base_dir / section.certificate) if section.certificate else None,
            ssl_keyfile=str(base_dir / section.key) if section.key else None,
        )
        try:
            config.load()
        except OSError as error:  # ssl.SSLError is one
            self._socket.close()
            raise StartError(
                f"the page's certificate cannot be used: {error}", where=section.certificate,
                fix="Set web.certificate and web.key to PEM files that belong together.",
            ) from error  # fmt: skip
        self._server = uvicorn.Server(config)
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
