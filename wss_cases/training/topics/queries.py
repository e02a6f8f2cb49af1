"""Reading the topics; the list holds nothing of anybody."""

from datetime import date

from sqlalchemy import select

from wss_cases.foundation.db import db
from wss_cases.foundation.errors import existing
from wss_cases.foundation.i18n import in_language
from wss_cases.training.topics.models import TrainingTopic
from wss_cases.training.topics.rules import is_offered


def every_topic() -> list[TrainingTopic]:
    """Return all topics, also those that ended, by their code."""
    return list(db.session.scalars(select(TrainingTopic).order_by(TrainingTopic.code)))


def offered(day: date) -> dict[str, str]:
    """Return the topics that can be recorded on a day: code to name, by name in the reader's language."""
    rows = [row for row in every_topic() if is_offered(row, day)]
    return dict(sorted(((row.code, str(in_language(row, "name"))) for row in rows), key=lambda one: one[1].casefold()))


def topic_names() -> dict[str, str]:
    """Return every topic's name in the reader's language, by code."""
    return {row.code: str(in_language(row, "name")) for row in every_topic()}


def get_topic(code: str) -> TrainingTopic:
    """Return a topic by its code. Raises NotFound."""
    return existing(db.session.scalar(select(TrainingTopic).where(TrainingTopic.code == code)))


def names_in_both(code: str) -> dict[str, str]:
    """Return a topic's name in each language, as timelines keep it. Raises NotFound."""
    return both_names(get_topic(code))


def both_names(row: TrainingTopic) -> dict[str, str]:
    """Return a topic's name in each language, as timelines keep it."""
    return {"en": row.name_en, "es": row.name_es}
