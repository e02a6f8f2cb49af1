"""Board reports as PDFs: requesting one, the stored reports, and subscriptions with the scheduler's requests."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, and_, exists, or_, select, true
from sqlalchemy.orm import Mapped, aliased, foreign, mapped_column, relationship
from werkzeug.wrappers import Response
from wtforms import RadioField
from wtforms.validators import InputRequired

from wss_cases.access.actor import SYSTEM, Actor, Role, in_schools
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.accounts.grants import actor_of
from wss_cases.board.report import queries
from wss_cases.board.report.pages import BoardPdfForm, address_of, period_words, reported
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, Versioned, db, named_enum, where
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, choice_field, choices
from wss_cases.foundation.i18n import _, _l, locale_code
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.operations import WHOLE, Share
from wss_cases.foundation.pages import Page, form_page, link, with_flash
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.changes import changes_of
from wss_cases.journal.message_kinds import Mail, MessageKind, Paragraph
from wss_cases.journal.models import OutboxMessage
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, unit_of_work, use_case
from wss_cases.outcomes.counting.scope.rules import Scope
from wss_cases.records import stored_pdfs
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.queries import get_school, school_days
from wss_cases.roster.networks import RENAMED, Renamed


class BoardSubscription(Versioned, Base):
    """A person's subscription to the report of a school, of a network, or with neither of all schools.

    `scope` is the same in one word, so that no one subscribes twice. `sent_for` is the first day of the month for which
    the last report was made, or of the month in which the person subscribed.
    """

    __tablename__ = "board_subscription"
    __table_args__ = (
        CheckConstraint("school_id is null or network is null", name="one_scope"),
        Index("uq_board_subscription_user_id_scope", "user_id", "scope", unique=True, **where("ended_at is null")),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    network: Mapped[str | None] = mapped_column(String(80))
    scope: Mapped[str] = mapped_column(String(100))
    every: Mapped[queries.Every] = mapped_column(named_enum(queries.Every, "every"))
    language: Mapped[str] = mapped_column(String(5))
    sent_for: Mapped[date]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class BoardReport(stored_pdfs.StoredPdf, Base):
    """One report: its school or network, and its days.

    `due_on` is the first day of the month for which a subscription requested it; such a report exists once.
    """

    __tablename__ = "board_report"
    __table_args__ = (
        UniqueConstraint("subscription_id", "due_on"),
        CheckConstraint("school_id is null or network is null", name="one_scope"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        Index("ix_board_report_school", "school_id", "id"),
        *stored_pdfs.stored_rules("board_report"),
    )

    school_id: Mapped[int | None] = mapped_column(ForeignKey("school.id"))
    network: Mapped[str | None] = mapped_column(String(80))
    school_year: Mapped[str] = mapped_column(String(7))
    edition: Mapped[queries.Edition] = mapped_column(
        named_enum(queries.Edition, "edition"), default=queries.Edition.BOARD
    )
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("board_subscription.id"))
    due_on: Mapped[date | None]

    of_network: Mapped[list[School]] = relationship(
        primaryjoin=lambda: and_(foreign(School.network) == BoardReport.network, School.is_active), viewonly=True
    )


PAGE: Final = 30


def visible_to(statement: Any, actor: Actor) -> Any:
    """The statement, limited to reports of what the actor answers for today, as in `rules_board.reads_report`."""
    if actor.is_system or actor.everywhere(Role.DISTRICT):
        return statement.where(true())
    theirs = aliased(School)
    of_it = and_(theirs.network == BoardReport.network, theirs.is_active)
    own = in_schools(theirs.id, actor, Role.DISTRICT)
    whole = and_(exists().where(of_it), ~exists().where(of_it, ~own))
    of_school = and_(BoardReport.school_id.is_not(None), in_schools(BoardReport.school_id, actor, *queries.BOARD))
    return statement.where(or_(of_school, and_(BoardReport.network.is_not(None), whole)))


def load_report(report_id: int) -> BoardReport | None:
    """A report without its PDF. It checks no permission."""
    return db.session.get(BoardReport, report_id)


def report_for(actor: Actor, report_id: int) -> BoardReport:
    """A report that the actor may read. Raises NotFound for any other."""
    report = existing(load_report(report_id))
    if not queries.reads_report(actor, report):
        raise NotFound
    return report


def stored_reports(actor: Actor, before: int | None, limit: int = PAGE) -> Sequence[Any]:
    """The newest reports that the actor may read, each with its school's name; None for several schools."""
    statement = select(BoardReport, School.name).outerjoin(School, School.id == BoardReport.school_id)
    if before is not None:
        statement = statement.where(BoardReport.id < before)
    return db.session.execute(visible_to(statement, actor).order_by(BoardReport.id.desc()).limit(limit)).all()


