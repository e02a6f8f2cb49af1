"""The retention schedule: its rows, cleaning what is past its days, and the reviews of students' records."""

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from sqlalchemy import ColumnElement, and_, delete, func, or_, select, union_all

from wss_cases.access.actor import SYSTEM, Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, might
from wss_cases.accounts.credentials import FRESH_MINUTES
from wss_cases.accounts.sign_in.sessions.pages import fresh_within
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import NotFound, Refused, refuse_blank
from wss_cases.foundation.i18n import _
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.pages import Page, form_page, panel_card, with_flash
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.foundation.settings import setting
from wss_cases.intake.offline.models import erase_unfiled
from wss_cases.journal.dated_settings import end_before, newest_row, period_words
from wss_cases.journal.models import OutboxState
from wss_cases.journal.rooms import Panel, Place, Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case
from wss_cases.pathways.legal_holds import is_student_held
from wss_cases.records.retention.core.pages import (
    EVENT_LABELS,
    FLOORS,
    KIND_LABELS,
    MOST,
    Decision,
    DecisionForm,
    Part,
    RecordReview,
    RetentionRule,
    ReviewWhy,
    RuleForm,
    Unit,
)
from wss_cases.records.retention.core.queries import (
    PAGE,
    Looked,
    get_looked,
    latest_keep,
    rules_on,
    schedule_rows,
    still_open,
    to_review,
)
from wss_cases.records.retention.deletion.pages import add_to_deletion
from wss_cases.records.retention.reach import ABOUT_STUDENTS, TABLES, table
from wss_cases.roster.directory.models import Student

AT_ONCE = 1000
"""Rows of one table that one commit takes."""
ENDED = (OutboxState.SENT, OutboxState.FAILED, OutboxState.DROPPED)
CLEANED = (
    *("incident_draft", "user_session", "sign_in_attempt", "questionnaire_guess", "invitation"),
    *("request_key", "outbox_message", "webhook_delivery", "push_delivery", "import_run", "export_record"),
    *("board_report", "plan_pdf", "roster_upload", "training_file"),
)
KIND_OF = {
    "incident_draft": "draft",
    "user_session": "session",
    "sign_in_attempt": "sign_in",
    "questionnaire_guess": "sign_in",
    "invitation": "link",
    "request_key": "request_key",
    "outbox_message": "mail",
    "webhook_delivery": "mail",
    "push_delivery": "mail",
    "import_run": "import",
    "roster_upload": "import",
    "training_file": "import",
    "export_record": "export",
    "board_report": "board_report",
    "plan_pdf": "board_report",
}
"""Which row of the schedule each table goes by."""


def old_rows(name: str, before: datetime) -> ColumnElement[bool]:
    """Return which rows of a table are over and older than an instant."""
    one = table(name).c
    if name == "user_session":
        return or_(one.expires_at < before, one.revoked_at < before)
    if name == "invitation":
        return or_(one.expires_at < before, one.used_at < before)
    if name in ("outbox_message", "webhook_delivery", "push_delivery"):
        return and_(one.created_at < before, one.state.in_(ENDED))
    if name == "import_run":
        # the health page says when the last one was, and a feed is known by the last roster that came from it
        newest = select(func.max(one.id)).group_by(one.kind)
        feeds = select(func.max(one.id)).where(one.kind == "oneroster", one.landed).group_by(one.source)
        return and_(one.started_at < before, one.id.not_in(newest), one.id.not_in(feeds))
    day: dict[str, Any] = {
        "incident_draft": "updated_at",
        "export_record": "made_at",
        "board_report": "asked_at",
        "plan_pdf": "asked_at",
        "roster_upload": "made_at",
        "training_file": "made_at",
    }
    column: ColumnElement[datetime] = one[day.get(name, "at")]
    return column < before


