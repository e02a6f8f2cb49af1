"""The attachments of one record, one of them, and what is done with it."""

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for

from wss_cases.access.act_pages import submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.attachments.attachment.models import Attachment
from wss_cases.attachments.attachment.queries import attachments_on, count_on, get_attachment
from wss_cases.attachments.attachment.states import AttachmentKind
from wss_cases.attachments.handling import actions
from wss_cases.attachments.handling.rules import MOST, may_remove
from wss_cases.attachments.hosts.papers import papers_of
from wss_cases.attachments.hosts.queries import Host, agreement_of, host_of, in_pathway
from wss_cases.attachments.pages.forms import AttachForm, RemoveForm
from wss_cases.attachments.pages.presenters import list_of, paper_row, record_of, rows_of, size_words, title_of
from wss_cases.attachments.sealing.actions import flag
from wss_cases.foundation import clock
from wss_cases.foundation.dates import moment_words
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.forms import BaseForm
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.rooms import Shown
from wss_cases.pathways.common.queries import get_pathway
from wss_cases.pathways.common.views import kind_words, page_of

blueprint = Blueprint("attachments", __name__)
CAMERA = "camera=(self), geolocation=(), microphone=()"
SHOWN_ALONE = "default-src 'none'; sandbox"
SHOWN = 3
WAYS = ("GET", "POST")


@blueprint.route("/incidents/<int:incident_id>/files", methods=WAYS)
@gate(Permission.INCIDENT_READ)
def of_incident(incident_id: int) -> Page:
    """The files of a report; whoever reported it sees and adds their own."""
    actor = current_actor()
    return _list(actor, host_of(actor, "incident_id", incident_id))


@blueprint.route("/cases/<int:case_id>/pathways/<int:pathway_id>/consents/<int:consent_id>/files", methods=WAYS)
@gate(Permission.CASE_WORK)
def of_circle_consent(case_id: int, pathway_id: int, consent_id: int) -> Page:
    """The paper of a party's consent to a circle, for those who may know who said what."""
    actor = current_actor()
    return _list(actor, in_pathway(host_of(actor, "circle_consent_id", consent_id), case_id, pathway_id))


@blueprint.route(
    "/cases/<int:case_id>/pathways/<int:pathway_id>/referral-consents/<int:referral_consent_id>/files", methods=WAYS
)
@gate(Permission.CASE_WORK)
def of_referral_consent(case_id: int, pathway_id: int, referral_consent_id: int) -> Page:
    """The paper of a guardian's consent to a referral."""
    actor = current_actor()
    return _list(actor, in_pathway(host_of(actor, "referral_consent_id", referral_consent_id), case_id, pathway_id))


@blueprint.route("/cases/<int:case_id>/pathways/<int:pathway_id>/agreement/files", methods=WAYS)
@gate(Permission.CASE_READ)
def of_agreement(case_id: int, pathway_id: int) -> Page:
    """The signed sheet of an agreement, for its parties and keepers alone."""
    actor = current_actor()
    found = host_of(actor, "agreement_id", existing(agreement_of(pathway_id)))
    return _list(actor, in_pathway(found, case_id, pathway_id))


@blueprint.route("/discipline/<int:action_id>/files", methods=WAYS)
@gate(Permission.DISCIPLINE_READ)
def of_action(action_id: int) -> Page:
    """The notice of a discipline action as it went out."""
    actor = current_actor()
    return _list(actor, host_of(actor, "discipline_action_id", action_id))


@blueprint.route("/family-copies/<int:release_id>/files", methods=WAYS)
@gate(Permission.FAMILY_COPY_PREPARE)
def of_release(release_id: int) -> Page:
    """The papers of a family's request for a copy: the signed request, a power of attorney."""
    actor = current_actor()
    return _list(actor, host_of(actor, "family_release_id", release_id))


@blueprint.get("/cases/<int:case_id>/pathways/<int:pathway_id>/files")
@gate(Permission.CASE_WORK)
def of_pathway(case_id: int, pathway_id: int) -> str:
    """Where the papers of one pathway are: its consents and its agreement, as far as the actor reads them."""
    actor = current_actor()
    row = get_pathway(actor, case_id, pathway_id)
    papers = papers_of(actor, row)
    return render_template(
        "attachments/pages/pathway.html",
        case=row.case,
        back_href=page_of(row),
        kind=kind_words(row),
        rows=[paper_row(one, list_of(one.host)) for one in papers],
    )


