"""The district's style sheet and logo, for everyone; uploading a picture, for its administrators."""

from flask import Blueprint, Response, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.setup.look.actions import keep_picture
from wss_cases.setup.look.forms import PictureForm
from wss_cases.setup.look.pictures import drawn_anew
from wss_cases.setup.look.queries import picture_named, sheet_of
from wss_cases.setup.look.rules import COLORS, read_colors

blueprint = Blueprint("look", __name__)
A_YEAR = "public, max-age=31536000, immutable"


@blueprint.get("/look/<version>.css")
@gate(Permission.PUBLIC)
def sheet(version: str) -> Page:
    """The colors that are in force; only what has their version in its address is kept for a year."""
    known, text = sheet_of(COLORS.on(today_at(None, clock.now())))
    return _kept(text.encode(), "text/css", known, is_kept=version == known)


@blueprint.get("/look/preview.css")
@gate(Permission.SETTINGS_EDIT)
def preview() -> Page:
    """Colors that are not in force yet, for the page that asks whether they shall be; else those that are."""
    try:
        colors = read_colors(request.args.get("colors", ""))
    except ValueError:
        colors = COLORS.on(today_at(None, clock.now()))
    return Response(sheet_of(colors)[1], mimetype="text/css")


@blueprint.get("/look/logo/<name>")
@gate(Permission.PUBLIC)
def logo(name: str) -> Page:
    """A picture under the name that is made of its pixels."""
    return _kept(existing(picture_named(name)).content, "image/png", name, is_kept=True)


def _kept(content: bytes, kind: str, tag: str, *, is_kept: bool) -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers["Cache-Control"] = A_YEAR if is_kept else "no-cache"
    answer.set_etag(tag)
    answer.make_conditional(request)
    return answer


@blueprint.route("/settings/logo/picture", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.SETTINGS_EDIT)
def upload() -> Page:
    """Upload a picture; it is shown nowhere until the setting says so."""
    form, sent = PictureForm(), request.files.get("file")

    def act() -> int:
        if sent is None or not sent.filename:
            raise Refused("file", _("Choose the file."))
        return keep_picture(submitted(form), drawn_anew(sent.read()), sent.filename)

    settings = url_for("district_settings.change", name="logo")
    return form_page(
        form, act, with_flash(_("The picture is here. Choose it, and from when it is shown."), settings),
        "setup/look/upload.html", back_href=settings,
    )  # fmt: skip
