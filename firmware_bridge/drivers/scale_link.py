"""The driver around a dialogue: port, dates, and a typed state, the same for every kind of scale."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import numpy as np

from firmware_bridge.clock_sync import NS_PER_S
from firmware_bridge.drivers.dating import ArrivalDates, AskedDates, Dated, Dates
from firmware_bridge.drivers.dialogue import Dialogue, Reading
from firmware_bridge.drivers.interface import (
    NO_READING,
    BoardSamples,
    BoardStatus,
    LinkHealth,
    Samples,
    ScaleSamples,
)
from firmware_bridge.link import LinkFault, LinkState
from firmware_bridge.port_choice import PortChoice
from firmware_bridge.serial_port import Chunk, LineSettings, PortLost, PortOpened, SerialPort

_log = logging.getLogger(__name__)

SILENCE_NS = 3 * NS_PER_S
"""[ns] without a reading that are a fault; a scale slower than 1 Hz is given ``SILENCE_PERIODS``."""
SILENCE_PERIODS = 5
PAUSE_NS = NS_PER_S
"""[ns] without any byte that end what was being said."""
NOISE_NS = 2 * NS_PER_S
"""[ns] of bytes without a reading that are more than the beginning of one."""
NAME_NS = 3 * NS_PER_S
"""[ns] that a scale is given to say who it is, before its readings are refused."""

News = Samples | BoardStatus


class ScaleLink:
    """One scale behind one port. See ``interface.Driver``.

    Args:
        dialogue: knows the scale's language.
        port: device path.
        expected_id: serial number that the scale must tell; empty: the port alone says which scale it is, and
            a name that may come to mean another adapter is refused.
        clock: gives ``mono_ns``, the host's monotonic nanoseconds.
        line: how bytes travel.
    """

    def __init__(
        self,
        dialogue: Dialogue,
        *,
        port: str,
        expected_id: str = "",
        clock: Callable[[], int],
        line: LineSettings | None = None,
    ) -> None:
        self._dialogue = dialogue
        self._expected_id = expected_id
        self._name = port
        self._clock = clock
        self._dates: Dates = AskedDates(dialogue.period_ns) if dialogue.period_ns else ArrivalDates()
        self._is_open = False
        self._has_read = False  # since the port was opened
        self._said_since_ns = self._said_until_ns = -PAUSE_NS  # bytes without a longer pause
        self._restart_ns = 0
        self._was_silent = False
        self._quiet_since_ns = 0
        self._samples_lost = 0
        self._status = BoardStatus(expected_id, clock(), LinkState.DISCONNECTED, None)
        self._port = SerialPort(PortChoice(port, identified=bool(expected_id)), clock=clock, line=line)

    @property
    def status(self) -> BoardStatus:
        """See ``Driver``."""
        return self._status

    @property
    def health(self) -> LinkHealth:
        """See ``Driver``."""
        clock = self._dates.report()
        return LinkHealth(
            rate_hz=clock.rate_hz if clock else 0.0,
            samples_lost=self._samples_lost,
            frames_corrupt=self._dialogue.refused_total,
            chunks_dropped=self._port.chunks_dropped,
            clock=clock,
        )

    def poll(self) -> list[News]:
        """See ``Driver``."""
        news: list[News] = []
        for arrival in self._port.receive():
            if isinstance(arrival, Chunk):
                if arrival.mono_ns - self._said_until_ns > PAUSE_NS:
                    self._said_since_ns = arrival.mono_ns
                self._said_until_ns = arrival.mono_ns
                self._take(self._dialogue.receive(arrival.data, arrival.mono_ns), arrival.mono_ns, news)
            elif isinstance(arrival, PortOpened):
                self._is_open, self._has_read = True, False
                self._dates.restart()
                self._restart_dialogue(arrival.mono_ns)
            else:
                self._take_loss(arrival, news)
        if self._is_open:
            now_ns = self._clock()
            self._take(self._dialogue.receive(b"", now_ns), now_ns, news)
            self._notice_silence(now_ns, news)
            if request := self._dialogue.tick(now_ns):
                self._port.write(request)
        return news

    def close(self) -> None:
        """See ``Driver``."""
        self._port.close()

    def _take(self, readings: Sequence[Reading], arrival_ns: int, news: list[News]) -> None:
        if not readings:
            return
        if self._was_silent:
            self._restart_dialogue(arrival_ns)  # who speaks after a silence may be somebody else
            return
        self._has_read, self._quiet_since_ns = True, arrival_ns
        name = self._dialogue.serial_number
        if self._expected_id and not name and arrival_ns - self._restart_ns < NAME_NS:
            return
        if self._expected_id and name != self._expected_id:
            found = name or "a scale that does not tell its serial number"
            detail = f"found {found}, expected {self._expected_id}"
            self._change(arrival_ns, LinkFault.WRONG_BOARD, detail, news)
            return
        for dated in self._dates.date(readings, arrival_ns):
            self._samples_lost += dated.lost_before
            self._change(arrival_ns, None, "", news)
            news.append(self._samples(dated))

    def _restart_dialogue(self, mono_ns: int) -> None:
        self._restart_ns = self._quiet_since_ns = mono_ns
        self._was_silent = False
        self._dialogue.restart()

    def _samples(self, dated: Dated) -> Samples:
        values = np.array([reading.values for reading in dated.readings], np.float64)
        name, time = self._dialogue.serial_number, dated.time
        if self._dialogue.gives_counts:
            counts = np.where(np.isnan(values), NO_READING, values).astype(np.int32)
            return BoardSamples(name, time.mono_ns, time.period_ns, counts, dated.lost_before)
        stable = np.array([reading.stable for reading in dated.readings])
        return ScaleSamples(name, time.mono_ns, time.period_ns, values, stable, dated.lost_before)

    def _notice_silence(self, now_ns: int, news: list[News]) -> None:
        clock = self._dates.report()
        periods_ns = SILENCE_PERIODS * NS_PER_S / clock.rate_hz if clock else 0.0
        if now_ns - self._quiet_since_ns < max(SILENCE_NS, periods_ns):
            return
        self._dates.restart()
        silence = f"no reading for {(now_ns - self._quiet_since_ns) / NS_PER_S:.0f} s"
        still_talks = now_ns - self._said_until_ns < PAUSE_NS
        if still_talks and now_ns - self._said_since_ns > NOISE_NS:
            fault = LinkFault.UNINTELLIGIBLE
        elif self._has_read:
            fault = LinkFault.NO_SAMPLES
        else:
            fault = LinkFault.NO_IDENTITY
        detail = self._dialogue.complaint or "nothing came"
        self._change(now_ns, fault, f"{silence}: {detail}", news)
        self._was_silent = True

    def _take_loss(self, loss: PortLost, news: list[News]) -> None:
        self._is_open = False
        fault = loss.error.fault
        if fault is LinkFault.PORT_MISSING and self._status.fault is LinkFault.UNPLUGGED:
            return  # of course
        self._change(loss.mono_ns, fault, str(loss.error), news)

    def _change(self, mono_ns: int, fault: LinkFault | None, detail: str, news: list[News]) -> None:
        state = fault.state if fault else LinkState.CONNECTED
        if (state, fault) == (self._status.state, self._status.fault):
            return
        name = self._dialogue.serial_number or self._expected_id
        self._status = BoardStatus(name, mono_ns, state, fault, detail)
        news.append(self._status)
        if fault is None:
            _log.info("%s: connected", self._name)
        else:
            _log.warning("%s: %s, %s: %s", self._name, state, fault, detail)
