"""Adding, opening and removing files, and the panels of records with files."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Final

from flask import Response, make_response, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from wtforms import MultipleFileField

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.accounts.teams import user_names
from wss_cases.attachments import handling
from wss_cases.attachments.attachment import (
    Attachment,
    AttachmentKind,
    Host,
    Paper,
    agreement_of,
    attachments_on,
    count_on,
    get_attachment,
    host_of,
    in_pathway,
    papers_of,
)
from wss_cases.attachments.contents import FIELD, MOST_BYTES, Content, content_of
from wss_cases.attachments.handling import MOST, may_remove, refuse_too_many
from wss_cases.cases.case.actions import person_words
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, existing
from wss_cases.foundation.forms import BaseForm, LongText, NotBlank, PlainForm, ShortText
from wss_cases.foundation.i18n import _, _l, dotted, ngettext
from wss_cases.foundation.pages import Page, form_page, with_flash
from wss_cases.foundation.school_time import day_words_with_year, moment_words, zone_of
from wss_cases.incidents.incident.models import Incident
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Panel, Place, Room, Shown
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.pathways.common.pages import kind_words, page_of
from wss_cases.pathways.common.queries import get_pathway

TAKEN = (FIELD, "photo")
"""Form fields with files: chosen ones, and those from the camera."""


class AttachForm(BaseForm):
    photo = MultipleFileField(_l("Take a photo"))
    files = MultipleFileField(_l("Choose files"))
    title = ShortText(_l("What does it show?"), limit=120)

    def contents(self, sent: Any, there: int) -> list[Content]:
        """The content of the files sent. Raises Refused for the first invalid one; if there are too many, none is
        decoded."""
        files: list[FileStorage] = [one for name in TAKEN for one in sent.getlist(name) if one.filename]
        refuse_too_many(there, len(files))
        return [content_of(one.filename or "", one.stream.read(MOST_BYTES + 1)) for one in files]


class RemoveForm(PlainForm):
    why = LongText(_l("Why is it removed?"), [NotBlank(_l("Enter the reason in a sentence."))], limit=1000)


def title_of(attachment: Attachment) -> str:
    return attachment.title or str(AttachmentKind(attachment.kind).label)


def rows_of(attachments: Sequence[Attachment], zone: str) -> list[dict[str, Any]]:
    """Rows of a list; a removed or sealed file has no link and says why."""
    names = user_names([who for one in attachments for who in (one.added_by_id, one.removed_by_id)])
    return [_row(one, zone, names) for one in attachments]


def _row(one: Attachment, zone: str, names: dict[int, str]) -> dict[str, Any]:
    gone = one.removed_at is not None
    stands = not gone and one.sealed_at is None
    meta = dotted(
        AttachmentKind(one.kind).label if one.title else "",
        size_words(one.size) if stands else "",
        _("%(name)s, %(when)s", name=names.get(one.added_by_id, ""), when=moment_words(one.added_at, zone)),
    )
    if gone:
        when = moment_words(one.removed_at, zone)
        meta = dotted(meta, _("removed by %(name)s, %(when)s", name=names.get(one.removed_by_id or 0, ""), when=when))
        meta = dotted(meta, one.removed_why)
    return {
        "title": title_of(one),
        "href": url_for("attachments.attachment", attachment_id=one.id) if stands else None,
        "meta": meta,
        "tag": _("Removed") if gone else "" if stands else _("Sealed"),
        "tone": "slate" if gone else "brick",
    }


def paper_row(paper: Paper, href: str) -> dict[str, Any]:
    """A consent or agreement as a row: what, whose, since when, and its number of files."""
    whose = person_words(paper.participant) if paper.participant is not None else ""
    return {
        "title": paper.host.title,
        "href": href,
        "meta": dotted(whose, day_words_with_year(paper.day)),
        "tag": ngettext("%(num)d file", "%(num)d files", paper.count),
        "tone": "moss" if paper.count else "slate",
    }


def size_words(size: int) -> str:
    if size < 1024**2:
        return _("%(num)d KB", num=max(1, size // 1024))
    return _("%(num)s MB", num=f"{size / 1024**2:.1f}")


def record_of(host: Host) -> str:
    if host.pathway_id is not None:
        return url_for("pathways.pathway", case_id=host.case_id, pathway_id=host.pathway_id)
    if host.name == "incident_id":
        return url_for("incidents.incident", incident_id=host.record_id)
    if host.name == "discipline_action_id":
        return url_for("discipline.action", action_id=host.record_id)
    return url_for("family_copies.draft", release_id=host.record_id)


PATHWAY = "/cases/<int:case_id>/pathways/<int:pathway_id>"
FILES: Final = {
    "incident_id": ("of_incident", "incident_id", "/incidents/<int:incident_id>/files", Permission.INCIDENT_READ),
    "circle_consent_id": (
        "of_circle_consent", "consent_id", f"{PATHWAY}/consents/<int:consent_id>/files", Permission.CASE_WORK,
    ),
    "referral_consent_id": (
        "of_referral_consent", "referral_consent_id",
        f"{PATHWAY}/referral-consents/<int:referral_consent_id>/files", Permission.CASE_WORK,
    ),
    "agreement_id": ("of_agreement", "", f"{PATHWAY}/agreement/files", Permission.CASE_READ),
    "discipline_action_id": ("of_action", "action_id", "/discipline/<int:action_id>/files", Permission.DISCIPLINE_READ),
    "family_release_id": (
        "of_release", "release_id", "/family-copies/<int:release_id>/files", Permission.FAMILY_COPY_PREPARE,
    ),
}  # fmt: skip
"""The page of each record's files: its endpoint, the name of the record's id in its address, the address, and who may
open it. An agreement is found by its pathway."""


def list_of(host: Host) -> str:
    endpoint, name, _rule, _permission = FILES[host.name]
    ids: dict[str, Any] = {"case_id": host.case_id, "pathway_id": host.pathway_id, name: host.record_id}
    return url_for(f"attachments.{endpoint}", **{key: value for key, value in ids.items() if key and value is not None})


def _trail(shown: tuple[Attachment, Host]) -> list[tuple[Any, str]]:
    host = shown[1]
    return [(host.title, record_of(host)), (_("Attachments"), list_of(host))]


pages = Pages("attachments", __name__, trail=_trail)
CAMERA = "camera=(self), geolocation=(), microphone=()"
SHOWN_ALONE = "default-src 'none'; sandbox"
SHOWN = 3


def _list_page(name: str, permission: Permission) -> Callable[..., Page]:
    @gate(permission)
    def files(case_id: int = 0, pathway_id: int = 0, **record: int) -> Page:
        actor = current_actor()
        record_id = next(iter(record.values())) if record else existing(agreement_of(pathway_id))
        host = host_of(actor, name, record_id)
        return _list(actor, in_pathway(host, case_id, pathway_id) if pathway_id else host)

    return files


for _name, (_endpoint, _id, _rule, _permission) in FILES.items():
    pages.add_url_rule(_rule, _endpoint, _list_page(_name, _permission), methods=["GET", "POST"])


@pages.get("/cases/<int:case_id>/pathways/<int:pathway_id>/files")
@gate(Permission.CASE_WORK)
def of_pathway(case_id: int, pathway_id: int) -> str:
    """The signed documents of a pathway that the actor may see: consents and agreement."""
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


@pages.get("/attachments/<int:attachment_id>")
@gate(Permission.ATTACHMENT_READ)
def attachment(attachment_id: int) -> str:
    """One file: a photo shown re-encoded, a PDF as a download; and what can be done with it."""
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


@pages.get("/attachments/<int:attachment_id>/file")
@gate(Permission.ATTACHMENT_READ)
def file(attachment_id: int) -> Page:
    """The content, never cached by a browser; a PDF is downloaded and not shown."""
    content = handling.read_content(current_actor(), attachment_id, clock.now())
    is_photo = content.kind is AttachmentKind.PHOTO
    answer = Response(content.data, mimetype="image/jpeg" if is_photo else "application/pdf")
    manner, ending = ("inline", "jpg") if is_photo else ("attachment", "pdf")
    answer.headers["Content-Disposition"] = f'{manner}; filename="attachment-{attachment_id}.{ending}"'
    answer.headers["Content-Security-Policy"] = SHOWN_ALONE
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _stands(actor: Actor, attachment_id: int) -> tuple[Attachment, Host]:
    """A file that is neither removed nor sealed, and its record. Raises NotFound."""
    row = get_attachment(actor, attachment_id)
    if row.removed_at is not None or row.sealed_at is not None:
        raise NotFound
    return row, host_of(actor, *row.host)


def _removable(actor: Actor, attachment_id: int) -> tuple[Attachment, Host]:
    row, host = _stands(actor, attachment_id)
    if not may_remove(host, row, actor.user_id):
        raise NotFound
    return row, host


@pages.act(
    "/attachments/<int:attachment_id>/remove", Subject(Attachment, _removable, row=itemgetter(0)), RemoveForm,
    Permission.ATTACHMENT_READ, title=_l("Remove this file"), button=_l("Remove this file"), boxed=False,
    lede=lambda shown: _(
        "“%(title)s” is erased. Who removed it, when and why stays in the record.", title=title_of(shown[0])
    ),
    then=lambda shown, _id: list_of(shown[1]), done=_l("The file was removed."),
    more=lambda shown, _form: {"back_href": url_for("attachments.attachment", attachment_id=shown[0].id)},
)  # fmt: skip
def remove(uow: UnitOfWork, row: Attachment, form: RemoveForm) -> None:
    handling.remove(uow, row, form.why.data)


@pages.act(
    "/attachments/<int:attachment_id>/flag", Subject(Attachment, _stands, row=itemgetter(0)), PlainForm,
    Permission.ATTACHMENT_READ, endpoint="report_file", title=_l("Seal this file"), button=_l("Seal this file"),
    boxed=False, lede=lambda shown: title_of(shown[0]), then=lambda shown, _id: list_of(shown[1]),
    done=_l("The file is sealed. Counsel and the Title IX coordinator are told."),
    template="attachments/pages/flag.html", more=lambda _shown, _form: {"grave": True},
)  # fmt: skip
def report_file(uow: UnitOfWork, row: Attachment, _form: PlainForm) -> None:
    """Report that a file may be a sexual image of a child; it is sealed at once for everyone."""
    handling.flag(uow, row)


def incident_panel(actor: Actor, incident: Incident) -> Shown | None:
    """The files on a report's page; None if there are none and none may be added."""
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
        handling.refuse_closed(host)
        contents = form.contents(request.files, count)
        return handling.add(submitted(form), host.name, host.record_id, contents, form.title.data or "")

    done = with_flash(_("The files are attached."), address)
    page = form_page(
        form, act, done, "attachments/pages/page.html", host=host, rows=rows_of(there, zone_of(host.school_id)),
        count=len([one for one in there if one.removed_at is None]), closed=closed, full=count >= MOST,
        title=host.title, record_href=record_of(host),
    )  # fmt: skip
    answer = make_response(page)
    answer.headers["Permissions-Policy"] = CAMERA
    return answer


ROOM = Room(pages=(pages,), panels=(Panel(Place.INCIDENT, 8, incident_panel),))
