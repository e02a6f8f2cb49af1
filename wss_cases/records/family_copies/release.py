"""Handing a copy on, the files that go with it, releasing it by a second person, and the copy as it was released."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy import select
from wtforms import SelectMultipleField

from wss_cases.access.actor import SYSTEM, Actor, Role
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.grants import holders
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.accounts.teams import user_names
from wss_cases.attachments.attachment import Attachment, visible_to
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, NotBlank, PlainForm, ShortText, choices
from wss_cases.foundation.i18n import _, _l, force_locale
from wss_cases.foundation.pages import Page, form_page, link, with_flash
from wss_cases.foundation.school_time import day_words_with_year, local_date, moment_words, today_at, zone_of
from wss_cases.incidents.incident.queries import parties_of
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.message_kinds import Mail, MessageKind, leads_to
from wss_cases.journal.models import AuditEntry, OutboxMessage
from wss_cases.journal.rooms import DeputyLooks, ForDeputy, Room, SecondLook
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.records.family_copies import draft as family_copies_draft
from wss_cases.records.family_copies.copy.models import (
    KEEP,
    OPEN,
    FamilyRelease,
    FamilyReleaseCopy,
    KeptWhy,
    Manner,
    Part,
    ReleaseState,
    digest,
)
from wss_cases.records.family_copies.copy.pages import (
    FILE,
    copy_of,
    deputys_yes,
    draft_of,
    files_of,
    get_release,
    held_back,
    load_release,
    prints,
    shown_to,
    student_of,
    words_of,
)
from wss_cases.records.family_copies.draft import (
    MAIL,
    DraftForm,
    ReleaseForm,
    check_decided,
    check_same,
    draft_page,
    hand_on,
    head_of,
    release,
    row_words,
)
from wss_cases.records.family_copies.request import allow, close_follow_up, record, refuse_ended, to_draft
from wss_cases.roster.directory.queries import get_school


def files_on(actor: Actor, release: FamilyRelease) -> list[Attachment]:
    """Return the files on the reports of a copy that the actor sees and that stand: never those of a consent or an
    agreement."""
    stand = select(Attachment).where(
        Attachment.incident_id.in_(release.incident_ids),
        Attachment.removed_at.is_(None),
        Attachment.sealed_at.is_(None),
    )
    return list(db.session.scalars(visible_to(stand, actor).order_by(Attachment.id)))


def opened_by(user_id: int | None, attachment_ids: Collection[int]) -> set[int]:
    """Return which of these files somebody has opened."""
    opened = select(AuditEntry.object_id).where(
        AuditEntry.action == "attachment.opened",
        AuditEntry.object_type == Attachment.__tablename__,
        AuditEntry.object_id.in_(sorted(attachment_ids)),
        AuditEntry.actor_id == user_id,
    )
    return {number for number in db.session.scalars(opened) if number is not None}


class FilesForm(PlainForm):
    """Which files go with it."""

    files = SelectMultipleField(
        _l("Which files go with the copy?"), choices=[], coerce=int, validate_choice=False,
        description=_l("Only files that show and name no other child. Open each one first."),
    )  # fmt: skip


def _offer(row: FamilyRelease, form: FilesForm) -> dict[str, Any]:
    """Offer the files on the reports, each with its address to open it first."""
    there = files_on(current_actor(), row)
    named = [(one.id, _("%(title)s (file %(number)d)", title=words_of(one), number=one.id)) for one in there]
    form.files.choices = choices(named)
    return {"files": [(words, url_for("attachments.attachment", attachment_id=number)) for number, words in named]}


file_pages = Pages("family_copy_files", __name__)


@file_pages.act(
    "/family-copies/<int:release_id>/choose-files", Subject(FamilyRelease, get_release), FilesForm,
    Permission.FAMILY_COPY_PREPARE, endpoint="choose", template="records/family_copies/files/choose.html", boxed=False,
    title=_l("Files that go with the copy"), button=_l("Save"), lede=lambda row: student_of(row).shown_name,
    start=lambda row: {"files": [one.id for one in files_of(row)]}, more=_offer, trail=to_draft,
    then=lambda row, _answer: to_draft(row)[0][1], done=_l("Saved."),
)  # fmt: skip
def choose_files(uow: UnitOfWork, row: FamilyRelease, form: FilesForm) -> None:
    """Say which files go with a copy; whatever was handed on goes back to being prepared.

    Raises NotFound for a file of another record, Refused for one that the actor has not opened.
    """
    refuse_ended(row)
    chosen = set(form.files.data)
    if not chosen <= {one.id for one in files_on(uow.actor, row)}:
        raise NotFound
    added = chosen - {one.id for one in files_of(row)}
    if added - opened_by(uow.actor.user_id, added):
        raise Refused("files", _("Open each file before you choose it: no program finds another child in a photo."))
    row.parts = [
        *(part for part in row.parts if not part.startswith(FILE)),
        *(f"{FILE}{number}" for number in sorted(chosen)),
    ]
    if row.state is ReleaseState.HANDED_ON:
        row.state = ReleaseState.PREPARING
    record(uow, row, "looked_through")


ANSWERED = "family_copy.answered"


def _still_waits(message: OutboxMessage, actor: Actor) -> bool:
    row = load_release(message.object_id)
    waits = row is not None and row.state is ReleaseState.HANDED_ON
    return waits and can(actor, Permission.FAMILY_COPY_RELEASE, row)


def _answer(message: OutboxMessage, actor: Actor) -> Mail:
    row = load_release(message.object_id)
    yes = row is not None and deputys_yes(row) is not None
    words = (
        _("The deputy agreed. Release it now, and record how it reaches the family.")
        if yes
        else _("The deputy did not agree. Review the copy again, and hand it over again.")
    )
    subject = _("The network’s deputy answered about a copy for a family")
    return Mail(subject, [words], link(f"/family-copies/{message.object_id}"))


def _still_open(message: OutboxMessage, actor: Actor) -> bool:
    row = load_release(message.object_id)
    return row is not None and row.state in OPEN and can(actor, Permission.FAMILY_COPY_PREPARE, row)


MESSAGES = (
    MessageKind(
        MAIL,
        leads_to(
            "/family-copies/{id}",
            _l("A copy for a family is waiting for you"),
            _l("A copy of a record was reviewed and is waiting for a second person: you read it and release it."),
            go=_l("Open the copy"),
        ),
        _still_waits,
    ),
    MessageKind(ANSWERED, _answer, _still_open),
)


def asks(row: FamilyRelease, now: datetime) -> SecondLook:
    """Return who handed a copy on, the administrators who may release it, no party to a report in it
    among them, and who else decided about a place of it."""
    administrators = {
        number for number, _name in holders(Role.ADMINISTRATOR, row.school_id, today_at(row.school_id, now))
    }
    deciders = {int(each["by"]) for each in row.decisions.values() if each.get("by") is not None}
    school = administrators - deciders - {row.handed_on_by_id or 0} - parties_of(*reports_of(row))
    return SecondLook(row.handed_on_by_id, row.handed_on_at or row.prepared_at, school, deciders)


def waiting() -> list[FamilyRelease]:
    handed_on = select(FamilyRelease).where(FamilyRelease.state == ReleaseState.HANDED_ON).order_by(FamilyRelease.id)
    return [row for row in db.session.scalars(handed_on).all() if deputys_yes(row) is None]


def reports_of(row: FamilyRelease) -> list[int]:
    return [int(number) for number in row.incident_ids]


def for_deputy(row: FamilyRelease) -> ForDeputy | None:
    """Return what the deputy must know to agree to a copy: for whom it is and until when, what the family would get,
    and what was kept on purpose. Nothing of a copy that is no more as it was handed on: it may name another child."""
    if row.state is not ReleaseState.HANDED_ON or deputys_yes(row) is not None:
        return None
    draft, title = draft_of(row), _("A copy of a record for a family")
    rows = [
        (_("Student"), student_of(row).shown_name),
        (_("Asked for by"), row.asked_name),
        (_("Due"), day_words_with_year(row.due_on)),
        (_("You are asked to agree that"), _("The family gets it exactly as shown here")),
    ]
    if draft.changed_since(row.seen) or draft.undecided or draft.left:
        words = _("The record changed since it was reviewed. Do not agree, so that the school reviews it again.")
        return ForDeputy(title, rows, [words])
    if Part.CASE in row.parts:
        rows.append((_("Not shown here"), _("Lines that only a coordinator may read. The family gets them too.")))
    kept = [f"“{mark.found.words}”: {KeptWhy(mark.why).label}" for mark in draft.all_marks if mark.done == KEEP]
    if kept:
        rows.append((_("Kept on purpose"), "; ".join(kept)))
    sections = [
        (section["title"], [(label or _("Note to the family"), text) for label, text in section["lines"]])
        for section in draft.content()
    ]
    return ForDeputy(title, rows, [], sections, row.language)


def settle(uow: UnitOfWork, row: FamilyRelease, agrees: bool) -> None:
    """Let the school release a copy that the deputy agreed to, or look it through again; who handed it on is told."""
    if agrees:
        if held_back(SYSTEM, row.incident_ids):  # which report, and why, is not hers to know
            raise Refused("", _("This copy cannot go to the family from here. The school asks the district’s counsel."))
        draft = draft_of(row)
        check_same(row, draft)
        check_decided(draft)
    else:
        row.state = ReleaseState.PREPARING
    record(uow, row, "seconded" if agrees else "sent_back")
    if row.handed_on_by_id is not None:
        uow.notify(row.handed_on_by_id, ANSWERED, row, f"{ANSWERED}:{row.id}:{uow.now.isoformat()}")


pages = Pages("family_copy_acts", __name__, url_prefix="/family-copies/<int:release_id>")


@pages.post("/hand-on")
@gate(Permission.FAMILY_COPY_PREPARE)
def give(release_id: int) -> Page:
    """Hand a draft to the administrator; what is undecided is named on the draft's page."""
    actor = current_actor()
    row, form = get_release(actor, release_id), BaseForm()
    shown = DraftForm(None, by_hand="\n".join(row.by_hand), version=str(row.version))
    return form_page(
        form,
        lambda: hand_on(submitted(form), release_id),
        with_flash(_("It waits for a second person now."), url_for("family_copies.draft", release_id=release_id)),
        "records/family_copies/draft/draft.html",
        draft_form=shown,
        **draft_page(actor, row, draft_of(row, actor)),
    )


