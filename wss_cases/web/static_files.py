"""Styles, scripts and icons are kept by a browser for a year: their address changes with any of their letters.

The version stands in the path, so that what a script imports and a style shows by a relative address is kept as well.
Any version is answered with today's file, for a page that another machine made during an update; only today's is kept.
"""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, request
from werkzeug.wrappers import Response

FOLDERS = {"static": "/static/", "bootstrap.static": "/bootstrap/static/"}
"""Endpoints of files that are not code, and where they stand."""
MARK = "@"
A_YEAR = "public, max-age=31536000, immutable"
VERSION = "wss.static_version"


def init_static_files(app: Flask) -> None:
    """Put the version into every address of such a file, and let browsers keep what has today's."""
    version = _version(_folders(app))

    def with_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint in FOLDERS and "filename" in values:
            values["filename"] = f"{MARK}{version}/{values['filename']}"

    def keep(answer: Response) -> Response:
        if request.endpoint in FOLDERS and request.environ.get(VERSION) == version:
            answer.headers["Cache-Control"] = A_YEAR
        return answer

    app.url_defaults(with_version)
    app.after_request(keep)
    inner = app.wsgi_app

    def without_version(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        for folder in FOLDERS.values():
            if environ["PATH_INFO"].startswith(folder + MARK):
                given, _slash, rest = environ["PATH_INFO"].removeprefix(folder + MARK).partition("/")
                environ |= {VERSION: given, "PATH_INFO": folder + rest}
        return inner(environ, start)

    app.wsgi_app = without_version  # type: ignore[method-assign, assignment]


def _folders(app: Flask) -> tuple[Path, ...]:
    holders = [app, *app.blueprints.values()]
    return tuple(Path(holder.static_folder) for holder in holders if holder.static_folder)


@lru_cache(maxsize=2)
def _version(folders: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
