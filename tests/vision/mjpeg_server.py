"""A network camera: MJPEG over HTTP on the loopback, as cheap ones speak it."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import numpy as np

from edge.vision.picture import encode_jpeg

SIZE_PX = (96, 64)


class MjpegServer:
    """Sends a noisy picture twenty times a second to whoever asks, unless told to be silent."""

    def __init__(self, port: int = 0) -> None:
        stop = self._stop = threading.Event()
        self.silent = silent = threading.Event()
        self.sent = sent = [0]

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                rng = np.random.default_rng(1)
                try:
                    while not stop.is_set():
                        if not silent.is_set():
                            picture = rng.integers(90, 110, (SIZE_PX[1], SIZE_PX[0], 3), dtype=np.uint8)
                            jpeg = encode_jpeg(picture, 80)
                            self.wfile.write(
                                b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: "
                                + str(len(jpeg)).encode() + b"\r\n\r\n" + jpeg + b"\r\n"
                            )  # fmt: skip
                            sent[0] += 1
                        time.sleep(0.05)
                except OSError:
                    return

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/video.mjpg"

    def close(self) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
