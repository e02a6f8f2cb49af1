"""What makes the site an app on somebody's phone: its manifest, and its service worker."""

import json

from flask import Blueprint, Response, request, url_for

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.web.installable.release import worker_script

blueprint = Blueprint("installable", __name__)

HEADER = "#0a4548"
PAPER = "#faf8f4"
ICONS = (("icon-192.png", 192, "any"), ("icon-512.png", 512, "any"), ("icon-mask-512.png", 512, "maskable"))
ASK_AGAIN = "no-cache"
"""A browser keeps it, and asks each time whether it is still the newest."""


@blueprint.get("/manifest.webmanifest")
@gate(Permission.PUBLIC)
def manifest() -> Response:
    """Say how the app is called, how it looks on a phone, and where it opens."""
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
    """The service worker of this release: it stands at the root, because it may answer for nothing above itself."""
    answer = Response(worker_script(), mimetype="text/javascript")
    answer.headers["Cache-Control"] = ASK_AGAIN
    answer.headers["Service-Worker-Allowed"] = f"{request.script_root}/"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
