"""The OpenAPI document, made of the same declarations as the routes."""

from collections.abc import Sequence
from typing import Any, Final

from wss_cases.api.tokens.rules import MOST_CALLS
from wss_cases.api.v1.declared import Endpoint, Parameter, Schema, number, obj, text
from wss_cases.api.v1.paging import NEXT

PROBLEM: Final[Schema] = {
    **obj(
        "What is wrong (RFC 9457).",
        type=text("Always about:blank"),
        title=text("The status in words"),
        status=number("The status"),
        detail=text("What to do about it"),
        parameter=text("The parameter that it is about; not there where it is about none"),
    ),
    "required": ["type", "title", "status", "detail"],
}
PROBLEMS: Final = {
    400: "A parameter is wrong; the answer names it",
    401: "No token, or one that does not read: guessed, not agreed to yet, ended or run out",
    404: "Nothing here for this token: no such address, scope or school",
    429: f"More than {MOST_CALLS} calls in a minute; Retry-After says when to call again",
    503: "The database does not answer; try again after Retry-After",
}
ABOUT: Final = (
    "Read-only answers for the district's own systems. A district administrator asks for a token and another person"
    " agrees to it (Settings, API tokens). Every call stands in the audit log. Nothing here names a student."
)


def answer_of(endpoint: Endpoint) -> dict[str, Any]:
    """Return the schema of an answer, with its rows spelled out."""
    rows = {"type": "array", "description": endpoint.about, "items": endpoint.row}
    return dict(obj(endpoint.summary, data=rows, next_cursor=NEXT, **endpoint.more))


def document(endpoints: Sequence[Endpoint], address: str) -> dict[str, Any]:
    """Return the document of these addresses below one."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Whole School Safety", "version": "1", "description": ABOUT},
        "servers": [{"url": address}],
        "security": [{"token": []}],
        "paths": {endpoint.path: {"get": _operation(endpoint)} for endpoint in endpoints},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "The token's secret"}},
            "schemas": {"Problem": PROBLEM} | {_named(endpoint): answer_of(endpoint) for endpoint in endpoints},
            "responses": {f"Problem{status}": _problem(status, words) for status, words in PROBLEMS.items()},
        },
    }


def _named(endpoint: Endpoint) -> str:
    return endpoint.name.capitalize()


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    found = {"description": endpoint.summary, "headers": {"ETag": {"schema": {"type": "string"}}}}
    reference = {"$ref": f"#/components/schemas/{_named(endpoint)}"}
    return {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "description": f"{endpoint.about} The token needs the scope `{endpoint.scope}`.",
        "parameters": [_parameter(one) for one in endpoint.parameters],
        "responses": {
            "200": found | {"content": {"application/json": {"schema": reference}}},
            "304": {"description": "Nothing of the rows changed since the answer with this ETag (If-None-Match)"},
            **{str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in PROBLEMS},
        },
    }


def _parameter(one: Parameter) -> dict[str, Any]:
    return {"name": one.name, "in": "query", "required": False, "description": one.about, "schema": dict(one.schema)}


def _problem(status: int, words: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    waits = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}} if status in (429, 503) else {}
    content = {"content": {"application/problem+json": {"schema": schema}}}
    return {"description": words} | ({"headers": waits} if waits else {}) | content
