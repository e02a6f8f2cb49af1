"""What builds the addresses of each route, compiled once: otherwise every application compiles it again, which is most
of what making one takes. A forked process has what the one before it had compiled."""

from __future__ import annotations

from collections.abc import Callable

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]
_compile = Rule._compile_builder
_compiled: dict[tuple[str | None, str | None, str, bool, str, bool], Builder] = {}


def share_builders_of_addresses() -> None:
    """Let applications made from now on take what was compiled for a route that is written the same."""
    Rule._compile_builder = _shared  # type: ignore[assignment, method-assign]


def _shared(rule: Rule, append_unknown: bool = True) -> Builder:
    written = (rule.host, rule.subdomain, rule.rule, rule.merge_slashes is True, repr(rule.defaults), append_unknown)
    if written not in _compiled:
        _compiled[written] = _compile(rule, append_unknown)
    return _compiled[written]