@pages.route("/release", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.FAMILY_COPY_RELEASE)
def let_go(release_id: int) -> Page:
    """Read what the family would get, and release it."""
    row = get_release(current_actor(), release_id)
    if row.state is ReleaseState.RELEASED:
        return redirect(url_for("family_copy_acts.copy", release_id=release_id), 303)
    return _release_page(row, release)


@pages.route("/hand-over", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.FAMILY_COPY_PREPARE)
def hand_over(release_id: int) -> Page:
    """Release what the network's deputy agreed to, where nobody else of the school may."""
    row = get_release(current_actor(), release_id)
    existing(deputys_yes(row))
    return _release_page(row, family_copies_draft.hand_over)


def _release_page(row: FamilyRelease, act: Callable[..., int]) -> Page:
    actor = current_actor()
    made, form = draft_of(row, actor), ReleaseForm(version=str(row.version))
    return form_page(
        form,
        lambda: act(submitted(form), row.id, manner=Manner(form.manner.data), identity=form.identity.data or ""),
        with_flash(
            _("Released. What was released is kept as it is."), url_for("family_copy_acts.copy", release_id=row.id)
        ),
        "records/family_copies/release/release.html",
        **head_of(row),
        sections=made.content(),
        is_printed_by_another=not prints(actor, row),
        kept=[(mark.found.words, KeptWhy(mark.why).label) for mark in made.all_marks if mark.done == KEEP],
    )


