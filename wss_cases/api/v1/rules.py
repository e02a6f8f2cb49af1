"""The declaration of an API endpoint, from which its route, its parameters and answers, and the OpenAPI document are
made."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from wss_cases.access.actor import Actor
from wss_cases.api.tokens import MOST_CALLS, Scope
from wss_cases.foundation.ids import IdConverter, id_in
from wss_cases.foundation.keys import lock, unlock
from wss_cases.foundation.settings import setting

Schema = Mapping[str, Any]


class Problem(Exception):
    """A problem with a call: its status, what to do about it, and the parameter that it is about."""

    def __init__(self, status: int, detail: str, parameter: str = "", wait: int = 0) -> None:
        super().__init__(detail)
        self.status, self.detail, self.parameter, self.wait = status, detail, parameter, wait


@dataclass(frozen=True)
class Parameter:
    """One parameter of an endpoint: its description, and the schema of its values."""

    name: str
    about: str
    schema: Schema

    def read(self, text: str) -> Any:
        """The parsed value of a text. Raises Problem, which describes the allowed values."""
        value = _READERS[self.schema.get("format", self.schema["type"])](text, self.schema)
        if value is None:
            raise Problem(400, f"{self.name} must be {self.about_values()}.", self.name)
        return value

    def about_values(self) -> str:
        schema = self.schema
        if "enum" in schema:
            return "one of " + ", ".join(schema["enum"])
        if schema["type"] == "integer":
            return f"a whole number from {schema['minimum']} to {schema['maximum']}"
        if "format" in schema:
            return "a time with its zone, such as 2026-11-24T10:00:00Z (a plus sign is written %2B)"
        return f"written like {schema['example']}"


def _integer(text: str, schema: Schema) -> int | None:
    number = id_in(text)
    return number if number is not None and schema["minimum"] <= number <= schema["maximum"] else None


def _string(text: str, schema: Schema) -> str | None:
    sound = text in schema["enum"] if "enum" in schema else re.fullmatch(schema["pattern"], text)
    return text if sound else None


def _moment(text: str, _schema: Schema) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


_READERS: Final[dict[str, Callable[[str, Schema], Any]]] = {
    "integer": _integer,
    "string": _string,
    "date-time": _moment,
}


@dataclass(frozen=True)
class Call:
    """One call: the actor, the values sent (a parameter that was not sent is missing), the instant, and the salt of
    case ids."""

    actor: Actor
    values: Mapping[str, Any]
    now: datetime
    salt: str


@dataclass(frozen=True)
class Endpoint:
    """One endpoint: the scope it requires, its parameters, the schema of one row, and the function that reads the
    answer."""

    name: str
    summary: str
    about: str
    scope: Scope
    parameters: tuple[Parameter, ...]
    row: Schema
    more: Schema
    read: Callable[[Call], dict[str, Any]]

    @property
    def path(self) -> str:
        return f"/{self.name}"

    def values(self, sent: Mapping[str, list[str]]) -> dict[str, Any]:
        """The values of the parameters sent. Raises Problem, naming the parameter."""
        known = {parameter.name: parameter for parameter in self.parameters}
        values = {}
        for name, texts in sent.items():
            if name not in known:
                listed = ", ".join(known)
                raise Problem(400, f"There is no parameter of this name here; known are {listed}.", name[:60])
            if len(texts) > 1:
                raise Problem(400, f"{name} was sent more than once.", name)
            values[name] = known[name].read(texts[0])
        return values


def obj(about: str, **properties: Schema) -> Schema:
    return {
        "type": "object", "description": about, "properties": properties, "required": list(properties),
        "additionalProperties": False,
    }  # fmt: skip


def text(about: str, **more: Any) -> Schema:
    return {"type": "string", "description": about, **more}


def number(about: str, **more: Any) -> Schema:
    return {"type": "integer", "description": about, **more}


def flag(about: str) -> Schema:
    return {"type": "boolean", "description": about}


def or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


PURPOSE: Final = "api cursor"
LASTS: Final = timedelta(days=1)
_ABOUT: Final = "next_cursor of the page before, with the same other parameters; it lasts a day"
CURSOR: Final = Parameter("cursor", _ABOUT, {"type": "string", "pattern": "[A-Za-z0-9_=-]{1,600}", "example": "gAAAA…"})
SCHOOL: Final = Parameter(
    "school", "only this school, by its id", {"type": "integer", "minimum": 1, "maximum": IdConverter.LARGEST}
)
NEXT: Final[Schema] = or_null(text("Ask again with it as cursor for the next page; null on the last"))
_TURNS_PAGES: Final = ("cursor", "limit")


def limit(usual: int, most: int) -> Parameter:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": usual}
    return Parameter("limit", f"rows of a page, {usual} unless said otherwise", schema)


@dataclass(frozen=True)
class Place:
    """Where a page begins: after the row of an id, in a pull that began at an instant."""

    after: int
    began: datetime


def place_of(call: Call) -> Place:
    """Where the requested page begins. Raises Problem for a cursor that is expired or belongs to other parameters."""
    if "cursor" not in call.values:
        return Place(0, call.now)
    opened = unlock(setting("WSS_KEYS"), PURPOSE, call.values["cursor"], int(LASTS.total_seconds()))
    digest, after, began = json.loads(opened) if opened else ("", 0, "")
    if digest != _digest(call.values):
        words = "This cursor is older than a day, or belongs to other parameters; begin again without it."
        raise Problem(400, words, "cursor")
    return Place(after, datetime.fromisoformat(began))


def cursor_after(call: Call, place: Place, rows: Sequence[Any], size: int) -> str | None:
    """The cursor after the first `size` of these rows (their first column is the id); None when there are no more."""
    if len(rows) <= size:
        return None
    content = json.dumps([_digest(call.values), rows[size - 1][0], place.began.isoformat()])
    return lock(setting("WSS_KEYS"), PURPOSE, content)


def _digest(values: Mapping[str, Any]) -> str:
    pairs = sorted((name, str(value)) for name, value in values.items() if name not in _TURNS_PAGES)
    return sha256(json.dumps(pairs).encode()).hexdigest()[:16]


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
    rows = {"type": "array", "description": endpoint.about, "items": endpoint.row}
    return dict(obj(endpoint.summary, data=rows, next_cursor=NEXT, **endpoint.more))


def document(endpoints: Sequence[Endpoint], address: str) -> dict[str, Any]:
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
    answer = {"description": endpoint.summary, "headers": {"ETag": {"schema": {"type": "string"}}}}
    reference = {"$ref": f"#/components/schemas/{_named(endpoint)}"}
    return {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "description": f"{endpoint.about} The token needs the scope `{endpoint.scope}`.",
        "parameters": [
            {
                "name": parameter.name,
                "in": "query",
                "required": False,
                "description": parameter.about,
                "schema": dict(parameter.schema),
            }
            for parameter in endpoint.parameters
        ],
        "responses": {
            "200": answer | {"content": {"application/json": {"schema": reference}}},
            "304": {"description": "Nothing of the rows changed since the answer with this ETag (If-None-Match)"},
            **{str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in PROBLEMS},
        },
    }


def _problem(status: int, words: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    waits = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}} if status in (429, 503) else {}
    content = {"content": {"application/problem+json": {"schema": schema}}}
    return {"description": words} | ({"headers": waits} if waits else {}) | content
