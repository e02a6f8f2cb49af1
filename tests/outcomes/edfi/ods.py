"""A small ODS/API: natural keys, references that must be there, descriptors that must be known, tokens that end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEYS: dict[str, Callable[[dict[str, Any]], tuple[Any, ...]]] = {
    "disciplineIncidents": lambda b: (b["incidentIdentifier"], b["schoolReference"]["schoolId"]),
    "studentDisciplineIncidentBehaviorAssociations": lambda b: (*_part(b), b["behaviorDescriptor"]),
    "studentDisciplineIncidentNonOffenderAssociations": lambda b: _part(b),
    "disciplineActions": lambda b: (
        b["disciplineActionIdentifier"], b["disciplineDate"], b["studentReference"]["studentUniqueId"],
    ),
}  # fmt: skip
INCIDENTS, BEHAVIORS, OTHERS, ACTIONS = KEYS
WHOLE = {
    ACTIONS: ("disciplines", "responsibilitySchoolReference"),
    OTHERS: ("studentReference",),
    BEHAVIORS: ("studentReference", "behaviorDescriptor"),
    INCIDENTS: ("incidentDate",),
}
"""What is required of each."""


def _part(body: dict[str, Any]) -> tuple[Any, ...]:
    about = body["disciplineIncidentReference"]
    return about["incidentIdentifier"], about["schoolId"], body["studentReference"]["studentUniqueId"]


def _named(resource: str, body: dict[str, Any]) -> list[tuple[str, tuple[Any, ...]]]:
    """Return which other resources one refers to."""
    if resource in (BEHAVIORS, OTHERS):
        return [(INCIDENTS, _part(body)[:2])]
    name = "studentDisciplineIncidentBehaviorAssociation"
    return [
        (BEHAVIORS, (one["incidentIdentifier"], one["schoolId"], one["studentUniqueId"], one["behaviorDescriptor"]))
        for one in (entry[f"{name}Reference"] for entry in body.get(f"{name}s", []))
    ]


@dataclass
class World:
    """What the server holds and was asked, and what it does wrong."""

    held: dict[str, dict[tuple[Any, ...], tuple[str, dict[str, Any]]]] = field(
        default_factory=lambda: {name: {} for name in KEYS}
    )
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: int = 0
    uses: int = 10**9
    """How often a token may be used."""
    unknown: set[str] = field(default_factory=set)
    """Descriptors that are not loaded."""
    first: list[int] = field(default_factory=list)
    """Statuses that are answered before anything else."""
    secret_is_right: bool = True
    paused: list[float] = field(default_factory=list)
    left: int = 0

    def count(self) -> dict[str, int]:
        return {name: len(rows) for name, rows in self.held.items()}

    def post(self, resource: str, body: dict[str, Any]) -> tuple[int, Any, str]:
        """Create or update by the natural key."""
        if wrong := [name for name in WHOLE[resource] if name not in body]:
            said = {"$.body": [f"{wrong[0]} is required."]}
            return 400, {"detail": "Data validation failed.", "validationErrors": said}, ""
        if bad := [code for code in self.unknown if code in json.dumps(body)]:
            return 400, {"detail": f"Descriptor value '{bad[0]}' does not exist."}, ""
        if any(key not in self.held[of] for of, key in _named(resource, body)):
            return 409, {"detail": "The referenced item does not exist.", "type": "urn:ed-fi:api:conflict"}, ""
        rows, key = self.held[resource], KEYS[resource](body)
        is_new, number = key not in rows, rows[key][0] if key in rows else f"{resource[:4]}{len(self.asked)}"
        rows[key] = number, body
        return (201 if is_new else 200), {}, f"/data/v3/ed-fi/{resource}/{number}"

    def delete(self, resource: str, number: str) -> tuple[int, Any, str]:
        """Delete by the id, unless something refers to it."""
        rows = self.held[resource]
        key = next((key for key, (held, _body) in rows.items() if held == number), None)
        if key is None:
            return 404, {}, ""
        others = [(of, body) for of, rows in self.held.items() for _number, body in rows.values()]
        if any((resource, key) in _named(of, body) for of, body in others if of != INCIDENTS):
            return 409, {"detail": "The item is referenced by another item."}, ""
        del rows[key]
        return 204, None, ""


@contextmanager
def serving(world: World) -> Iterator[str]:
    """Yield the address of a server that holds a world."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path == "/oauth/token":
                world.tokens, world.left = world.tokens + 1, world.uses
                given = {"access_token": f"t{world.tokens}"} if world.secret_is_right else {"error": "invalid_client"}
                self._say(200 if world.secret_is_right else 401, given, "")
                return
            world.left -= 1
            if world.left < 0 or self.headers["Authorization"] != f"Bearer t{world.tokens}":
                self._say(401, {"detail": "The token has expired."}, "")
                return
            world.asked.append((self.command, self.path))
            if world.first:
                self._say(world.first.pop(0), {}, "")
                return
            resource, _slash, number = self.path.removeprefix("/data/v3/ed-fi/").partition("/")
            self._say(*(world.post(resource, json.loads(body)) if body else world.delete(resource, number)))

        do_POST = do_DELETE = _answer

        def _say(self, status: int, body: Any, location: str) -> None:
            content = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if location:
                self.send_header("Location", f"http://{self.headers['Host']}{location}")
            if status == 429:
                self.send_header("Retry-After", "7")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_about: Any) -> None:
            """Say nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        listening.server_close()
