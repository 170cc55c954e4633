"""The board's id and boot count through power cuts, wear and damage."""

from __future__ import annotations

import ctypes as c
from collections import Counter

import pytest
from firmware_core import MEMORY_BYTES, Core
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.c_compiler
quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
BLANK = b"\xff" * MEMORY_BYTES
FOR_EVER = 0xFFFF_FFFF
ID_COPY = slice(0, 10)


class Memory:
    """EEPROM of one board, powered up as often as one likes."""

    def __init__(self, core: Core, content: bytes = BLANK) -> None:
        self._core = core
        core.memory[:] = content
        self._writes = core.variable("host_memory_writes", c.c_uint32)
        self._writes_max = core.variable("host_memory_writes_max", c.c_uint32)
        self._noise = core.variable("host_noise", c.c_uint8)

    def power_up(self, *, writes_max: int = FOR_EVER, noise: int = 0) -> tuple[bytes, int]:
        """Id and boot count; the power fails after so many bytes are written."""
        self._writes.value, self._writes_max.value, self._noise.value = 0, writes_max, noise
        library = self._core.library
        library.identity_power_up()
        library.identity_board_id.restype = c.c_void_p
        library.identity_boot_count.restype = c.c_uint16
        return c.string_at(library.identity_board_id(), 8), library.identity_boot_count()

    @property
    def writes(self) -> int:
        return self._writes.value

    @property
    def content(self) -> bytes:
        return bytes(self._core.memory[:])

    @content.setter
    def content(self, content: bytes) -> None:
        self._core.memory[:] = content


def test_an_id_is_made_once_and_power_ups_are_counted(core: Core) -> None:
    memory = Memory(core)
    first_id, first_count = memory.power_up(noise=1)
    assert first_count == 1
    assert [memory.power_up(noise=noise) for noise in range(2, 9)] == [(first_id, n) for n in range(2, 9)]


def test_boards_differ_by_their_noise(core: Core) -> None:
    ids = {Memory(core).power_up(noise=noise)[0] for noise in range(256)}
    assert len(ids) == 256
    ones = Counter(bit for each in ids for bit in range(64) if int.from_bytes(each) >> bit & 1)
    assert all(70 < ones[bit] < 186 for bit in range(64)), "every bit is 0 as often as 1"


@quiet
@given(cuts=st.lists(st.integers(0, 30), max_size=6))
def test_no_power_cut_changes_an_id_that_anybody_has_seen(core: Core, cuts: list[int]) -> None:
    """A board that reaches the end of its power-up has been seen; one whose power fails before has not."""
    memory = Memory(core)
    seen_id, seen_count = memory.power_up(noise=99)
    for noise, cut in enumerate(cuts):
        board_id, _ = memory.power_up(writes_max=cut, noise=noise)
        assert board_id == seen_id
        board_id, count = memory.power_up(noise=noise)
        assert board_id == seen_id
        assert seen_count < count <= seen_count + 2
        seen_count = count


@quiet
@given(cut=st.integers(0, 30))
def test_a_power_cut_while_the_first_id_is_written(core: Core, cut: int) -> None:
    memory = Memory(core)
    memory.power_up(writes_max=cut, noise=1)
    board_id, _ = memory.power_up(noise=2)
    assert memory.power_up(noise=3)[0] == board_id


@quiet
@given(damaged=st.integers(0, 1), at=st.integers(0, 9), byte=st.integers(1, 255))
def test_one_damaged_copy_is_mended(core: Core, damaged: int, at: int, byte: int) -> None:
    memory = Memory(core)
    board_id, _ = memory.power_up(noise=1)
    whole = memory.content
    place = at if damaged == 0 else MEMORY_BYTES - 10 + at
    memory.content = whole[:place] + bytes([whole[place] ^ byte]) + whole[place + 1 :]
    assert memory.power_up(noise=2)[0] == board_id
    assert memory.content[ID_COPY] == memory.content[-10:] == whole[ID_COPY]


def test_counting_wears_64_places_alike_and_goes_round(core: Core) -> None:
    memory = Memory(core)
    memory.power_up()
    before, changes = memory.content, Counter[int]()
    counts = []
    for _ in range(66_000):
        counts.append(memory.power_up()[1])
        after = memory.content
        if memory.writes > 4:
            pytest.fail(f"{memory.writes} bytes written")
        if len(counts) <= 6_400:
            changes.update(at for at in range(64, 320) if before[at] != after[at])
        before = after
    assert counts == [(2 + number) % (1 << 16) for number in range(66_000)]
    assert max(changes.values()) <= 6_400 // 64
    assert len(changes) > 3 * 64


def test_memory_of_another_firmware_is_no_identity(core: Core) -> None:
    memory = Memory(core, bytes(range(256)) * 4)
    board_id, count = memory.power_up(noise=5)
    assert count == 1
    assert memory.power_up(noise=6) == (board_id, 2)
