"""Tokens for tests, calls with them, and what a schema says of an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from werkzeug.test import TestResponse

from tests.factories.accounts import acting, make_user
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Invocation, Role
from wss_cases.api.tokens import PREFIX, Reach, Scope, TokenForm, agree_to_token, ask_for_token
from wss_cases.foundation import clock
from wss_cases.foundation.forms import filled_from
from wss_cases.foundation.ids import new_token

EVERYTHING = tuple(Scope)
HERE = "/api/v1"


def call(user: Any) -> Invocation:
    return Invocation(acting(user), clock.now())


def token_form(**changes: Any) -> TokenForm:
    """A sound form for a token of all schools; `changes` are other answers."""
    sound = {"name": "x", "scopes": ["schools"], "reach": "all", "ends_on": date(2027, 1, 1)}
    return filled_from(TokenForm, None, sound | changes)


def make_token(
    *schools: Any, scopes: Sequence[Scope] = EVERYTHING, network: str | None = None, by: Any = None,
    until: date = date(2027, 6, 1),
) -> str:  # fmt: skip
    """Return the secret of a token that two persons agreed on, of these schools, of a network, else of all."""
    reach = Reach.SOME if schools else Reach.NETWORK if network else Reach.ALL
    form = token_form(
        name="warehouse", scopes=list(scopes), reach=reach, network=network or "", ends_on=until,
        schools="\n".join(school.code for school in schools),
    )  # fmt: skip
    secret = PREFIX + new_token()
    token_id = ask_for_token(call(by or make_user(Role.DISTRICT)), form, secret)
    agree_to_token(call(make_user(Role.SYSADMIN)), token_id)
    return secret


def ask(client: PageClient, secret: str, address: str, **headers: str) -> TestResponse:
    sent = {"Authorization": f"Bearer {secret}"} if secret else {}
    return client.get(f"{HERE}/{address}", headers=sent | headers)


def rows(client: PageClient, secret: str, address: str) -> list[dict[str, Any]]:
    answer = ask(client, secret, address)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: list[dict[str, Any]] = answer.get_json()["data"]
    return found


TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "boolean": (bool,), "null": (type(None),),
}  # fmt: skip
FORMATS = {"date": date.fromisoformat, "date-time": datetime.fromisoformat}
KNOWN = {
    "type", "description", "properties", "required", "additionalProperties", "items", "enum", "format", "pattern",
    "minimum", "maximum", "default", "example", "$ref",
}  # fmt: skip


def resolved(document: Any, schema: Any) -> Any:
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
