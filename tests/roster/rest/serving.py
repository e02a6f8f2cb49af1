"""A OneRoster server of the tests (1.1 or 1.2): client credentials, pages, and whatever it is told to do wrong."""

import base64
import csv
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, Any, dict[str, str]]
Record = dict[str, Any]
CLIENT, SECRET = "us", "secret"
NESTED = {
    "parentSourcedId": "parent", "orgSourcedId": "org", "courseSourcedId": "course", "schoolSourcedId": "school",
    "classSourcedId": "class", "userSourcedId": "user",
}  # fmt: skip
LISTED = {"orgSourcedIds": "orgs", "agentSourcedIds": "agents", "termSourcedIds": "terms"}
FILES = ("orgs", "academicSessions", "courses", "classes", "users", "demographics", "enrollments")


@dataclass
class Sis:
    """A server's records by collection, what it does wrong, and what it was asked."""

    records: dict[str, list[Record]]
    most: int = 2
    """Records that a page has at most, whatever it is asked for."""
    wrong: Callable[[str, int, Answer], Answer] = lambda kind, asked, answer: answer
    asked: list[str] = field(default_factory=list)
    tokens: int = 0
    paused: list[float] = field(default_factory=list)

    def token(self, sent: str, headers: Any) -> Answer:
        """Give a token to the one client it knows, for its credentials."""
        known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        grant = parse_qs(sent).get("grant_type")
        if headers.get("Authorization") != f"Basic {known}" or grant != ["client_credentials"]:
            return 401, {}, {}
        self.tokens += 1
        return 200, {"access_token": f"t{self.tokens}"}, {}

    def answer(self, path: str, query: dict[str, list[str]], headers: Any) -> Answer:
        """Give a page of a collection."""
        if headers.get("Authorization") != f"Bearer t{self.tokens}":
            return 401, {}, {}
        kind = path.rsplit("/", 1)[1]
        self.asked.append(kind)
        rows = self.records.get(kind, [])
        first = int(query["offset"][0])
        page = rows[first : first + min(self.most, int(query["limit"][0]))]
        return self.wrong(kind, len(self.asked), (200, {kind: page}, {"X-Total-Count": str(len(rows))}))


@contextmanager
def serving(data: Sis) -> Iterator[str]:
    """The server runs inside the block; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._say(*data.token(sent, self.headers))

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._say(*data.answer(parts.path, parse_qs(parts.query), self.headers))

        def _say(self, status: int, body: Any, headers: dict[str, str]) -> None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_about: Any) -> None:
            """Say nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        listening.server_close()


def records_of(folder: Path, *, newer: bool) -> dict[str, list[Record]]:
    """Return the rows of a folder of 1.1 files as a server of 1.1, or of 1.2, gives them."""
    found = {}
    for kind in FILES:
        with (folder / f"{kind}.csv").open(encoding="utf-8", newline="") as stream:
            found[kind] = [_record(row, newer and kind == "users") for row in csv.DictReader(stream)]
    return found


def _record(row: dict[str, str], has_roles: bool) -> Record:
    made: Record = {"status": "active"}
    for name, cell in row.items():
        if name in LISTED:
            made[LISTED[name]] = [{"sourcedId": key} for key in cell.split(",") if key]
        elif cell and name in NESTED:
            made[NESTED[name]] = {"sourcedId": cell}
        elif cell:
            made[name] = [cell] if name == "grades" else cell
    if has_roles:
        role = made.pop("role")
        made["roles"] = [{"roleType": "primary", "role": role, "org": org} for org in made.pop("orgs")]
    return made
