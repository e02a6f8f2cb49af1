"""Sessions of training in words: the list as a table, and one of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from flask import url_for

from wss_cases.access.actor import Actor, Role
from wss_cases.access.permissions import Permission
from wss_cases.accounts.list_columns import order_of
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.forms import choices
from wss_cases.foundation.i18n import dotted
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.tables.columns import Cell, Column, Order, Row, in_parts
from wss_cases.journal.rooms import ListKind, ListRead
from wss_cases.training.records.models import TrainingSession
from wss_cases.training.records.presenters import length
from wss_cases.training.records.queries import KEEPERS, partner_names, school_asked
from wss_cases.training.records.rules import hours_words
from wss_cases.training.sessions.forms import SessionForm
from wss_cases.training.sessions.queries import Held, sessions_of
from wss_cases.training.topics import offered, topic_names


def session_form(today: date, row: TrainingSession | None = None) -> SessionForm:
    """Return the form of a new session, today's, or of one that stands with all that it has."""
    form = SessionForm(held_on=today)
    if row is not None:
        kept = {name: getattr(row, name) for name in ("version", "topic", "held_on", "provider")}
        form = SessionForm(**kept, hours=hours_words(row.minutes), partner=str(row.partner_id or ""))
    topics, partners = offered(today), partner_names()
    if row is not None:
        topics = {row.topic: topic_names()[row.topic]} | topics
        partners |= {key: name for key, name in partner_names(active=False).items() if key == row.partner_id}
    form.topic.choices = choices([("", _("Choose one")), *topics.items()])
    form.partner.choices = choices([("", _("No partner")), *((str(key), name) for key, name in partners.items())])
    return form


def given_by(row: TrainingSession, partners: Mapping[int, str]) -> str:
    """Return who gives a session: whom it names, or the partner of the directory."""
    return row.provider or partners.get(row.partner_id or 0, "")


def meta_of(row: TrainingSession, school: str) -> str:
    """Return when a session is, how long, by whom, and for which school."""
    by = given_by(row, partner_names(active=False))
    return dotted(day_words_with_year(row.held_on), length(row.minutes), by, school or _("For the whole district"))


def session_cells(rows: Sequence[Held]) -> list[Row]:
    """Return sessions cell by cell."""
    names, partners = topic_names(), partner_names(active=False)
    return [
        {
            "topic": Cell(
                names[one.row.topic],
                href=url_for("training_sessions.session", training_session_id=one.row.id, school=one.row.school_id),
                about=day_words_with_year(one.row.held_on),
            ),
            "day": Cell(day_words_with_year(one.row.held_on)),
            "hours": Cell(hours_words(one.row.minutes)),
            "by": Cell(given_by(one.row, partners)),
            "school": Cell(one.school or _("For the whole district")),
            "people": Cell(str(one.people)),
            "state": Cell(_("Canceled"), tone="slate") if one.row.canceled_at is not None else Cell(""),
        }
        for one in rows
    ]


def read_sessions(actor: Actor, arguments: Mapping[str, str], now: datetime, limit: int) -> ListRead:
    """Return the sessions as a file takes them."""
    school_id = school_asked(actor, arguments)
    if school_id is None and not actor.everywhere(Role.DISTRICT):
        return ListRead([], [], {}, None)
    rows = sessions_of(actor, school_id, order_of(SESSIONS, arguments), limit=limit)
    asked = {"school": school_id, "sort": arguments.get("sort")}
    return ListRead(
        in_parts(rows, session_cells), [], {name: value for name, value in asked.items() if value}, school_id
    )


SESSIONS = ListKind(
    "training_sessions", _l("Training sessions"),
    (
        Column("topic", _l("Training"), sorts=True, always=True),
        Column("day", _l("Day"), sorts=True, said=True),
        Column("hours", _l("Hours"), said=True),
        Column("by", _l("Trained by")),
        Column("school", _l("School")),
        Column("people", _l("Signed in"), sorts=True, said=True),
        Column("state", _l("State")),
    ),
    Order("day", down=True), Permission.TRAINING_MANAGE, "training_sessions.sessions", read_sessions, roles=KEEPERS,
)  # fmt: skip