def subscriptions_of(actor: Actor) -> Sequence[Any]:
    """A person's own subscriptions, each with its school's name; None for several schools."""
    statement = (
        select(BoardSubscription, School.name)
        .outerjoin(School, School.id == BoardSubscription.school_id)
        .where(BoardSubscription.user_id == actor.user_id, BoardSubscription.ended_at.is_(None))
    )
    return db.session.execute(statement.order_by(BoardSubscription.id)).all()


NOTICE = "board_report"


def _notify_subscriber(uow: UnitOfWork, row: BoardReport) -> None:
    if row.subscription_id is not None:
        uow.notify(row.asked_by_id, NOTICE, row, f"{NOTICE}:{row.id}")


BOARD_REPORTS: Final = stored_pdfs.PdfKind(BoardReport, "board-report", _notify_subscriber)


@use_case
def ask_report(uow: UnitOfWork, scope: Scope, language: str, edition: queries.Edition = queries.Edition.BOARD) -> int:
    """Request an edition of a report of a scope as a PDF in a language; returns its id. Raises NotFound for an actor
    who does not answer for it, Refused when too many of the actor's reports are still being made."""
    if uow.actor.user_id is None or not queries.may_report(uow.actor, scope.school_id, scope.network):
        raise NotFound
    stored_pdfs.refuse_too_many(uow, BOARD_REPORTS)
    return stored_pdfs.add_pdf(uow, BOARD_REPORTS, report_of(scope, language, uow.actor.user_id, uow.now, edition))


def report_of(
    scope: Scope, language: str, user_id: int, now: datetime, edition: queries.Edition = queries.Edition.BOARD
) -> BoardReport:
    """A report that waits to be made."""
    return BoardReport(
        school_id=scope.school_id, network=scope.network, school_year=scope.year, starts_on=scope.first,
        ends_on=scope.last, language=language, asked_by_id=user_id, asked_at=now, edition=edition,
    )  # fmt: skip


def pdf_for(actor: Actor, report_id: int) -> bytes:
    """The PDF of a report that the actor may read. Raises NotFound for any other and for a report that is not ready,
    Refused when no key opens it any more."""
    return stored_pdfs.opened(BOARD_REPORTS, report_for(actor, report_id).id)


def follow_network(uow: UnitOfWork, renamed: Renamed) -> None:
    """Give the reports and subscriptions of a renamed network its new name, so that their readers can still open
    them."""
    reports = select(BoardReport).where(BoardReport.network == renamed.before).with_for_update()
    for report in uow.session.scalars(reports):
        report.network = renamed.name
    wishes = select(BoardSubscription).where(BoardSubscription.network == renamed.before).with_for_update()
    for wish in uow.session.scalars(wishes):
        wish.network, wish.scope = renamed.name, queries.scope_words(None, renamed.name)


def _report(message: OutboxMessage, actor: Actor) -> Mail:
    ready = _(
        "The board report you asked for is ready. Sign in to open it; you see what you are allowed to see on that day."
    )
    end = Paragraph(_("Stop receiving board reports"), href=link("/outcomes/board/delivery"))
    href = link(f"/outcomes/board/reports/{message.object_id}")
    return Mail(_("Your board report is ready"), [ready, end], href, _("Open the report"))


def _report_still_due(message: OutboxMessage, actor: Actor) -> bool:
    row = load_report(message.object_id)
    if row is None or row.asked_by_id != actor.user_id or not queries.reads_report(actor, row):
        return False
    subscription = db.session.get(BoardSubscription, row.subscription_id) if row.subscription_id else None
    return subscription is not None and subscription.ended_at is None


MESSAGES = (MessageKind(NOTICE, _report, _report_still_due),)


blueprint = Blueprint("board_reports", __name__, url_prefix="/outcomes/board")