class WithdrawForm(PlainForm):
    """Why a request ends without a copy."""

    why = ShortText(_l("Why it ends without a copy"), [NotBlank(_l("Explain why."))], limit=300)


def _head(row: FamilyRelease) -> str:
    head = row_words(row)
    return f"{head['title']} · {head['meta']}"


@pages.act(
    "/withdraw", Subject(FamilyRelease, get_release), WithdrawForm, Permission.FAMILY_COPY_PREPARE, endpoint="end",
    title=_l("End the request without a copy"), button=_l("End the request"), lede=_head, boxed=False, trail=to_draft,
    more=lambda _row, _form: {"grave": True},
    then=lambda row, _answer: url_for("family_copies.student", student_id=row.student_id),
)  # fmt: skip
def withdraw(uow: UnitOfWork, row: FamilyRelease, form: WithdrawForm) -> None:
    """End a request without a copy, with a reason."""
    refuse_ended(row)
    allow(row, ReleaseState.WITHDRAWN)
    row.state, row.withdrawn_why = ReleaseState.WITHDRAWN, form.why.data.strip()
    record(uow, row, "withdrawn")
    close_follow_up(uow, row, "not_possible", row.withdrawn_why)


@pages.get("/copy")
@gate(Permission.FAMILY_COPY_PREPARE)
def copy(release_id: int) -> Page:
    """What was released, on screen with how; with `paper` the sheet itself, in its own language."""
    actor = current_actor()
    row = get_release(actor, release_id)
    stored_copy = copy_of(row)
    values: dict[str, Any] = {"release": row, "copy": shown_to(actor, row, stored_copy)}
    if "paper" not in request.args:
        values["is_printed_by_another"] = not prints(actor, row)
        return render_template("records/family_copies/release/copy.html", **values, **_register(row, stored_copy))
    if not prints(actor, row):
        raise NotFound
    school = get_school(row.school_id)
    zone = zone_of(row.school_id)
    with force_locale(row.language):
        return render_template(
            "records/family_copies/release/sheet.html",
            **values,
            school=school.name if school else "",
            asked_on=day_words_with_year(row.asked_on),
            released_on=day_words_with_year(local_date(stored_copy.made_at, zone)),
        )


