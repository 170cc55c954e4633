"""``python -m firmware_bridge.simulated_scales KIND --link PORT``: one scale until it is interrupted."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable
from pathlib import Path

from firmware_bridge.simulated_scales import Device, DeviceLine, MtSicsScale, TextSketch

KINDS: dict[str, Callable[[float, float], Device]] = {
    "hx711_text": lambda grams, rate_hz: TextSketch(lambda _: f"Reading: {grams:.1f} g", rate_hz=rate_hz),
    "mt_sics": lambda grams, rate_hz: MtSicsScale(lambda _: f"S {grams:10.2f} g", rate_hz=rate_hz),
}


def main() -> None:
    """Parse the command line and run the scale."""
    parser = argparse.ArgumentParser(prog="simulated_scales", description=__doc__)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--link", type=Path, required=True, help="symbolic link to the pty")
    parser.add_argument("--grams", type=float, default=250.0, help="what lies on it")
    parser.add_argument("--rate", type=float, default=10.0, metavar="HZ", help="readings a second")
    options = parser.parse_args()
    endings = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, endings)  # from all threads: one waits for them
    line = DeviceLine(KINDS[options.kind](options.grams, options.rate), options.link)
    line.plug_in()
    try:
        signal.sigwait(endings)
    finally:
        line.close()


if __name__ == "__main__":
    main()
