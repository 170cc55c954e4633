"""The board's C core in this process: ctypes over the host build, structures from the table of ``wire.h``."""

from __future__ import annotations

import ctypes as c
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from firmware_bridge import wire
from firmware_bridge.wire_header import FIRMWARE, scalars, snake_case

LINE_BYTES = 65_536
MEMORY_BYTES = 1024
TICK_NS = 4_000
C_TYPES = {"uint8_t": c.c_uint8, "uint16_t": c.c_uint16, "uint32_t": c.c_uint32}
Clock = c.CFUNCTYPE(None, c.c_uint8, c.c_bool)
Dout = c.CFUNCTYPE(c.c_uint8)
Put = c.CFUNCTYPE(None, c.c_uint8)


def build_core(folder: Path, **options: object) -> c.CDLL:
    """Compile the core for this machine, into a folder of its own."""
    settings = [f"{name.upper()}={value}" for name, value in options.items()]
    subprocess.run(["make", "-s", "-C", FIRMWARE, "host", f"BUILD={folder}", *settings], check=True)
    return c.CDLL(str(folder / "libsteelyard_core.so"))


def structure_of(layout: wire.Layout) -> type[c.Structure]:
    """The C structure of a message; the compiler's own padding."""

    class Message(c.Structure):
        _fields_ = [
            (name, C_TYPES[kind.c_type] * kind.length if kind.length > 1 else C_TYPES[kind.c_type])
            for name, kind, _ in scalars(layout)
        ]

    return Message


class FrameReceiver(c.Structure):
    """``struct frame_receiver``; the inner state is only room."""

    _fields_ = [
        ("payload", c.c_void_p),
        ("capacity", c.c_uint8),
        ("bytes", c.c_uint8),
        ("fault", c.c_int),
        ("inner", c.c_uint8 * 32),
    ]


class Core:
    """One board, as the host build's HAL shows it."""

    def __init__(self, library: c.CDLL) -> None:
        self.library = library
        self._callbacks: tuple[object, ...] = ()
        self.variable("host_send_room", c.c_uint16).value = 0xFFFF
        self.variable("host_memory_writes_max", c.c_uint32).value = 0xFFFF_FFFF
        self.variable("host_memory_writes", c.c_uint32).value = 0
        self.variable("host_reset_cause", c.c_uint8).value = 0
        self.variable("host_ticks", c.c_uint32).value = 0
        self.memory[:] = b"\xff" * MEMORY_BYTES
        self.connect(lambda channels, high: None, lambda: 0xFF)

    def variable(self, name: str, kind: Any) -> Any:
        """A global of the HAL."""
        return kind.in_dll(self.library, name)

    @property
    def memory(self) -> Any:
        """What survives power cuts."""
        return (c.c_char * MEMORY_BYTES).in_dll(self.library, "host_memory")

    def connect(self, clock: Callable[[int, bool], None], dout: Callable[[], int]) -> None:
        """Put something in place of the converters."""
        self._callbacks = Clock(clock), Dout(dout)
        self.library.host_connect(*self._callbacks)

    def power_up(self) -> None:
        """From nothing."""
        self.library.board_power_up()

    def update(self) -> bytes:
        """One turn of the main loop; what it sent."""
        self.library.board_update()
        return self.sent()

    def sent(self) -> bytes:
        """Bytes on the line since the last call."""
        buffer = c.create_string_buffer(LINE_BYTES)
        length = self.library.host_take_sent(buffer)
        return c.string_at(buffer, length)

    def receive(self, data: bytes) -> bytes:
        """Obey bytes from the host until none is left; what it sent."""
        self.library.host_receive(data, len(data))
        answer = b""
        for _ in range(len(data) // 16 + 1):
            self.library.link_update()
            answer += self.sent()
        return answer

    # --- single functions ---

    def put(self, message: wire.Message) -> bytes:
        """Payload of id and scalar fields, as C writes it."""
        layout = next(each for each in wire.TABLE if each.id == message.ID)
        structure = structure_of(layout)()
        for name, kind, _ in scalars(layout):
            value = getattr(message, name)
            setattr(structure, name, (c.c_uint8 * kind.length)(*value) if kind.length > 1 else value)
        payload = (c.c_uint8 * layout.scalars.size)()
        function = self.library[f"wire_put_{snake_case(layout.message.__name__)}"]
        function.restype = c.c_void_p
        assert function(payload, c.byref(structure)) == c.addressof(payload) + layout.scalars.size
        return bytes(payload)

    def get(self, layout: wire.Layout, payload: bytes) -> dict[str, Any] | None:
        """Scalar fields, as C reads them; ``None``: not that message."""
        structure = structure_of(layout)()
        function = self.library[f"wire_get_{snake_case(layout.message.__name__)}"]
        function.restype = c.c_bool
        if not function(c.byref(structure), payload, len(payload)):
            return None
        return {
            name: bytes(getattr(structure, name)) if kind.length > 1 else getattr(structure, name)
            for name, kind, _ in scalars(layout)
        }

    def frame(self, payload: bytes) -> bytes:
        """Bytes on the wire for a payload."""
        buffer = c.create_string_buffer(payload, len(payload) + 2)
        self.library.frame_send.restype = c.c_bool
        assert self.library.frame_send(buffer, len(payload))
        return self.sent()
