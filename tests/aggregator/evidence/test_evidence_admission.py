"""Hostile evidence is refused with a typed reason; honest evidence is taken as it was sent."""

from __future__ import annotations

import io

import pytest
from evidence_samples import crop, evidence, jpeg
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.aggregator.evidence.admission import CROP_MAX_PX, RefusedEvidenceError, admitted
from edge.aggregator.ingest import Refusal
from edge.messages import PlateTrace
from edge.payload import MAX_PAYLOAD_BYTES, encode

NODES = ("n1", "n2")


def taken(payload: bytes, *, sender: str = "n1", event: str = "n1-b1-1"):
    return admitted(payload, sender=sender, event=event, nodes=NODES)


def png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (64, 48)).save(written, "PNG")
    return written.getvalue()


def test_honest_evidence_is_taken_as_it_was_sent():
    sent = evidence()
    assert taken(encode(sent)) == sent


HOSTILE = {
    "not JSON": (b"{rubbish", Refusal.UNREADABLE),
    "too long": (b" " * (MAX_PAYLOAD_BYTES + 1), Refusal.UNREADABLE),
    "nested": (b"[" * 100_000, Refusal.UNREADABLE),
    "another node's": (encode(evidence(node="n2")), Refusal.FOREIGN_NODE),
    "another event's": (encode(evidence(2)), Refusal.FOREIGN_EVENT),
    "a script": (encode(evidence(crops=(crop(picture=b"<script>alert(1)<"),))), Refusal.NOT_A_PICTURE),
    "empty": (encode(evidence(crops=(crop(picture=b""),))), Refusal.NOT_A_PICTURE),
    "a PNG": (encode(evidence(crops=(crop(picture=png()),))), Refusal.NOT_A_PICTURE),
    "cut off": (encode(evidence(crops=(crop(picture=jpeg(600, 400)[:-400]),))), Refusal.NOT_A_PICTURE),
    "a bomb": (encode(evidence(crops=(crop(picture=jpeg(4000, 3000)[:9000]),))), Refusal.NOT_A_CROP),
    "a room": (encode(evidence(crops=(crop(picture=jpeg(CROP_MAX_PX + 1, 600)),))), Refusal.NOT_A_CROP),
    "a dot": (encode(evidence(crops=(crop(picture=jpeg(4, 4)),))), Refusal.NOT_A_CROP),
    "milliseconds": (encode(evidence(crops=(crop(t=1.7e12),))), Refusal.IMPOSSIBLE_NUMBER),
    "a place": (encode(evidence(crops=(crop(box_px=(-5, 0, 9, 9)),))), Refusal.IMPOSSIBLE_NUMBER),
    "no period": (encode(evidence(traces=(PlateTrace("p", 1.0, 0.0, (1.0,)),))), Refusal.IMPOSSIBLE_NUMBER),
    "a weight": (encode(evidence(traces=(PlateTrace("p", 1.0, 0.05, (1e300,)),))), Refusal.IMPOSSIBLE_NUMBER),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_evidence_is_refused(name):
    payload, reason = HOSTILE[name]
    with pytest.raises(RefusedEvidenceError) as refused:
        taken(payload)
    assert refused.value.reason is reason
    assert str(refused.value)


def test_an_unknown_node_is_refused_and_none_named_means_all():
    payload = encode(evidence(node="n9"))
    with pytest.raises(RefusedEvidenceError) as refused:
        taken(payload, sender="n9", event="n9-b1-1")
    assert refused.value.reason is Refusal.UNKNOWN_NODE
    assert admitted(payload, sender="n9", event="n9-b1-1", nodes=()).node == "n9"


@given(cut=st.integers(0, 3000), noise=st.binary(max_size=40))
def test_damaged_evidence_is_taken_or_refused_and_nothing_else(cut, noise):
    whole = encode(evidence())
    payload = whole[:cut] + noise + whole[cut + len(noise) :]
    try:
        found = taken(payload)
    except RefusedEvidenceError:
        return
    assert found.identity == evidence().identity
