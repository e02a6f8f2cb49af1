"""Styles, scripts and icons are kept by a browser for a year: their address changes with any of their letters.

The version stands in the path, so that what a script imports and a style shows by a relative address is kept as well.
Any version is answered with today's file, for a page that another machine made during an update; only today's is kept.
Two files are made of the others (`bundles.py`), and stand beside them.

What is text goes out compressed, made once by each process. Pages never do: they hold a secret token beside what
somebody else may have typed, and the size of the two together would tell the token letter by letter (BREACH).
"""

import gzip
import hashlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Flask, request, send_file
from werkzeug.wrappers import Response

from wss_cases.web.bundles import BUNDLES

FOLDERS = {"static": "/static/", "bootstrap.static": "/bootstrap/static/"}
"""Endpoints of files that are not code, and where they stand."""
MARK = "@"
A_YEAR = "public, max-age=31536000, immutable"
TEXT = frozenset(
    {"text/css", "text/javascript", "application/javascript", "image/svg+xml", "application/json", "text/plain"}
)
VERSION = "wss.static_version"


def init_static_files(app: Flask) -> None:
    """Put the version into every such address, and let browsers cache the present version."""
    folders = _folders(app)
    version = _version(tuple(folders.values()))

    def with_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint in FOLDERS and "filename" in values:
            values["filename"] = f"{MARK}{version}/{values['filename']}"

    def keep(answer: Response) -> Response:
        if request.endpoint in FOLDERS and request.environ.get(VERSION) == version:
            answer.headers["Cache-Control"] = A_YEAR
        return answer

    def compress(answer: Response) -> Response:
        if request.endpoint in FOLDERS and answer.mimetype in TEXT:
            answer.vary.add("Accept-Encoding")
            if answer.status_code == 200 and "Range" not in request.headers and request.accept_encodings["gzip"]:
                _compress(answer, folders[request.endpoint], request.view_args["filename"])  # type: ignore[index]
        return answer

    app.view_functions["static"] = _with_bundles(app, folders["static"])
    app.url_defaults(with_version)
    app.after_request(keep)
    app.after_request(compress)
    inner = app.wsgi_app

    def without_version(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        for folder in FOLDERS.values():
            if environ["PATH_INFO"].startswith(folder + MARK):
                given, _slash, rest = environ["PATH_INFO"].removeprefix(folder + MARK).partition("/")
                environ |= {VERSION: given, "PATH_INFO": folder + rest}
        return inner(environ, start)

    app.wsgi_app = without_version  # type: ignore[method-assign, assignment]


def _with_bundles(app: Flask, folder: Path) -> Callable[[str], Any]:
    """A view of the folder's files and of the bundles made of them."""
    from_folder: Any = app.view_functions["static"]

    def file(filename: str) -> Any:
        if filename not in BUNDLES:
            return from_folder(filename=filename)
        kind, make = BUNDLES[filename]
        made = make(folder)
        tag = hashlib.sha256(made).hexdigest()[:16]
        return send_file(BytesIO(made), kind, etag=tag, max_age=app.get_send_file_max_age)

    return file


def _folders(app: Flask) -> dict[str, Path]:
    holders = {"static": app, **{f"{name}.static": blueprint for name, blueprint in app.blueprints.items()}}
    return {name: Path(holder.static_folder) for name, holder in holders.items() if holder.static_folder}


def _compress(answer: Response, folder: Path, name: str) -> None:
    """Compress a whole answer; browsers treat it as another file, with an ETag of its own."""
    tag, _weak = answer.get_etag()
    answer.direct_passthrough = False
    answer.call_on_close(answer.response.close)  # type: ignore[union-attr]
    answer.set_data(_compressed(folder, name, tag or ""))
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Accept-Ranges"] = "none"
    answer.set_etag(f"{tag}-gzip")
    answer.make_conditional(request.environ)


@lru_cache(maxsize=512)
def _compressed(folder: Path, name: str, tag: str) -> bytes:
    made = BUNDLES[name][1](folder) if name in BUNDLES else (folder / name).read_bytes()
    return gzip.compress(made, mtime=0)


@lru_cache(maxsize=2)
def _version(folders: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    for _kind, make in BUNDLES.values():
        digest.update(make(folders[0]))
    return digest.hexdigest()[:12]