@blueprint.get("/attachments/<int:attachment_id>")
@gate(Permission.ATTACHMENT_READ)
def attachment(attachment_id: int) -> str:
    """One file: a photo as it was drawn anew, a PDF as a download, and what can be done with it."""
    actor = current_actor()
    row, host = _stands(actor, attachment_id)
    zone = zone_of(host.school_id)
    return render_template(
        "attachments/pages/file.html",
        row=row,
        title=title_of(row),
        meta=moment_words(row.added_at, zone),
        size=size_words(row.size),
        is_photo=row.kind is AttachmentKind.PHOTO,
        closed=host.is_sexual,
        host=host,
        record_href=record_of(host),
        list_href=list_of(host),
        may_remove=may_remove(host, row, actor.user_id),
    )


@blueprint.get("/attachments/<int:attachment_id>/file")
@gate(Permission.ATTACHMENT_READ)
def file(attachment_id: int) -> Page:
    """The content itself, never kept by a browser; a PDF is downloaded and not shown."""
    content = actions.read_content(current_actor(), attachment_id, clock.now())
    is_photo = content.kind is AttachmentKind.PHOTO
    answer = Response(content.data, mimetype="image/jpeg" if is_photo else "application/pdf")
    manner, ending = ("inline", "jpg") if is_photo else ("attachment", "pdf")
    answer.headers["Content-Disposition"] = f'{manner}; filename="attachment-{attachment_id}.{ending}"'
    answer.headers["Content-Security-Policy"] = SHOWN_ALONE
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.route("/attachments/<int:attachment_id>/remove", methods=["GET", "POST"])
@gate(Permission.ATTACHMENT_READ)
def remove(attachment_id: int) -> Page:
    """Erase a file; a trace with the reason stays."""
    actor = current_actor()
    row, host = _stands(actor, attachment_id)
    if not may_remove(host, row, actor.user_id):
        raise NotFound
    form = RemoveForm()
    return form_page(
        form,
        lambda: actions.remove(submitted(form), attachment_id, form.why.data),
        with_flash(_("The file was removed."), list_of(host)),
        "attachments/pages/remove.html",
        **_context(host, row),
    )


@blueprint.route("/attachments/<int:attachment_id>/flag", methods=["GET", "POST"])
@gate(Permission.ATTACHMENT_READ)
def report_file(attachment_id: int) -> Page:
    """Say that a file may be a sexual image of a child: it closes at once for everyone."""
    row, host = _stands(current_actor(), attachment_id)
    form = BaseForm()
    return form_page(
        form,
        lambda: flag(submitted(form), attachment_id),
        with_flash(_("The file is sealed. Counsel and the Title IX coordinator are told."), list_of(host)),
        "attachments/pages/flag.html",
        **_context(host, row),
    )


def incident_panel(actor: Actor, incident: Incident) -> Shown | None:
    """Return the files of a report as they stand on its page; None where there are none and none may be added."""
    host = host_of(actor, "incident_id", incident.id)
    there = attachments_on(actor, "incident_id", incident.id)
    if not there and not host.may_add:
        return None
    live = [one for one in there if one.removed_at is None]
    return "attachments/pages/_panel.html", {
        "rows": rows_of(live[:SHOWN], zone_of(host.school_id)),
        "count": len(live),
        "href": list_of(host),
        "add": host.may_add and not host.is_sexual,
    }


def _list(actor: Actor, host: Host) -> Page:
    there = attachments_on(actor, host.name, host.record_id)
    form, address = AttachForm(), list_of(host)
    count, closed = count_on(host.name, host.record_id), host.is_sexual

    def act() -> int:
        actions.refuse_closed(host)
        contents = form.contents(request.files, count)
        return actions.add(submitted(form), host.name, host.record_id, contents, form.title.data or "")

    done = with_flash(_("The files are attached."), address)
    page = form_page(
        form, act, done, "attachments/pages/page.html", host=host, rows=rows_of(there, zone_of(host.school_id)),
        count=len([one for one in there if one.removed_at is None]), closed=closed, full=count >= MOST,
        title=host.title, record_href=record_of(host),
    )  # fmt: skip
    answer = make_response(page)
    answer.headers["Permissions-Policy"] = CAMERA
    return answer


def _stands(actor: Actor, attachment_id: int) -> tuple[Attachment, Host]:
    """Return a file that is neither removed nor sealed, and what it hangs on. Raises NotFound."""
    row = get_attachment(actor, attachment_id)
    if row.removed_at is not None or row.sealed_at is not None:
        raise NotFound
    return row, host_of(actor, *row.host)


def _context(host: Host, row: Attachment) -> dict[str, Any]:
    return {
        "host": host,
        "file_title": title_of(row),
        "record_href": record_of(host),
        "list_href": list_of(host),
        "back_href": url_for("attachments.attachment", attachment_id=row.id),
    }
