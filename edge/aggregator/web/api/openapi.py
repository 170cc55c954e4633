"""The interface for programs as an OpenAPI 3.1 document, from the list of endpoints and their types."""

from __future__ import annotations

import importlib.metadata
import re
from typing import Any

import msgspec

from edge.aggregator.web.access.access import COOKIE
from edge.aggregator.web.api.answers import Health, Problem
from edge.aggregator.web.api.endpoints import ENDPOINTS, NEXT, ROOT, Endpoint
from edge.schemas import comments_of, schemas_of

REF = "#/components/schemas/{name}"

DESCRIPTION = (
    "What an aggregator tells other programs about its store. Fields are added, never renamed or removed: "
    "readers pass over fields that they do not know. Whatever is read from the ledger comes in pages: go on "
    "with `after` set to `next` of the page before. Amounts in `*_minor` are exact, in the currency's "
    "smallest unit."
)

PROBLEMS = {
    400: "The question cannot be understood.",
    401: "No key, or one that opens nothing.",
    403: "The key may not ask this.",
    404: "There is no such thing.",
    429: "Asked too often; `Retry-After` says when to ask again.",
    503: "The store cannot answer at the moment; `Retry-After` says when to ask again.",
}


def document() -> dict[str, Any]:
    """All of it; equal declarations give an equal document."""
    kinds = [endpoint.answers for endpoint in ENDPOINTS]
    (health, problem, *answers), components = schemas_of([Health, Problem, *kinds], REF)
    paths = {
        ROOT + endpoint.path: {"get": _operation(endpoint, schema, problem)}
        for endpoint, schema in zip(ENDPOINTS, answers, strict=True)
    }
    paths["/healthz"] = {
        "get": {
            "operationId": "health",
            "summary": "Whether the aggregator does its work; anybody may ask.",
            "security": [],
            "responses": {
                "200": _response("It does.", "application/json", health),
                "503": _response("It does not.", "application/json", health),
            },
        }
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Steelyard",
            "version": importlib.metadata.version("steelyard"),
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`steelyard account key` makes one.",
                },
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


def _operation(endpoint: Endpoint, schema: Any, problem: Any) -> dict[str, Any]:
    right = endpoint.right
    statuses = set(PROBLEMS) - ({401, 403} if right is None else {404})
    needs = f" Needs the right `{right.value}`." if right else " Needs no key: the address holds one."
    answer = _response(endpoint.summary, endpoint.media, schema)
    if endpoint.media != "application/json":
        answer["headers"] = {NEXT: {"description": "Where to go on.", "schema": {"type": "integer"}}}
    return {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "description": endpoint.summary + needs,
        "security": [{"key": []}, {"session": []}] if right else [],
        "parameters": [*_path_parameters(endpoint.path), *_query_parameters(endpoint.query)],
        "responses": {
            "200": answer,
            **{
                str(status): _response(PROBLEMS[status], "application/problem+json", problem)
                for status in sorted(statuses)
            },
        },
    }


def _response(description: str, media: str, schema: Any) -> dict[str, Any]:
    return {"description": description, "content": {media: {"schema": schema}}}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", path)
    ]


def _query_parameters(kind: type[msgspec.Struct]) -> list[dict[str, Any]]:
    (_,), components = schemas_of([kind], REF)
    comments = comments_of(kind)
    return [
        {"name": name, "in": "query", "description": comments.get(name, ""), "schema": _bare(schema)}
        for name, schema in components[kind.__name__]["properties"].items()
    ]


def _bare(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "description"}
