"""Documents for machines in docs/: valid by their standards' own schemas, and true."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import openapi_spec_validator
import pytest

from edge.messages import (
    Cart,
    EventKind,
    EvidenceTerms,
    GateDirection,
    GateEvent,
    Hypothesis,
    ItemCount,
    KeyPoint,
    PlateDelta,
    ShelfEvent,
    Target,
    TrackFrame,
)
from edge.payload import encode
from tools.doc_tables import DOCS

HERE = Path(__file__).parent


def loaded(file: Path) -> dict:
    return json.loads(file.read_text(encoding="utf-8"))


def test_the_asyncapi_document_is_valid():
    validator = jsonschema.Draft7Validator(loaded(HERE / "asyncapi" / "asyncapi-3.0.0.json"))
    document = loaded(DOCS / "asyncapi.json")
    assert [error.message for error in validator.iter_errors(document)] == []
    document["channels"]["gate"]["adress"] = ""
    assert list(validator.iter_errors(document)), "the schema would notice"


def test_the_openapi_document_is_valid():
    document = loaded(DOCS / "openapi.json")
    openapi_spec_validator.validate(document)
    del document["paths"]["/api/v1/carts"]["get"]["responses"]["200"]["description"]
    with pytest.raises(openapi_spec_validator.validation.exceptions.OpenAPIValidationError):
        openapi_spec_validator.validate(document)


EVENT = ShelfEvent(
    node="n1", boot="b1", seq=1, t_onset=1.0, t_settled=1.5, t_decided=2.0, kind=EventKind.PICK,
    delta_g=-600.0, sigma_g=1.0, plates=(PlateDelta("a/1/1", -600.0),),
    hypotheses=(Hypothesis((ItemCount("1", 1),), 0.9, EvidenceTerms()),),
)  # fmt: skip
SAID = {
    "node_event": EVENT,
    "gate": GateEvent(visit="anna", direction=GateDirection.LEFT, t=1.0),
    "track": TrackFrame(t=1.0, targets=(Target("anna", {"head": KeyPoint((0.0, 1.0, 1.6))}),)),
    "cart": Cart(visit="anna", t=1.0, lines=(), total=0.0, probability=1.0, needs_review=False),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_is_what_the_document_says(name):
    document = loaded(DOCS / "asyncapi.json")
    schema = {
        "$ref": f"#/components/messages/{name}/payload",
        "components": document["components"],
    }
    validator = jsonschema.Draft7Validator(schema)
    said = json.loads(encode(SAID[name]))
    assert [error.message for error in validator.iter_errors(said)] == []
    assert list(validator.iter_errors({"t": "yesterday"}))
