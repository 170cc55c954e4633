"""Every message, from C to Python and from Python to C."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from firmware_core import Core
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bridge import wire
from firmware_bridge.wire_header import scalars

pytestmark = pytest.mark.c_compiler
quiet = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
WITH_FIELDS = [layout for layout in wire.TABLE if scalars(layout)]


def number(kind: wire.Scalar) -> st.SearchStrategy[Any]:
    if kind.length > 1:
        return st.binary(min_size=kind.length, max_size=kind.length)
    return st.integers(0, 256 ** {"B": 1, "H": 2, "I": 4}[kind.code] - 1)


@st.composite
def messages(draw: st.DrawFn) -> wire.Message:
    """Any message that has fields and no block; the values are any that fit."""
    layout = draw(st.sampled_from([each for each in WITH_FIELDS if not each.repeated]))
    values = {name: draw(number(kind)) for name, kind, _ in scalars(layout)}
    if layout.message is wire.Identity:
        values |= {"protocol_version": wire.PROTOCOL_VERSION, "channels": draw(st.integers(1, 16))}
        values |= {name: draw(st.integers(1, 1000)) for name in ("rate_hz", "tick_hz")}
    return layout.message(**values)


@st.composite
def blocks(draw: st.DrawFn) -> wire.SampleBlock:
    channels = draw(st.integers(1, wire.MAX_CHANNELS))
    samples = draw(st.integers(1, wire.samples_that_fit(channels)))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return wire.SampleBlock(
        sequence=draw(st.integers(0, 0xFFFF)),
        mcu_ticks=draw(st.integers(0, 0xFFFF_FFFF)),
        overflow_total=draw(st.integers(0, 0xFFFF)),
        channels=channels,
        samples=samples,
        flags=rng.integers(0, 8, samples).astype(np.uint8),
        counts=rng.integers(wire.COUNTS_MIN, wire.COUNTS_MAX + 1, (samples, channels)).astype(np.int32),
    )


@quiet
@given(message=messages())
def test_what_c_writes_python_reads(core: Core, message: wire.Message) -> None:
    assert core.put(message) == wire.encode(message)
    assert wire.decode(core.put(message)) == message


@quiet
@given(message=messages())
def test_what_python_writes_c_reads(core: Core, message: wire.Message) -> None:
    layout = next(each for each in wire.TABLE if each.id == message.ID)
    read = core.get(layout, wire.encode(message))
    assert read == {name: getattr(message, name) for name, _, _ in scalars(layout)}


@quiet
@given(block=blocks())
def test_a_blocks_header_goes_both_ways(core: Core, block: wire.SampleBlock) -> None:
    layout = next(each for each in wire.TABLE if each.id == wire.SampleBlock.ID)
    payload = wire.encode(block)
    assert core.put(block) == payload[: layout.scalars.size]
    assert core.get(layout, payload) == {name: getattr(block, name) for name, _, _ in scalars(layout)}


@quiet
@given(payload=st.binary(min_size=1, max_size=40), id_=st.sampled_from([each.id for each in WITH_FIELDS]))
def test_c_refuses_another_length_or_id(core: Core, payload: bytes, id_: int) -> None:
    for layout in WITH_FIELDS:
        assert core.get(layout, payload[: layout.scalars.size - 1]) is None
        if not layout.repeated:
            exact = bytes([id_]) + bytes(layout.scalars.size - 1)
            assert (core.get(layout, exact) is not None) == (id_ == layout.id)
            assert core.get(layout, exact + payload) is None
