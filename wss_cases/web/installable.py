"""What a browser stores of this release to open without network: static files, and pages without personal data."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, request, url_for

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import _, locale_code
from wss_cases.intake.offline.pages import forms_at, shell_page, shell_pages
from wss_cases.journal.rooms import Room
from wss_cases.web.bundles import BUNDLES, in_bundles

KEPT = (("css", "*.css"), ("js", "*.js"))
WORKER = "js/sw.js"
PARTS = "sw-*.js"
"""Further scripts of the service worker, by name: each adds listeners of its own."""
OTHERS = ("icons.svg", "favicon.svg", "icons/icon-192.png")


def worker_script() -> str:
    """The service worker of this release, with its data in front."""
    return _script(Path(str(current_app.static_folder)), request.script_root)


@lru_cache(maxsize=4)
def _script(folder: Path, root: str) -> str:
    """Built once per process. The release's name changes with any byte of the stored files or the script."""
    listed = [f"{name}/{path.name}" for name, mask in KEPT for path in sorted((folder / name).glob(mask))]
    left_out = {WORKER, *in_bundles(folder)}
    kept = [url_for("static", filename=name) for name in (*BUNDLES, *listed, *OTHERS) if name not in left_out]
    kept.append(url_for("bootstrap.static", filename="css/bootstrap.min.css"))
    pages = shell_pages()
    html = [shell_page(kind, code) for kind, of_kind in pages.items() for code in of_kind]
    script = (folder / WORKER).read_text("utf-8")
    facts: dict[str, Any] = {
        "release": hashlib.sha256("\n".join([script, *kept, *html]).encode()).hexdigest()[:16],
        "root": f"{root}/",
        "shell": [*kept, *(address for of_kind in pages.values() for address in of_kind.values())],
        "pages": pages,
        "forms": forms_at(),
        "signOut": url_for("accounts.sign_out"),
        "parts": [url_for("static", filename=f"js/{path.name}") for path in sorted((folder / "js").glob(PARTS))],
    }
    return f"self.APP = {json.dumps(facts)};\n{script}"


blueprint = Blueprint("installable", __name__)

HEADER = "#0a4548"
PAPER = "#faf8f4"
ICONS = (("icon-192.png", 192, "any"), ("icon-512.png", 512, "any"), ("icon-mask-512.png", 512, "maskable"))
ASK_AGAIN = "no-cache"
"""A browser keeps it, and asks each time whether it is still the newest."""


@blueprint.get("/manifest.webmanifest")
@gate(Permission.PUBLIC)
def manifest() -> Response:
    """The app's name, its look on a phone, and its first page."""
    told = {
        "id": f"{request.script_root}/",
        "name": _("Whole School Safety"),
        "short_name": _("School Safety"),
        "lang": locale_code(),
        "dir": "ltr",
        "start_url": url_for("web.home"),
        "scope": f"{request.script_root}/",
        "display": "standalone",
        "theme_color": HEADER,
        "background_color": PAPER,
        "icons": [
            {
                "src": url_for("static", filename=f"icons/{name}"),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for name, size, purpose in ICONS
        ],
        "shortcuts": [
            {"name": _("Log an incident"), "url": url_for("capture.capture")},
            {"name": _("Log a circle"), "url": url_for("practice.new")},
        ],
    }
    answer = Response(json.dumps(told, ensure_ascii=False), mimetype="application/manifest+json")
    answer.headers["Cache-Control"] = ASK_AGAIN
    return answer


@blueprint.get("/sw.js")
@gate(Permission.PUBLIC)
def worker() -> Response:
    """The service worker of this release. It stands at the root, because it can only serve paths below its own."""
    answer = Response(worker_script(), mimetype="text/javascript")
    answer.headers["Cache-Control"] = ASK_AGAIN
    answer.headers["Service-Worker-Allowed"] = f"{request.script_root}/"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


ROOM = Room(pages=(blueprint,))
