"""What reads and builds the addresses of each route, worked out once: otherwise every application does it again, which
is most of what making one takes. A forked process has what the one before it had worked out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.routing import Rule
from werkzeug.routing.rules import RulePart

Builder = Callable[..., tuple[str, str]]
_compile = Rule._compile_builder
_compiled: dict[tuple[str | None, str | None, str, bool, str, bool], Builder] = {}
_parse = Rule._parse_rule
_parsed: dict[tuple[str, tuple[Any, ...]], tuple[list[RulePart], list[tuple[bool, str]], dict[str, Any]]] = {}


def share_what_addresses_take() -> None:
    """Let applications made from now on take what was worked out for a route that is written the same."""
    Rule._compile_builder = _built  # type: ignore[assignment, method-assign]
    Rule._parse_rule = _read  # type: ignore[assignment, method-assign]


def _built(rule: Rule, append_unknown: bool = True) -> Builder:
    written = (rule.host, rule.subdomain, rule.rule, rule.merge_slashes is True, repr(rule.defaults), append_unknown)
    if written not in _compiled:
        _compiled[written] = _compile(rule, append_unknown)
    return _compiled[written]


def _read(rule: Rule, text: str) -> Iterable[RulePart]:
    written = text, tuple(rule.map.converters.values())
    if written in _parsed:
        parts, trace, converters = _parsed[written]
        rule._trace += trace
        rule._converters |= converters
        rule.arguments |= converters.keys()
    else:
        before = len(rule._trace)
        parts = list(_parse(rule, text))
        _parsed[written] = parts, rule._trace[before:], dict(rule._converters)
    return parts
