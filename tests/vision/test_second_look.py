"""The whole decision path with a camera: weight first, the picture as a revision of the same event."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from drawn_shelf import PLANOGRAM, PLATES, draw
from test_eyewitness import FULL, without, witness

from edge.config import FusionSection, WeightSection
from edge.messages import CameraState, CropSide, EventEvidence, EventKind, NothingSeen, ShelfEvent
from edge.node.pipeline import NodePipeline
from edge.payload import MAX_PAYLOAD_BYTES, decode, encode
from edge.planogram import Catalogue, Facing, Planogram, Sku
from edge.samples import NS_PER_S, CameraReport, Frame, NodeInput, RackLayout, UtcReading, WeightBlock
from edge.vision.picture import decode_picture, encode_jpeg

RATE_HZ = 80.0
RACK = RackLayout("rack", PLATES, RATE_HZ)
CATALOGUE = Catalogue([Sku(sku=str(seed), name="twin", weight_g=300.0) for seed in FULL])
SHOP = Planogram(
    "twins", PLANOGRAM.plates, [Facing((plate,), str(seed)) for plate in PLATES for seed in (13, 14)]
)


def pipeline(**options: Any) -> NodePipeline:
    return NodePipeline(
        node="n", boot="b", racks=[RACK], planogram=SHOP, catalogue=CATALOGUE, weight=WeightSection(),
        fusion=FusionSection(),
        **{"witness": witness(), "evidence": True, "to_jpeg": lambda crop: encode_jpeg(crop, 80), **options},
    )  # fmt: skip


def blocks(seconds: float, column: int, sign: float = -1.0, size: int = 8) -> list[WeightBlock]:
    rng = np.random.default_rng(3)
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    grams = 2000.0 + rng.normal(0, 0.4, (at_s.size, len(PLATES)))
    grams[:, column] += sign * 300.0 * np.interp(at_s, [4.0, 4.15], [0.0, 1.0])
    period = NS_PER_S / RATE_HZ
    return [
        WeightBlock("rack", round(i * period), period, grams[i : i + size])
        for i in range(0, len(grams), size)
    ]


def frames(seconds: float, column: int) -> Iterator[Frame]:
    for n in range(round(seconds * 5)):
        at_s = n / 5 + 0.01
        hand = 0.38 + 0.02 * (n % 3) if 3.5 <= at_s <= 4.8 else None
        goods = FULL if at_s < 4.1 else without(column)
        yield Frame("cam", round(at_s * NS_PER_S), draw(goods, noise=n, hand_at=hand))


def in_order(*streams: Sequence[NodeInput]) -> list[NodeInput]:
    """By the end of each block, as they arrive."""

    def end_ns(arrived: Any) -> float:
        grams = getattr(arrived, "grams", ())
        return float(arrived.mono_ns + len(grams) * getattr(arrived, "period_ns", 0))

    utc = UtcReading(mono_ns=0, utc_s=1_700_000_000.0, synchronized=True)
    return [utc, *sorted((each for stream in streams for each in stream), key=end_ns)]


@pytest.fixture(scope="module")
def shopping() -> list[NodeInput]:
    return in_order(blocks(9, 2), list(frames(9, 2)))


def test_weight_says_it_first_and_the_picture_decides_between_twins(shopping: list[NodeInput]) -> None:
    node = pipeline()
    first, second = [message for each in shopping for message in node.step([each])]
    assert isinstance(first, ShelfEvent)
    assert isinstance(second, ShelfEvent)
    assert (first.seq, first.revision, second.seq, second.revision) == (1, 0, 1, 1)
    assert first.kind is second.kind is EventKind.PICK
    twins = {each.items[0].sku: each.probability for each in first.hypotheses if each.items}
    assert abs(twins["13"] - twins["14"]) < 0.01
    best = second.hypotheses[0]
    assert best.items[0].sku == "13"
    assert best.probability > 0.9
    assert best.log_likelihood.vision != 0.0
    assert second.t_decided > first.t_decided
    assert (first.delta_g, first.plates, first.log_odds) == (second.delta_g, second.plates, second.log_odds)


def test_what_was_seen_is_a_lesson_once(shopping: list[NodeInput]) -> None:
    node = pipeline()
    *_, told = node.step(shopping)
    (lesson,) = node.take_lessons()
    assert node.take_lessons() == ()
    assert lesson.event == told
    (shown,) = [crop for crop in node.take_evidence()[0].crops if crop.side is CropSide.BEFORE]
    assert lesson.rgb.shape[:2] == (shown.box_px[3], shown.box_px[2])
    node.step(shopping)
    node.reset()
    assert node.take_lessons() == ()


def test_evidence_has_the_crops_and_the_trace_and_fits_a_message(shopping: list[NodeInput]) -> None:
    node = pipeline()
    node.step(shopping)
    (evidence,) = node.take_evidence()
    assert node.take_evidence() == ()
    assert str(evidence.identity) == "n-b-1"
    assert evidence.nothing_seen is None
    assert len(encode(evidence)) < MAX_PAYLOAD_BYTES
    again = decode(encode(evidence), EventEvidence, source="test")
    assert again == evidence
    for crop in again.crops:
        assert decode_picture(crop.jpeg, source="test").shape[:2] == (crop.box_px[3], crop.box_px[2])
    (trace,) = again.traces
    known = [grams for grams in trace.grams if grams is not None]
    assert trace.plate == PLATES[2]
    assert known[0] == pytest.approx(2000, abs=2)
    assert known[-1] == pytest.approx(1700, abs=2)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_how_inputs_are_cut_into_calls_makes_no_difference(shopping: list[NodeInput], size: int) -> None:
    whole, cut = pipeline(), pipeline()
    together = whole.step(shopping) + whole.flush()
    apart = tuple(
        message for i in range(0, len(shopping), size) for message in cut.step(shopping[i : i + size])
    )
    assert apart + cut.flush() == together
    assert cut.take_evidence() == whole.take_evidence()


@pytest.mark.parametrize("size", [3, 40])
def test_longer_blocks_make_no_difference(shopping: list[NodeInput], size: int) -> None:
    other = pipeline().step(in_order(blocks(9, 2, size=size), list(frames(9, 2))))
    assert other == pipeline().step(shopping)


def test_without_frames_it_is_as_without_a_camera() -> None:
    inputs = in_order(blocks(9, 2))
    blind, seeing = pipeline(witness=None), pipeline()
    assert blind.step(inputs) + blind.flush() == seeing.step(inputs) + seeing.flush()
    (weighed,), (unseen,) = blind.take_evidence(), seeing.take_evidence()
    assert weighed.traces == unseen.traces
    assert (weighed.nothing_seen, unseen.nothing_seen) == (None, NothingSeen.NO_CALM_FRAME)


def test_a_camera_lost_in_mid_event_costs_the_picture_alone(shopping: list[NodeInput]) -> None:
    lost = [each for each in shopping if not isinstance(each, Frame) or each.mono_ns < 4 * NS_PER_S]
    lost.append(CameraReport("cam", 9 * NS_PER_S, CameraState.LOST))
    node = pipeline()
    (event,) = node.step(lost)
    assert isinstance(event, ShelfEvent)
    assert event.revision == 0
    assert node.take_evidence()[0].nothing_seen is NothingSeen.CAMERA_LOST


def test_a_return_is_seen_too() -> None:
    pictures = [
        Frame(each.camera, each.mono_ns, draw(without(2) if each.mono_ns < 4.1 * NS_PER_S else FULL, noise=n))
        for n, each in enumerate(frames(9, 2))
    ]
    told = pipeline().step(in_order(blocks(9, 2, sign=1.0), pictures))
    assert [message.kind for message in told] == [EventKind.RETURN] * 2
    assert told[-1].hypotheses[0].items[0].sku == "13"


def test_reset_is_as_good_as_new(shopping: list[NodeInput]) -> None:
    node = pipeline()
    once = node.step(shopping)
    node.reset()
    assert node.step(shopping) == once
