"""The district's list of training topics, in both languages."""

import re
import unicodedata
from datetime import date
from typing import Any, Final

from flask import render_template, url_for
from sqlalchemy import CheckConstraint, String, select
from sqlalchemy.orm import Mapped, mapped_column
from wtforms import DateField
from wtforms.validators import Optional

from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation import clock
from wss_cases.foundation.db import Base, Id, Versioned, by_id, db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.forms import NotBlank, PlainForm, ShortText
from wss_cases.foundation.i18n import Labelled, _, _l, in_language
from wss_cases.foundation.ids import fold
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.dated_settings import period_words
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork


class KnownTopic(Labelled):
    """Topics that the program names itself. Whoever keeps a circle needs the first."""

    CIRCLE_KEEPING = "circle_keeping", _l("Keeping circles")
    RESTORATIVE_PRACTICE = "restorative_practice", _l("Restorative practice")
    DE_ESCALATION = "de_escalation", _l("De-escalation")
    MENTORING = "mentoring", _l("Mentoring")


NEVER_ENDS: Final = frozenset({KnownTopic.CIRCLE_KEEPING})
"""Topics that rules of the program depend on. Without them no circle could be held."""


class TrainingTopic(Versioned, Base):
    """A topic, offered from `starts_on` to `ends_on` (None: still offered). Trainings recorded under it stay."""

    __tablename__ = "training_topic"
    __table_args__ = (CheckConstraint("ends_on is null or ends_on >= starts_on", name="dates"),)

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name_en: Mapped[str] = mapped_column(String(120))
    name_es: Mapped[str] = mapped_column(String(120))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


def is_offered(topic: TrainingTopic, day: date) -> bool:
    """Whether a training of a topic can be recorded on a day."""
    return topic.starts_on <= day and (topic.ends_on is None or topic.ends_on >= day)


def every_topic() -> list[TrainingTopic]:
    """All topics, also those that ended, by their code."""
    return list(db.session.scalars(select(TrainingTopic).order_by(TrainingTopic.code)))


def offered(day: date) -> dict[str, str]:
    """Topics that can be recorded on a day: code to name, by name in the reader's language."""
    names = {topic.code: str(in_language(topic, "name")) for topic in every_topic() if is_offered(topic, day)}
    return dict(sorted(names.items(), key=lambda item: item[1].casefold()))


def topic_names() -> dict[str, str]:
    """Every topic's name in the reader's language, by code."""
    return {topic.code: str(in_language(topic, "name")) for topic in every_topic()}


def get_topic(code: str) -> TrainingTopic:
    """A topic by its code. Raises NotFound."""
    return existing(db.session.scalar(select(TrainingTopic).where(TrainingTopic.code == code)))


def names_in_both(code: str) -> dict[str, str]:
    """A topic's name in each language, as timelines keep it. Raises NotFound."""
    return both_names(get_topic(code))


def both_names(topic: TrainingTopic) -> dict[str, str]:
    """A topic's name in each language, as timelines keep it."""
    return {"en": topic.name_en, "es": topic.name_es}


pages = Pages(
    "training_topics", __name__, url_prefix="/training/topics",
    trail=lambda _topic: [(_("Trainings"), url_for("trainings.school")), (_("Topics"), url_for(".topics"))],
)  # fmt: skip


class TopicForm(PlainForm):
    """A new topic."""

    name_en = ShortText(_l("Name in English"), [NotBlank(_l("Enter the name in English."))], limit=120)
    name_es = ShortText(_l("Name in Spanish"), [NotBlank(_l("Enter the name in Spanish."))], limit=120)


class ChangeTopicForm(TopicForm):
    """A topic that is on the list."""

    ends_on = DateField(
        _l("Last day on the list"), [Optional()],
        description=_l("Leave it blank to keep it. Trainings already recorded stay."),
    )  # fmt: skip


@pages.get("")
@gate(Permission.TRAINING_EDIT)
def topics() -> Page:
    """Every topic, by name."""
    require(current_actor(), Permission.TRAINING_EDIT, current_actor())
    today = today_at(None, clock.now())
    rows = [
        period_words(row, today) | {"name": str(in_language(row, "name")), "href": url_for(".change", code=row.code)}
        for row in every_topic()
    ]
    return render_template("training/topics.html", rows=sorted(rows, key=lambda row: row["name"].casefold()))


@pages.act(
    "/new", None, TopicForm, Permission.TRAINING_EDIT,
    title=_l("Add a topic"), button=_l("Add the topic"), then=".topics", endpoint="add",
)  # fmt: skip
def add_topic(uow: UnitOfWork, form: TopicForm) -> int:
    """Add a topic from today on. Refused where another topic has its name."""
    name_en, name_es = form.name_en.data, form.name_es.data
    topic = TrainingTopic(code=_code_of(name_en), name_en=name_en, name_es=name_es, starts_on=today_at(None, uow.now))
    _refuse_second(uow, topic, name_en)
    uow.record(topic, "training_topic.added", topic=both_names(topic))
    return topic.id


@pages.act(
    "/<code>", Subject(TrainingTopic, lambda _actor, code: get_topic(code)), ChangeTopicForm, Permission.TRAINING_EDIT,
    title=_l("Change the topic"), button=_l("Save change"), then=".topics", endpoint="change",
    start=lambda topic: {"name_en": topic.name_en, "name_es": topic.name_es, "ends_on": topic.ends_on},
)  # fmt: skip
def change_topic(uow: UnitOfWork, topic: TrainingTopic, form: ChangeTopicForm) -> None:
    """Rename a topic or set its last day. Refused for a topic that never ends and for a day that is past."""
    name_en, name_es, ends_on = form.name_en.data, form.name_es.data, form.ends_on.data
    _refuse_second(uow, topic, name_en)
    if ends_on is not None and topic.code in NEVER_ENDS:
        raise Refused("ends_on", _("Circles need this training, so it stays on the list."))
    if ends_on is not None and ends_on != topic.ends_on and ends_on < today_at(None, uow.now):
        raise Refused("ends_on", _("Choose today or a later day."))
    topic.name_en, topic.name_es, topic.ends_on = name_en, name_es, ends_on
    uow.record(topic, "training_topic.changed", topic=both_names(topic))


def _code_of(name: str) -> str:
    plain = unicodedata.normalize("NFKD", fold(name)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40] or "topic"


def _refuse_second(uow: UnitOfWork, topic: TrainingTopic, name_en: str) -> None:
    with uow.session.no_autoflush:
        others = [row for row in uow.session.scalars(select(TrainingTopic)) if row.id != topic.id]
    if any(fold(row.name_en) == fold(name_en) or row.code == topic.code for row in others):
        raise Refused("name_en", _("There is already a topic with this name."))


SENTENCES: dict[str, Any] = {
    "training_topic.added": _l("Training topic added: %(topic)s"),
    "training_topic.changed": _l("Training topic changed: %(topic)s"),
}
ROOM = Room(pages=(pages,), sentences=SENTENCES, loaders={"training_topic": by_id(TrainingTopic)})
