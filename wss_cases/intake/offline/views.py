"""Pages that open without network, what a device is told while there is one, and what it sends afterwards."""

from base64 import b64encode

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from wss_cases.access.actor import STAFF
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.sealed_boxes import SealingKey, box_in, key_for, newest_key, opened, owner_names
from wss_cases.foundation import clock
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import locale_code
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.settings.reading import setting
from wss_cases.foundation.sign_in.login import current_user, generate_csrf
from wss_cases.intake.offline.actions import discard_entry, finish_mended
from wss_cases.intake.offline.filing import take
from wss_cases.intake.offline.presenters import answer_to_device, refilled, shell_page, shown_to_mend
from wss_cases.intake.offline.queries import count_to_mend, one_to_mend, own_entry, to_mend, waits_to_be_mended
from wss_cases.intake.offline.rules import entry_in
from wss_cases.journal.queries import already_done
from wss_cases.roster.directory.queries import schools_by_id

blueprint = Blueprint("offline", __name__, url_prefix="/offline")

ASKING = frozenset({"capture.capture", "practice.new"})
"""Pages whose form an entry that is to be mended fills again."""
SAVING = frozenset({"capture.save", "practice.new"})


def _language() -> str:
    wanted = request.args.get("lang", "")
    return wanted if wanted in setting("LANGUAGES") else locale_code()


@blueprint.get("")
@gate(Permission.PUBLIC)
def home() -> str:
    """What can be done without network."""
    return shell_page("home", _language())


@blueprint.get("/report")
@gate(Permission.PUBLIC)
def report() -> str:
    """The report form, without roster."""
    return shell_page("report", _language())


@blueprint.get("/practice")
@gate(Permission.PUBLIC)
def practice() -> str:
    """The form of the practice log."""
    return shell_page("practice", _language())


@blueprint.get("/device")
@gate(Permission.SIGNED_IN)
def device() -> Response:
    """Tell a device of whoever is signed in what it needs to seal and to send: a public key, their schools, a token.

    Where staff have no key of this month it says where to have one made: asking changes nothing.
    """
    actor, now = current_actor(), clock.now()
    assert actor.user_id is not None
    schools = schools_by_id(sorted(actor.school_ids(*STAFF)))
    found = newest_key(actor.user_id, now) if schools else None
    owners = owner_names(actor.user_id)
    return jsonify(
        owner=owners[0],
        owners=owners,
        key=_told(found) if found else None,
        key_at=url_for("offline.key") if schools and not found else None,
        school=chosen_school_id(actor, *STAFF),
        schools=[
            {"id": one.id, "name": one.name, "phone": one.phone, "low": one.low_grade, "high": one.high_grade}
            for one in sorted(schools.values(), key=lambda each: (each.name, each.id))
        ],
        locale=locale_code(),
        waiting=count_to_mend(actor),
        csrf=generate_csrf(),
        now=now.isoformat(),
    )


def _told(key: SealingKey) -> dict[str, str]:
    return {"name": key.name, "point": b64encode(key.public_point).decode()}


@blueprint.post("/key")
@gate(Permission.INCIDENT_REPORT)
def key() -> Response:
    """Make the key of this month where there is none, and tell the device its public point."""
    return jsonify(_told(key_for(current_actor(), clock.now())))


@blueprint.post("/send")
@gate(Permission.SIGNED_IN)
def send() -> Response | tuple[Response, int]:
    """Take one sealed entry of whoever is signed in; nobody else's is opened, and what was taken once is only told."""
    actor, now = current_actor(), clock.now()
    sent = request.get_json(silent=True)
    try:
        if not isinstance(sent, dict):
            raise ValueError("no object")
        box = box_in(sent.get("box"))
        entry = entry_in(box.name, opened(actor.user_id, box), sent.get("sent"))
    except ValueError:
        return jsonify(status="refused"), 422
    take(actor, entry, now)
    return jsonify(answer_to_device(actor, own_entry(actor, entry.name)))


@blueprint.get("/waiting")
@gate(Permission.SIGNED_IN)
def waiting() -> Page:
    """What arrived from one's devices and needs an answer before it can be filed."""
    actor = current_actor()
    entries = [shown_to_mend(actor, entry) for entry in to_mend(actor)]
    return render_template("intake/offline/waiting.html", entries=entries)


@blueprint.post("/waiting/<int:entry_id>/discard")
@gate(Permission.SIGNED_IN)
def discard(entry_id: int) -> Page:
    """Delete one of them."""
    actor = current_actor()
    discard_entry(Invocation(actor, clock.now()), one_to_mend(actor, entry_id).row.id)
    flash(_("Deleted."))
    return redirect(url_for("offline.waiting"), 303)


@blueprint.before_app_request
def _fill_again() -> None:
    wanted = id_in(request.args.get("unsent"))
    if wanted is None or request.endpoint not in ASKING or request.method != "GET" or not current_user.is_authenticated:
        return
    g.kept_fields, g.kept_at = MultiDict(refilled(one_to_mend(current_actor(), wanted))), clock.now()


@blueprint.after_app_request
def _finish(answer: Response) -> Response:
    # only what was taken has been read: a form that was too large for that has no fields to ask for
    taken = answer.status_code == 303 and request.method == "POST" and request.endpoint in SAVING
    key = request.form.get("request_key", "") if taken else ""
    if key and current_user.is_authenticated and current_user.row.has_to_mend:
        actor = current_actor()
        if waits_to_be_mended(actor, key) and already_done(actor.user_id, key):
            finish_mended(actor, key, clock.now())
    return answer
