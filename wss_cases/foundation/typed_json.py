"""Values as JSON and back by their type: dataclasses, lists, tuples, mappings by text, enums of text, dates, None."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from types import EllipsisType, NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

Reader = Callable[[Any], Any]


def as_json(value: Any) -> str:
    """A value as JSON. Raises TypeError for a value without one canonical form, such as a set."""
    return json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(value)


def reader_of(kind: Any) -> Reader:
    """A function that makes a value of a type from parsed JSON.

    Of a union it takes the first type or None; a type it does not know is left as it is.
    """
    origin, args = get_origin(kind), get_args(kind)
    inner = [reader_of(one) for one in args if not isinstance(one, EllipsisType) and one is not NoneType]
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        readers = {field.name: reader_of(hints[field.name]) for field in fields(kind)}
        return _record(kind, list(readers), {name: read for name, read in readers.items() if read is not _as_it_is})
    if origin is tuple and ... not in args:
        return lambda plain: tuple(read(cell) for read, cell in zip(inner, plain, strict=True))
    if origin in (list, tuple):
        return lambda plain: origin(map(inner[0], plain))
    if origin in (dict, Mapping):
        return lambda plain: {inner[0](key): inner[1](value) for key, value in plain.items()}
    if origin is UnionType:
        return lambda plain: None if plain is None else inner[0](plain)
    if isinstance(kind, type) and issubclass(kind, date):
        return kind.fromisoformat
    return kind if isinstance(kind, type) and issubclass(kind, Enum) else _as_it_is


def _as_it_is(plain: Any) -> Any:
    return plain


def _record(kind: Any, names: list[str], readers: Mapping[str, Reader]) -> Reader:
    """A reader for a dataclass. A page has thousands of them, and most of their values need no conversion."""

    def read(plain: Mapping[str, Any]) -> Any:
        values = {name: plain[name] for name in names}
        for name, made in readers.items():
            values[name] = made(values[name])
        return kind(**values)

    return read
