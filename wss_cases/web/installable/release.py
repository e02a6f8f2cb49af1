"""What a browser keeps of this release to open without network: static files, and pages about nobody."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app, request, url_for

from wss_cases.intake.offline.pages import forms_at, shell_page, shell_pages
from wss_cases.web.bundles import BUNDLES, in_bundles

KEPT = (("css", "*.css"), ("js", "*.js"))
WORKER = "js/sw.js"
PARTS = "sw-*.js"
"""Further scripts of the service worker, by name: each adds listeners of its own."""
OTHERS = ("icons.svg", "favicon.svg", "icons/icon-192.png")


def worker_script() -> str:
    """Return the service worker of this release, with what it is told of it in front."""
    return _script(Path(str(current_app.static_folder)), request.script_root)


@lru_cache(maxsize=4)
def _script(folder: Path, root: str) -> str:
    """Built once by a process. The release's name changes with any letter of what is kept, or of the script."""
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