def clean(now: datetime, share: Share = WHOLE) -> dict[str, int]:
    """Delete what is past its days; returns how many rows of each table, and how many files, went.

    Where the share of a tick is over, the next call goes on; each gets something of every table done.
    """
    rules = rules_on(today_at(None, now))
    counts: Counter[str] = Counter()
    waiting = {name: rules[KIND_OF[name]].keep for name in CLEANED if KIND_OF[name] in rules}
    while waiting and share.goes_on():
        for name, keep in list(waiting.items()):
            gone = _clean_table(name, now - timedelta(days=keep), now)
            counts[name] += gone
            if gone < AT_ONCE:
                del waiting[name]
    if rule := rules.get("mail_file"):
        counts["mail_file"] = _clean_files(Path(setting("MAIL_FOLDER")), now - timedelta(days=rule.keep), now)
    if rule := rules.get("offline_entry"):
        counts["offline_entry"] = erase_unfiled(now, rule.keep, share.anew())
    return {name: count for name, count in counts.items() if count}


def _clean_table(name: str, before: datetime, now: datetime) -> int:
    one = table(name)
    db.session.remove()
    old = select(one.c.id).where(old_rows(name, before)).order_by(one.c.id).limit(AT_ONCE)
    ids = list(db.session.scalars(_old_mails(before) if name == "outbox_message" else old))
    if not ids:
        return 0
    with unit_of_work(SYSTEM, now) as uow:
        for start in range(0, len(ids), 500):
            uow.session.execute(delete(one).where(one.c.id.in_(ids[start : start + 500])))
        uow.audit("retention.cleaned", name, None, {"count": [None, len(ids)]})
    return len(ids)


def _old_mails(before: datetime) -> Any:
    """Return which mails go: a mail about a record goes with that record, so that a hold keeps it, and no reminder is
    queued a second time.

    Asked of each kind of thing by itself, the oldest first: years of mails about records are not read to find them.
    """
    one = table("outbox_message")
    old = (
        select(one.c.id)
        .where(one.c.object_type == name, old_rows(one.name, before))
        .order_by(one.c.created_at)
        .limit(AT_ONCE)
        .subquery()
        for name in sorted(TABLES.keys() - set(ABOUT_STUDENTS))
    )
    return union_all(*(select(part.c.id) for part in old)).limit(AT_ONCE)


def _clean_files(folder: Path, before: datetime, now: datetime) -> int:
    gone = 0
    for file in folder.glob("*.eml") if folder.is_dir() else ():
        if file.stat().st_mtime < before.timestamp():
            file.unlink(missing_ok=True)
            gone += 1
    if gone:
        with unit_of_work(SYSTEM, now) as uow:
            uow.audit("retention.cleaned", "mail_file", None, {"count": [None, gone]})
    return gone


@use_case
def change_rule(
    uow: UnitOfWork, code: str, *, keep: int, source: str, is_confirmed: bool, starts_on: date, seen_id: int | None
) -> int:
    """Put a new row of the schedule in force from a day on. It deletes nothing. Returns the new row's id.

    Raises NotFound for a kind that there is none of, Refused below the floor of its part, for a day that is past or
    not after the newest row's, and when somebody changed it since.
    """
    newest: RetentionRule = newest_row(uow, RetentionRule, code, Permission.RETENTION_EDIT, starts_on, seen_id)
    _check(newest.part, keep, source)
    end_before(uow, newest, starts_on, "retention.rule_ended")
    row = uow.add(
        RetentionRule(
            code=code, part=newest.part, keep=keep, unit=newest.unit, counted_from=newest.counted_from,
            source=source.strip(), is_confirmed=is_confirmed, starts_on=starts_on, ends_on=None,
        )
    )  # fmt: skip
    uow.record(row, "retention.rule_changed", code=code, day=starts_on.isoformat())
    return row.id


def _check(part: Part, keep: int, source: str) -> None:
    if keep < FLOORS[part]:
        words = {
            Part.TEMPORARY: _("A temporary record is kept at least 5 years after the student left."),
            Part.PERMANENT: _("A permanent record is kept at least 60 years after the student left."),
            Part.RUNNING: _("Enter at least one day."),
        }
        raise Refused("keep", words[part])
    if keep > MOST[part]:
        raise Refused("keep", _("Enter at most %(most)d.", most=MOST[part]))
    refuse_blank("source", source, _("Enter where this comes from."))


