"""How an address of the API is declared: once, for its route, for what it takes and gives, and for the document."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from wss_cases.access.actor import Actor
from wss_cases.api.tokens.states import Scope
from wss_cases.foundation.ids import id_in

Schema = Mapping[str, Any]


class Problem(Exception):
    """What is wrong with a call: its status, what to do about it, and the parameter that it is about."""

    def __init__(self, status: int, detail: str, parameter: str = "", wait: int = 0) -> None:
        super().__init__(detail)
        self.status, self.detail, self.parameter, self.wait = status, detail, parameter, wait


@dataclass(frozen=True)
class Parameter:
    """One parameter of an address: what it is for, and the schema that says what it can be."""

    name: str
    about: str
    schema: Schema

    def read(self, text: str) -> Any:
        """Return the value of a text. Raises Problem, which says what it can be."""
        value = _READERS[self.schema.get("format", self.schema["type"])](text, self.schema)
        if value is None:
            raise Problem(400, f"{self.name} must be {self.about_values()}.", self.name)
        return value

    def about_values(self) -> str:
        """Return in words what the parameter can be."""
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
    """What was asked: as whom, by which values (a parameter that was not sent is not there), when, with which salt."""

    actor: Actor
    values: Mapping[str, Any]
    now: datetime
    salt: str


@dataclass(frozen=True)
class Endpoint:
    """One address: which scope it wants, what it takes, the schema of one row, and what reads the answer."""

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
        """Where it stands below the API's own address."""
        return f"/{self.name}"

    def values(self, sent: Mapping[str, list[str]]) -> dict[str, Any]:
        """Return the values of what was sent. Raises Problem, naming the parameter."""
        known = {one.name: one for one in self.parameters}
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
    """Return the schema of an object that has all of these properties and no other."""
    return {
        "type": "object", "description": about, "properties": properties, "required": list(properties),
        "additionalProperties": False,
    }  # fmt: skip


def text(about: str, **more: Any) -> Schema:
    """Return the schema of a text."""
    return {"type": "string", "description": about, **more}


def number(about: str, **more: Any) -> Schema:
    """Return the schema of a whole number."""
    return {"type": "integer", "description": about, **more}


def flag(about: str) -> Schema:
    """Return the schema of yes or no."""
    return {"type": "boolean", "description": about}


def or_null(schema: Schema) -> Schema:
    """Return the schema of what may be missing."""
    return {**schema, "type": [schema["type"], "null"]}
