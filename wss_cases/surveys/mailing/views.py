"""The page behind the link in an invitation that stops further ones."""

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation import clock
from wss_cases.foundation.errors import existing
from wss_cases.foundation.sign_in.login import csrf
from wss_cases.surveys.mailing.actions import stop_mail
from wss_cases.surveys.mailing.links import stopped_by

blueprint = Blueprint("survey_mail", __name__, url_prefix="/survey")

ONE_CLICK = ("List-Unsubscribe", "One-Click")
"""What a mail program posts (RFC 8058), and the page's own button too."""


@blueprint.route("/stop/<token>", methods=["GET", "POST"])
@csrf.exempt
@gate(Permission.PUBLIC)
def stop(token: str) -> Response:
    """Ask whether invitations to an address shall stop; stop them when asked to. The page names nobody."""
    digest = existing(stopped_by(token))
    done = request.form.get(ONE_CLICK[0]) == ONE_CLICK[1]
    if done:
        stop_mail(digest, clock.now())
    page = render_template("surveys/mailing/stop.html", done=done, one_click=ONE_CLICK)
    answer = make_response(page, 400 if request.method == "POST" and not done else 200)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