@use_case
def decide(uow: UnitOfWork, student_id: int, *, decision: Decision, reason: str, keep_until: date | None) -> int:
    """Keep a student's record until a day, with a reason, or propose that it is deleted. Returns the review's id.

    Raises NotFound for who does not decide about it; Refused to delete what may not go yet, what a hold keeps, and
    what is not at its end; to keep without a reason, or for longer than until the next look.
    """
    uow.session.get(Student, student_id, with_for_update=True)
    today = today_at(None, uow.now)
    looked = get_looked(uow.actor, student_id, today)
    row = RecordReview(
        student_id=student_id, school_id=looked.school_id, why=looked.why, decision=decision,
        reason=reason.strip(), keep_until=keep_until if decision is Decision.KEEP else None,
        decided_on=today, decided_at=uow.now, decided_by_id=uow.actor.user_id,
    )  # fmt: skip
    if decision is Decision.KEEP:
        _check_keeping(row, today)
    else:
        part = looked.due.part_on(today)
        _check_deleting(student_id, part)
        assert part is not None
        add_to_deletion(uow, looked.school_id, student_id, part)
    uow.add(row)
    changes = {
        "decision": [None, decision.value],
        "why": [None, row.why.value],
        "keep_until": [None, row.keep_until.isoformat() if row.keep_until else None],
    }
    uow.audit("record.reviewed", "student", student_id, changes)
    return row.id


def _check_keeping(row: RecordReview, today: date) -> None:
    if not row.reason:
        raise Refused("reason", _("Enter the reason it is kept."))
    if row.keep_until is None or not today < row.keep_until <= latest_keep(today):
        raise Refused("keep_until", _("Choose a day to come, at most four years ahead."))


def _check_deleting(student_id: int, part: Part | None) -> None:
    if part is None:
        raise Refused("decision", _("It may not be deleted yet. Keep it until a date."))
    if is_student_held(student_id):
        raise Refused("decision", _("A hold is open: nothing in this record is deleted until it is released."))
    if still_open(student_id):
        raise Refused("decision", _("A report, a case or a legal duty of this student is still open."))


blueprint = Blueprint("retention", __name__, url_prefix="/records")


@blueprint.get("/schedule")
@gate(Permission.RETENTION_READ)
def schedule() -> Page:
    """Every row of the schedule, in force or not, by kind."""
    rows: dict[str, list[dict[str, Any]]] = {}
    parts: dict[str, Part] = {}
    for row in schedule_rows():
        rows.setdefault(row.code, []).insert(0, _rule_words(row))
        parts[row.code] = row.part
    groups = [
        {
            "part": Part(part).label,
            "kinds": [
                {"code": code, "what": KIND_LABELS[code], "rows": rows[code]}
                for code in KIND_LABELS
                if parts.get(code) is part
            ],
        }
        for part in Part
    ]
    return render_template(
        "records/retention/schedule/rules.html",
        groups=groups,
        may_edit=might(current_actor(), Permission.RETENTION_EDIT),
    )


def _rule_words(row: RetentionRule) -> dict[str, Any]:
    return period_words(row, today_at(None, clock.now())) | {
        "keep": f"{row.keep} {Unit(row.unit).label} {EVENT_LABELS[row.counted_from]}",
        "source": row.source,
        "confirmed": row.is_confirmed,
    }


