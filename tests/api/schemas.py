"""Holding JSON against the schemas of the API's document: the few words of JSON Schema that it uses, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "boolean": (bool,), "null": (type(None),),
}  # fmt: skip
FORMATS = {"date": date.fromisoformat, "date-time": datetime.fromisoformat}
KNOWN = {
    "type", "description", "properties", "required", "additionalProperties", "items", "enum", "format", "pattern",
    "minimum", "maximum", "default", "example", "$ref",
}  # fmt: skip


def resolved(document: Any, schema: Any) -> Any:
    """Return what a reference leads to. KeyError where it leads nowhere."""
    while "$ref" in schema:
        found = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def wrong(document: Any, schema: Any, value: Any, place: str = "") -> Iterator[str]:
    """Yield where a value is not what its schema says."""
    schema = resolved(document, schema)
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    fits = any(isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool)) for kind in kinds)
    if not fits:
        yield f"{place}: {value!r} is no {kinds}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is none of {schema['enum']}"
    elif isinstance(value, str) and "format" in schema:
        FORMATS[schema["format"]](value)
    elif isinstance(value, dict):
        yield from (f"{place}: {name} is missing" for name in schema["required"] if name not in value)
        yield from (f"{place}: {name} is not declared" for name in value if name not in schema["properties"])
        for name in value.keys() & schema["properties"].keys():
            yield from wrong(document, schema["properties"][name], value[name], f"{place}.{name}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from wrong(document, schema["items"], one, f"{place}[{number}]")
