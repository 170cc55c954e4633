"""Payloads there and back, from newer and older senders, and from broken ones."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import MessageError
from edge.messages import (
    Ack,
    Disturbance,
    DisturbanceKind,
    EventIdentity,
    EventKind,
    EvidenceTerms,
    GateDirection,
    GateEvent,
    Hypothesis,
    ItemCount,
    NodeMessage,
    PlateDelta,
    ShelfEvent,
)
from edge.payload import MAX_PAYLOAD_BYTES, SCHEMA, Payload, decode, encode
from edge.topics import TABLE

EVENT = ShelfEvent(
    node="n1",
    boot="b1",
    seq=7,
    t_onset=100.0,
    t_settled=101.0,
    t_decided=101.5,
    kind=EventKind.PICK,
    delta_g=-621.8,
    sigma_g=1.2,
    plates=(PlateDelta("1/5/11", -621.8, 1.2),),
    hypotheses=(Hypothesis((ItemCount("071142008582", 1),), 0.99, EvidenceTerms(weight=-0.5, layout=-0.1)),),
)
GATE = GateEvent(visit="v1", direction=GateDirection.ENTERED, t=12.5)

text = st.text(st.characters(codec="utf-8"), max_size=12)
names = st.text(st.characters(codec="utf-8", exclude_characters="/+#\x00"), min_size=1, max_size=12)
seconds = st.floats(0, 4e9)
grams = st.floats(-50_000, 50_000)
items = st.tuples(st.builds(ItemCount, sku=text, quantity=st.integers(1, 20)))
events = st.builds(
    ShelfEvent,
    node=names,
    boot=text,
    seq=st.integers(1, 2**53),
    revision=st.integers(0, 1000),
    t_onset=seconds,
    t_settled=seconds,
    t_decided=seconds,
    kind=st.sampled_from(EventKind),
    delta_g=grams,
    sigma_g=grams,
    plates=st.tuples(st.builds(PlateDelta, plate=text, delta_g=grams)),
    hypotheses=st.tuples(
        st.builds(
            Hypothesis, items=items, probability=st.floats(0, 1), log_likelihood=st.builds(EvidenceTerms)
        )
    ),
)
disturbances = st.builds(
    Disturbance,
    node=names,
    boot=text,
    seq=st.integers(1, 2**53),
    t_onset=seconds,
    t_settled=seconds,
    t_decided=seconds,
    kind=st.sampled_from(DisturbanceKind),
    plates=st.tuples(text),
    delta_g=grams,
)


def with_fields(payload: Any, **fields: Any) -> bytes:
    return json.dumps(json.loads(encode(payload)) | fields).encode()


@settings(max_examples=60)
@given(st.one_of(events, disturbances))
def test_a_nodes_message_comes_back_equal_and_in_equal_bytes(message: ShelfEvent | Disturbance) -> None:
    data = encode(message)
    back = decode(data, NodeMessage, source="test")
    assert back == message
    assert type(back) is type(message)
    assert encode(back) == data


def test_fields_of_a_newer_sender_are_ignored_at_every_depth() -> None:
    newer = json.loads(encode(EVENT))
    newer["colour"] = {"deep": [1]}
    newer["plates"][0]["temperature_c"] = 21.5
    newer["hypotheses"][0]["log_likelihood"]["smell"] = -3.0
    assert decode(json.dumps(newer).encode(), NodeMessage, source="test") == EVENT


def test_fields_that_an_older_sender_lacks_take_their_defaults() -> None:
    older = json.loads(encode(EVENT))
    for field in ("schema", "revision", "utc_synchronized"):
        del older[field]
    assert decode(json.dumps(older).encode(), NodeMessage, source="test") == EVENT


def test_every_payload_of_the_topic_table_carries_the_schema() -> None:
    kinds = {kind for row in TABLE for kind in getattr(row.payload, "__args__", (row.payload,))}
    assert kinds
    for kind in kinds:
        assert issubclass(kind, Payload)
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        assert fields["schema"].default == SCHEMA


@pytest.mark.parametrize("schema", [SCHEMA + 1, 0, -1, 10**6])
def test_another_schema_is_refused_by_name(schema: int) -> None:
    with pytest.raises(
        MessageError, match=f"another schema, found schema {schema}, expected schema {SCHEMA}"
    ):
        decode(with_fields(GATE, schema=schema), GateEvent, source="gate")


def test_a_future_schema_is_named_even_if_its_fields_are_unknown() -> None:
    with pytest.raises(MessageError, match="another schema") as caught:
        decode(b'{"schema": 2, "who": "v1"}', GateEvent, source="gate")
    assert caught.value.where == "gate"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "malformed"),
        (b"{", "malformed"),
        (b"null", "malformed"),
        (b"[]", "malformed"),
        (b"\xff\xfe", "malformed"),
        (b'{"visit": "\xff", "direction": "left", "t": 1}', "malformed"),
        (b"{}", "missing required field `visit`"),
        (with_fields(GATE, t="noon"), r"Expected `float`, got `str` - at `\$\.t`"),
        (with_fields(GATE, direction="sideways"), "Invalid enum value 'sideways'"),
        (with_fields(GATE, schema="1"), r"Expected `int`, got `str` - at `\$\.schema`"),
        (encode(GATE)[:-1], "malformed"),
        (encode(GATE) + b"}", "malformed"),
        (b"[" * 100_000, "malformed"),
        (b'{"visit": "v", "direction": "left", "t": NaN}', "malformed"),
        (b'{"visit": "v", "direction": "left", "t": 1e999}', "malformed"),
    ],
    ids=str,
)
def test_a_malformed_payload_is_a_message_error(data: bytes, words: str) -> None:
    with pytest.raises(MessageError, match=words) as caught:
        decode(data, GateEvent, source="steelyard/v1/s/gate")
    assert caught.value.where == "steelyard/v1/s/gate"
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seq", 0),
        ("seq", -1),
        ("seq", 10**30),
        ("seq", 1.5),
        ("revision", -1),
        ("node", ""),
        ("node", "a/b"),
        ("node", "#"),
        ("node", "n" * 129),
        ("hypotheses", [{"items": [], "probability": 1.5, "log_likelihood": {}}]),
        ("delta_g", 1e155),
        ("sigma_g", 1e155),
        ("plates", []),
        ("plates", [{"plate": "1/5/11", "delta_g": -1e155}]),
        ("plates", [{"plate": "1/5/11", "delta_g": -1.0}] * 1001),
        ("hypotheses", [{"items": [], "probability": 0.01, "log_likelihood": {}}] * 101),
        (
            "hypotheses",
            [{"items": [{"sku": "1", "quantity": 1}] * 17, "probability": 1, "log_likelihood": {}}],
        ),
        ("hypotheses", [{"items": [{"sku": "1", "quantity": 101}], "probability": 1, "log_likelihood": {}}]),
        ("hypotheses", [{"items": [{"sku": "1", "quantity": 0}], "probability": 1, "log_likelihood": {}}]),
    ],
)
def test_values_that_no_sender_can_mean_are_refused(field: str, value: Any) -> None:
    with pytest.raises(MessageError, match=f"malformed.*{field}"):
        decode(with_fields(EVENT, **{field: value}), NodeMessage, source="test")


def test_an_untagged_or_foreign_message_is_no_event() -> None:
    for data in (with_fields(EVENT, type="receipt"), encode(GATE)):
        with pytest.raises(MessageError, match="malformed"):
            decode(data, NodeMessage, source="test")


def test_an_oversized_payload_is_refused_unread() -> None:
    largest = b'{"boot": "b", "upto": 1}'.ljust(MAX_PAYLOAD_BYTES)
    assert decode(largest, Ack, source="test").upto == 1
    with pytest.raises(MessageError, match=f"too large, found {MAX_PAYLOAD_BYTES + 1} bytes"):
        decode(largest + b" ", Ack, source="test")


@settings(max_examples=200)
@given(
    st.one_of(st.binary(max_size=80), st.integers(0, len(encode(EVENT))).map(lambda cut: encode(EVENT)[:cut]))
)
def test_any_bytes_give_a_payload_or_a_message_error(data: bytes) -> None:
    try:
        message = decode(data, NodeMessage, source="test")
    except MessageError:
        return
    assert message == EVENT


@settings(max_examples=200)
@given(st.integers(0, len(encode(EVENT)) - 1), st.integers(1, 255))
def test_a_flipped_byte_gives_a_payload_or_a_message_error(position: int, flip: int) -> None:
    data = bytearray(encode(EVENT))
    data[position] ^= flip
    try:
        message = decode(bytes(data), NodeMessage, source="test")
    except MessageError:
        return
    assert isinstance(message, ShelfEvent)


def test_an_identity_reads_and_sorts_as_node_boot_seq() -> None:
    assert EVENT.identity == EventIdentity("n1", "b1", 7)
    assert str(EVENT.identity) == "n1-b1-7"
    assert sorted([EventIdentity("n1", "b1", 10), EventIdentity("n1", "b1", 9)])[0].seq == 9


def test_evidence_terms_add_up() -> None:
    assert EvidenceTerms(weight=-1.0, layout=-2.0, stock=-4.0, vision=-8.0).total == -15.0