@blueprint.route("/schedule/<code>", methods=["GET", "POST"])
@fresh_within(FRESH_MINUTES)
@gate(Permission.RETENTION_EDIT)
def rule(code: str) -> Page:
    """Put a new row in force for one kind from a day on."""
    actor, rows = current_actor(), schedule_rows(code)
    if not rows or not can(actor, Permission.RETENTION_EDIT, rows[-1]):
        raise NotFound
    newest = rows[-1]
    form = RuleForm(
        seen_id=newest.id,
        starts_on=today_at(None, clock.now()),
        keep=newest.keep,
        source=newest.source,
        confirmed="yes" if newest.is_confirmed else "no",
    )

    def act() -> int:
        return change_rule(
            submitted(form),
            code,
            keep=form.keep.data,
            source=form.source.data or "",
            is_confirmed=form.confirmed.data == "yes",
            starts_on=form.starts_on.data,
            seen_id=form.seen,
        )

    unit = f"{Unit(newest.unit).label} {EVENT_LABELS[newest.counted_from]}"
    return form_page(
        form,
        act,
        with_flash(_("The new row is saved. It deletes nothing."), url_for("retention.schedule")),
        "records/retention/schedule/rule.html",
        what=KIND_LABELS.get(code, code),
        unit=unit,
    )


@blueprint.get("/reviews")
@gate(Permission.RECORD_REVIEW)
def reviews() -> Page:
    """The records of the actor's schools that are to be looked at."""
    after = id_in(request.args.get("after")) or 0
    records = to_review(current_actor(), today_at(None, clock.now()), after, PAGE + 1)
    more = len(records) > PAGE
    return render_template(
        "records/retention/schedule/reviews.html",
        rows=[_line(looked) for looked in records[:PAGE]],
        first=url_for("retention.reviews") if after else None,
        more=url_for("retention.reviews", after=records[PAGE - 1].student.id) if more else None,
    )


def _line(looked: Looked) -> dict[str, Any]:
    part, due = looked.due.part_on(today_at(None, clock.now())), looked.due.temporary
    if part is Part.PERMANENT:
        words = _("All of it may be deleted now")
    elif part is Part.TEMPORARY:
        words = _("The temporary record may be deleted since %(day)s", day=day_words_with_year(due))
    elif due is not None:
        words = _("The temporary record may be deleted from %(day)s", day=day_words_with_year(due))
    else:
        words = _("Nothing may be deleted yet: the student has not left")
    return {
        "name": looked.student.shown_name,
        "href": url_for("retention.review", student_id=looked.student.id),
        "why": ReviewWhy(looked.why).label,
        "left": day_words_with_year(looked.left_on) if looked.left_on else "",
        "may": words,
        "held": looked.held,
        "may_go": part is not None and not looked.held,
        "kinds": [KIND_LABELS[kind] for kind in KIND_LABELS if kind in looked.kinds],
        "permanent": day_words_with_year(looked.due.permanent) if looked.due.permanent else "",
    }


@blueprint.route("/reviews/<int:student_id>", methods=["GET", "POST"])
@gate(Permission.RECORD_REVIEW)
def review(student_id: int) -> Page:
    """Decide about one student's record."""
    actor, now = current_actor(), clock.now()
    looked = get_looked(actor, student_id, today_at(None, now))
    form = DecisionForm()

    def act() -> int:
        return decide(
            submitted(form),
            student_id,
            decision=Decision(form.decision.data),
            reason=form.reason.data or "",
            keep_until=form.keep_until.data,
        )

    def done(_made: int) -> str:
        proposed = form.decision.data == Decision.DELETE.value
        flash(_("Proposed. Someone else must confirm it.") if proposed else _("It is kept until that day."))
        return url_for("retention.reviews")

    return form_page(
        form, act, done, "records/retention/schedule/review.html", row=_line(looked), student_id=student_id,
        may_open=can(actor, Permission.STUDENT_READ, looked.student),
    )  # fmt: skip


def student_panel(actor: Actor, student: Student) -> tuple[str, dict[str, Any]] | None:
    """Return, for a student's page, that a hold is open, and the administrator's way to the record's review."""
    reviews_it = can(actor, Permission.RECORD_REVIEW, student)
    held = is_student_held(student.id)
    if not held and not reviews_it:
        return None
    href = url_for("retention.review", student_id=student.id) if reviews_it else None
    words = _("A hold is open: nothing in this record is deleted, shredded, or moved until it is released.")
    link = (_("Keep or delete this record"), href) if href else None
    return panel_card(notice=words if held else None, link=link)


ROOM = Room(pages=(blueprint,), panels=(Panel(Place.STUDENT, 60, student_panel),))
