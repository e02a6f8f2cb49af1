"""Keeping the list of topics: add one, rename it, say until when it is offered."""

import re
import unicodedata
from datetime import date

from sqlalchemy import select

from wss_cases.access.permissions import Permission
from wss_cases.access.policy import require
from wss_cases.foundation.errors import Refused, refuse_blank
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.ids import fold
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.training.topics.models import TrainingTopic
from wss_cases.training.topics.states import NEVER_ENDS


@use_case
def add_topic(uow: UnitOfWork, name_en: str, name_es: str) -> int:
    """Add a topic from today on. Returns its id. Raises Refused for a blank name, or one that another topic has."""
    row = TrainingTopic(code=_code_of(name_en), name_en=name_en, name_es=name_es, starts_on=today_at(None, uow.now))
    require(uow.actor, Permission.TRAINING_EDIT, row)
    _check(uow, row, name_en, name_es)
    uow.record(row, "training_topic.added", topic={"en": name_en, "es": name_es})
    return row.id


@use_case
def change_topic(uow: UnitOfWork, topic_id: int, name_en: str, name_es: str, ends_on: date | None) -> int:
    """Rename a topic, or say until when it is offered; what is on record under it stays. Returns its id.

    Raises Refused for a topic that rules of the program stand on and a day that is past, Stale, NotFound.
    """
    row = uow.load(TrainingTopic, topic_id, Permission.TRAINING_EDIT, uow.version)
    _check(uow, row, name_en, name_es)
    if ends_on is not None and row.code in NEVER_ENDS:
        raise Refused("ends_on", _("Circles need this training, so it stays on the list."))
    if ends_on is not None and ends_on != row.ends_on and ends_on < today_at(None, uow.now):
        raise Refused("ends_on", _("Choose today or a later day."))
    row.name_en, row.name_es, row.ends_on = name_en, name_es, ends_on
    uow.record(row, "training_topic.changed", topic={"en": name_en, "es": name_es})
    return row.id


def _code_of(name: str) -> str:
    plain = unicodedata.normalize("NFKD", fold(name)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40] or "topic"


def _check(uow: UnitOfWork, row: TrainingTopic, name_en: str, name_es: str) -> None:
    refuse_blank("name_en", name_en, _("Enter the name in English."))
    refuse_blank("name_es", name_es, _("Enter the name in Spanish."))
    with uow.session.no_autoflush:
        others = [one for one in uow.session.scalars(select(TrainingTopic)) if one.id != row.id]
    if any(fold(one.name_en) == fold(name_en) or one.code == row.code for one in others):
        raise Refused("name_en", _("There is already a topic with this name."))