def _register(row: FamilyRelease, stored_copy: FamilyReleaseCopy) -> dict[str, Any]:
    zone = zone_of(row.school_id)
    names = user_names([row.released_by_id, row.handed_on_by_id])
    return {
        "student": student_of(row),
        "files": [(words_of(one), url_for("attachments.attachment", attachment_id=one.id)) for one in files_of(row)],
        "is_whole": digest(stored_copy.text) == stored_copy.sha256,
        "rows": [
            {"label": _("Asked for by"), "value": row.asked_name},
            {"label": _("Asked on"), "value": day_words_with_year(row.asked_on)},
            {"label": _("What they want it for"), "value": row.purpose},
            {"label": _("Reviewed by"), "value": names.get(row.handed_on_by_id or 0, _("The system"))},
            {"label": _("Released by"), "value": names.get(row.released_by_id or 0, _("The system"))},
            {"label": _("Released"), "value": moment_words(row.released_at, zone)},
            {"label": _("How it reached them"), "value": str(Manner(row.manner).label) if row.manner else ""},
            {"label": _("How the school knew the person who took it"), "value": row.identity},
            {"label": _("Seal of the text (SHA-256)"), "value": stored_copy.sha256},
        ],
    }


ROOM = Room(
    pages=(file_pages, pages),
    messages=MESSAGES,
    deputy_looks={"family_release": DeputyLooks(for_deputy, settle, waiting, asks, reports_of)},
)