@blueprint.post("/pdf")
@gate(Permission.OUTCOMES_BOARD)
def ask() -> Response:
    """Request the report of the page as a PDF; the scheduler makes it."""
    page, form = reported(request.values), BoardPdfForm()
    try:
        if not form.validate():
            raise Refused("language", _("Choose an edition, and English or Spanish for the report."))
        made = ask_report(submitted(form), page.scope, form.language.data, queries.Edition(form.edition.data))
    except Refused as refused:
        flash(refused.message, "warning")
        return redirect(address_of(page.scope.year, page.scope.school_id, page.scope.network), 303)
    return redirect(url_for("board_reports.report", report_id=made), 303)


@blueprint.get("/reports")
@gate(Permission.OUTCOMES_BOARD)
def kept() -> str:
    """The stored reports, newest first."""
    before = id_in(request.args.get("before"))
    reports = stored_reports(current_actor(), before, PAGE + 1)
    return render_template(
        "board/stored_reports/list.html",
        rows=[_words(row, school) for row, school in reports[:PAGE]],
        older=url_for("board_reports.kept", before=reports[PAGE - 1][0].id) if len(reports) > PAGE else None,
        newest=url_for("board_reports.kept") if before else None,
    )


@blueprint.get("/reports/<int:report_id>")
@gate(Permission.OUTCOMES_BOARD)
def report(report_id: int) -> str:
    """One report: being made, ready, or the reason why not."""
    row = report_for(current_actor(), report_id)
    school = get_school(row.school_id) if row.school_id is not None else None
    return render_template(
        "board/stored_reports/report.html",
        report=_words(row, school.name if school else None),
        page=address_of(row.school_year, row.school_id, row.network),
    )


@blueprint.get("/reports/<int:report_id>/report.pdf")
@gate(Permission.OUTCOMES_BOARD)
def file(report_id: int) -> Response:
    """The PDF. 404 for a report that is not ready."""
    actor = current_actor()
    row = report_for(actor, report_id)
    name = f"board-report-{row.school_year}-{row.ends_on:%m}-{row.language}.pdf"
    page = url_for("board_reports.report", report_id=report_id)
    return stored_pdfs.pdf_response(lambda: pdf_for(actor, report_id), page, name)


def _words(row: BoardReport, school: str | None) -> dict[str, Any]:
    return {
        **stored_pdfs.pdf_words(
            row, url_for("board_reports.report", report_id=row.id), url_for("board_reports.file", report_id=row.id)
        ),
        "name": school or row.network or _("All schools"),
        "period": period_words(row.starts_on, row.ends_on),
        "edition": row.edition.label,
    }


AUDITED = BoardSubscription.__tablename__


@use_case
def subscribe(uow: UnitOfWork, school_id: int | None, network: str | None, every: queries.Every, language: str) -> int:
    """Subscribe to the report of a school, a network, or with neither of all schools; the first report is the next due.

    Returns the subscription's id. Raises NotFound for an actor who does not answer for it, Refused when the actor is
    already subscribed.
    """
    if uow.actor.user_id is None or not queries.may_report(uow.actor, school_id, network):
        raise NotFound
    scope = queries.scope_words(school_id, network)
    mine = select(BoardSubscription.id).where(
        BoardSubscription.user_id == uow.actor.user_id, BoardSubscription.scope == scope,
        BoardSubscription.ended_at.is_(None),
    )  # fmt: skip
    if uow.session.scalar(mine) is not None:
        raise Refused("scope", _("You already receive this report. End that first."))
    whose = {"user_id": uow.actor.user_id, "school_id": school_id, "network": network, "scope": scope}
    sent_for = queries.due_month(every, today_at(school_id, uow.now), school_days(school_id))
    row = BoardSubscription(**whose, every=every, language=language, sent_for=sent_for, made_at=uow.now)
    return uow.add_audited(row, "board_subscription.made")


def unsubscribe(actor: Actor, subscription_id: int, now: datetime) -> None:
    """End one of the actor's own subscriptions. Raises NotFound for any other."""
    with unit_of_work(actor, now) as uow:
        row = uow.session.get(BoardSubscription, subscription_id, with_for_update=True)
        if row is None or row.user_id != actor.user_id or row.ended_at is not None:
            raise NotFound
        row.ended_at = now
        uow.audit("board_subscription.ended", AUDITED, row.id, changes_of(row))


