"""``python -m tools.load_bench``: how many events a second one aggregator takes, nothing lost.

First a subscriber that only counts takes the same payloads as fast as the broker gives them, then the real
aggregator takes them at a rate, as a process with an SQLite ledger. What it does not have in the end is sent
again, as an outbox does. Rates are of what is in the ledger; broker and publishers are on the same machine,
and what they cost is said beside it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from edge.broker.embedded import EmbeddedBroker
from tools.load_bench.measure import Load, aggregator_load, broker_limit_hz

RATE_HZ = 2000.0
"""[1/s] of events that one aggregator is to take."""


def main() -> int:
    """Measure and print; exit code 1 when anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--publishers", type=int, default=200)
    parser.add_argument("--rate", type=float, default=RATE_HZ, help="[1/s] of all; 0: as fast as it goes")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--broker", default="nats", help="nats or mosquitto")
    options = parser.parse_args()
    messages = int((options.rate or RATE_HZ) * options.seconds) // options.publishers * options.publishers
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedBroker(options.broker, Path(folder) / "b") as broker,
    ):
        limit_hz = broker_limit_hz(broker.port, options.publishers, messages)
        load = aggregator_load(broker, Path(folder), options.publishers, messages, options.rate)
    print(f"broker alone  {limit_hz:7.0f} messages/s to a subscriber that only counts")
    print(f"aggregator    {load.rate_hz:7.0f} events/s in the ledger, of {options.rate:.0f} offered")
    print(f"ratio         {load.rate_hz / limit_hz:7.2f}")
    _print_cost(load)
    return int(load.lost > 0)


def _print_cost(load: Load) -> None:
    print(f"of {load.messages} events {load.lost} lost, {load.sent_again} sent a second time")
    cost = ", ".join(f"{name} {1e6 * each / load.messages:.0f}" for name, each in load.cpu_s.items())
    print(f"processor     us an event: {cost}")
    print("memory        MB: " + " ".join(f"{each:.0f}" for each in load.memory_mb.values()))
    moments = [min(each, max(load.memory_mb)) for each in (10.0, 60.0)]
    print("              " + ", ".join(f"{load.memory_at(each):.0f} at {each:.0f} s" for each in moments))


if __name__ == "__main__":
    sys.exit(main())
