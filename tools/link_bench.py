"""What the board link costs: ``python -m tools.link_bench``.

Framing is compared with the bare library calls on the same frames, in pairs of runs right after one another;
the median of their ratios counts. The link is run as a node runs it: boards on real ptys in a process of
their own, a bridge each here, and the CPU time of this process.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from binascii import crc_hqx
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

from cobs import cobs

from edge.node.sources import LiveSource
from firmware_bridge.bridge import Bridge
from firmware_bridge.drivers.interface import BoardSamples
from firmware_bridge.framing import CRC_BYTES, CRC_INIT, FrameDecoder, encode_frame
from firmware_bridge.serial_port import CHUNK_BYTES
from firmware_bridge.simulated_board import LoadSignal, SimulatedBoard
from firmware_bridge.simulated_scales import DeviceLine

FRAME_BYTES = (22, 115)
"""[B] on the wire, without delimiters: one sample of 4 channels, and the 8 that boards send together."""
CHUNKS_BYTES = (512, CHUNK_BYTES)
"""[B] read at once: by a busy host, and at most."""
STREAM_BYTES = 400_000
CHANNELS, RATE_HZ = 4, 80
SETTLE_S = 3.0
"""[s] until all boards are identified and stream."""


@dataclass(frozen=True)
class FramingCost:
    """One kind of frame, cut in one way."""

    frame_bytes: int
    chunk_bytes: int
    frames_per_s: float  # through FrameDecoder
    share: float  # [1] of the speed of the bare calls

    def __str__(self) -> str:
        return (
            f"frames of {self.frame_bytes:3} B, read {self.chunk_bytes:4} B at once: "
            f"{self.frames_per_s / 1e6:.2f} M frames/s, {self.share:.2f} of the bare calls"
        )


def framing_cost(frame_bytes: int, chunk_bytes: int, *, runs: int = 41) -> FramingCost:
    """Throughput of ``FrameDecoder`` against ``cobs.decode`` and ``crc_hqx`` alone."""
    random = Random(frame_bytes)
    frames = [
        encode_frame(random.randbytes(frame_bytes - 1 - CRC_BYTES))
        for _ in range(STREAM_BYTES // frame_bytes)
    ]
    encoded = [frame[1:-1] for frame in frames]
    stream = b"".join(frames)
    chunks = [stream[start : start + chunk_bytes] for start in range(0, len(stream), chunk_bytes)]
    shares, ours_s = [], []
    for _ in range(runs):
        bare = _bare_s(encoded)
        ours_s.append(_decoder_s(chunks, len(frames)))
        shares.append(bare / ours_s[-1])
    return FramingCost(
        frame_bytes, chunk_bytes, len(frames) / statistics.median(ours_s), statistics.median(shares)
    )


def _bare_s(encoded: Sequence[bytes]) -> float:
    start_s = time.thread_time()
    for each in encoded:
        crc_hqx(cobs.decode(each), CRC_INIT)
    return time.thread_time() - start_s


def _decoder_s(chunks: Sequence[bytes], frames: int) -> float:
    decoder = FrameDecoder()
    start_s = time.thread_time()
    for chunk in chunks:
        decoder.receive(chunk)
    elapsed_s = time.thread_time() - start_s
    assert decoder.frames_total == frames
    return elapsed_s


@dataclass(frozen=True)
class LinkCost:
    """Boards on ptys, polled as a node polls them."""

    boards: int
    samples: int  # of all boards, while it was measured
    lost: int
    seconds: float
    cpu_s: float  # of the process that polls, its reader threads included

    def __str__(self) -> str:
        share = 100 * self.cpu_s / self.seconds
        return (
            f"{self.boards} boards of {CHANNELS} channels at {RATE_HZ} SPS: {share:.1f} % of a core, "
            f"{self.samples / self.seconds:.0f} samples/s, {self.lost} lost"
        )


def link_cost(boards: int, seconds: float) -> LinkCost:
    """Run boards in a process of their own and poll them here."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        command = [sys.executable, "-m", "tools.link_bench", "--serve", folder, "--boards", str(boards)]
        server = stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        assert server.stdout is not None
        server.stdout.readline()
        bridges = [Bridge(port=str(Path(folder, str(n))), clock=time.monotonic_ns) for n in range(boards)]
        for bridge in bridges:
            stack.callback(bridge.close)
        _poll(bridges, SETTLE_S)
        cpu_s, start_s = time.process_time(), time.monotonic()
        blocks = _poll(bridges, seconds)
        cpu_s, elapsed_s = time.process_time() - cpu_s, time.monotonic() - start_s
        samples = sum(len(block.counts) for block in blocks)
        lost = sum(block.lost_before for block in blocks)
        return LinkCost(boards, samples, lost, elapsed_s, cpu_s)


def _poll(bridges: Sequence[Bridge], seconds: float) -> list[BoardSamples]:
    blocks: list[BoardSamples] = []
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        for bridge in bridges:
            blocks += [each for each in bridge.poll() if isinstance(each, BoardSamples)]
        time.sleep(LiveSource.POLL_S)
    return blocks


class _Board:
    """A simulated board as a device on a line."""

    def __init__(self, number: int) -> None:
        loads = LoadSignal(channels=CHANNELS, seed=number)
        self._board = SimulatedBoard(number.to_bytes(8, "big"), loads, channels=CHANNELS, rate_hz=RATE_HZ)
        self.receive = self._board.receive

    def advance(self, mono_ns: int) -> bytes:
        return b"".join(self._board.advance(mono_ns))


def _serve(folder: Path, boards: int) -> None:
    """Boards on ptys until stdin ends."""
    lines = [DeviceLine(_Board(number), folder / str(number)) for number in range(boards)]
    for line in lines:
        line.plug_in()
    print("ready", flush=True)
    sys.stdin.read()
    for line in lines:
        line.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="link_bench", description=__doc__)
    parser.add_argument("--boards", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        _serve(options.serve, options.boards)
        return
    for frame_bytes in FRAME_BYTES:
        for chunk_bytes in CHUNKS_BYTES:
            print(framing_cost(frame_bytes, chunk_bytes))
    print(link_cost(options.boards, options.seconds))


if __name__ == "__main__":
    main()