def queue_due(now: datetime, share: Share = WHOLE) -> dict[str, int]:
    """Request every report whose first school day has come, one per commit, while the time share lasts; returns how
    many were `asked`. Subscribers who no longer answer for the schools, or cannot sign in, get no report for that
    month."""
    reports = 0
    db.session.remove()
    tomorrow = today_at(None, now) + queries.DAY
    live = select(BoardSubscription).where(BoardSubscription.ended_at.is_(None)).order_by(BoardSubscription.id)
    for row in db.session.scalars(live).all():
        if queries.month_due(row.every, tomorrow) <= row.sent_for:
            continue
        if queries.due_month(row.every, today_at(row.school_id, now), school_days(row.school_id)) > row.sent_for:
            if not share.goes_on():
                break
            reports += _queue(row.id, now)
    return {"asked": reports}


def _queue(subscription_id: int, now: datetime) -> int:
    with unit_of_work(SYSTEM, now) as uow:
        row = uow.session.get(BoardSubscription, subscription_id, with_for_update=True, populate_existing=True)
        uow.no_audit()
        if row is None or row.ended_at is not None:
            return 0
        due = queries.due_month(row.every, today_at(row.school_id, now), school_days(row.school_id))
        if due <= row.sent_for:
            return 0
        row.sent_for = due
        uow.audit("board_subscription.due", AUDITED, row.id, changes_of(row))
        actor = actor_of(row.user_id, now)
        # the month's report ends with the month before, however late it is made
        scope = queries.board_scope(row.school_id, row.network, None, due)
        if actor is None or scope is None or not queries.may_report(actor, row.school_id, row.network):
            return 0
        report = report_of(scope, row.language, row.user_id, now)
        report.subscription_id, report.due_on = row.id, due
        stored_pdfs.add_pdf(uow, BOARD_REPORTS, report)
        return 1


delivery_blueprint = Blueprint("board_delivery", __name__, url_prefix="/outcomes/board/delivery")


class DeliveryForm(BaseForm):
    """A subscription: whose report (a word of `scope_words`), how often, and in which language."""

    scope = choice_field(_l("Report of"), validators=[InputRequired(_l("Choose whose report you want."))])
    every = RadioField(
        _l("How often"), choices=choices(list(queries.Every.labels().items())), default=queries.Every.MONTH.value
    )
    language = choice_field(_l("Language of the report"), stored_pdfs.LANGUAGES)


@delivery_blueprint.route("", methods=["GET", "POST"])
@gate(Permission.OUTCOMES_BOARD)
def mine() -> Page:
    """The person's own subscriptions, and a form for another."""
    actor, form = current_actor(), DeliveryForm()
    scopes = _scopes(actor)
    form.scope.choices = [(word, name) for word, (name, _school, _network) in scopes.items()]
    if not form.is_submitted():
        form.language.data = locale_code()

    def act() -> int:
        every = queries.Every(form.every.data)
        return subscribe(submitted(form), *scopes[form.scope.data][1:], every, form.language.data)

    rows = [
        {
            "id": row.id,
            "name": school or row.network or _("All schools"),
            "words": f"{queries.Every(row.every).label} · {stored_pdfs.LANGUAGE_LABELS[row.language]}",
        }
        for row, school in subscriptions_of(actor)
    ]
    done = with_flash(_("The next report that is due comes to you by email."), url_for("board_delivery.mine"))
    return form_page(form, act, done, "board/subscriptions/subscription.html", rows=rows)


@delivery_blueprint.post("/<int:subscription_id>/end")
@gate(Permission.OUTCOMES_BOARD)
def end(subscription_id: int) -> Response:
    unsubscribe(current_actor(), subscription_id, clock.now())
    flash(_("You no longer receive this report."))
    return redirect(url_for("board_delivery.mine"), 303)


def _scopes(actor: Actor) -> dict[str, tuple[str, int | None, str | None]]:
    """The reports the actor can subscribe to, each (name, school, network) by its scope: the switcher's school,
    networks they answer for as a whole, all schools."""
    offered: list[tuple[str, int | None, str | None]] = []
    if (chosen := chosen_school_id(actor, *queries.BOARD)) is not None and (school := get_school(chosen)) is not None:
        offered.append((school.name, chosen, None))
    offered += [(network, None, network) for network in queries.networks_answered_for(actor)]
    if actor.everywhere(Role.DISTRICT):
        offered.append((_("All schools"), None, None))
    return {queries.scope_words(school_id, network): (name, school_id, network) for name, school_id, network in offered}


ROOM = Room(pages=(blueprint, delivery_blueprint), messages=MESSAGES, reactions={RENAMED: follow_network})
