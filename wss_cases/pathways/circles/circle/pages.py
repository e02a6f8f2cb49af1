"""Forms of circles."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from wtforms import RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from wss_cases.foundation.db import Base, db
from wss_cases.foundation.errors import NotFound
from wss_cases.foundation.forms import PICK, BaseForm, ShortText, choice_field, choices, radio
from wss_cases.foundation.i18n import _l
from wss_cases.journal.acts import Subject
from wss_cases.journal.rooms import Room
from wss_cases.pathways.circles.circle import models
from wss_cases.pathways.circles.circle.models import MeetingState, Presence, SupporterRelation
from wss_cases.pathways.circles.circle.queries import CircleWithKeepers, get_circle, with_keepers
from wss_cases.pathways.common.models import Pathway
from wss_cases.pathways.common.pages import kind_words, page_of
from wss_cases.routing.engine.vocabulary import Pathway as Family


def _kept(row: Pathway) -> CircleWithKeepers:
    if row.pathway != Family.CIRCLE:
        raise NotFound
    return with_keepers(row)


KEPT_CIRCLE = Subject(Pathway, get_circle, of=_kept)
"""A circle, for an act that its keepers decide about."""


def subject_of_circle(model: type[Base], find: Callable[..., Any]) -> Subject:
    """A record of a circle, which its keepers decide about: `find` returns the circle and the record."""
    return Subject(
        model, find, row=itemgetter(1), above=lambda record: (Pathway, record.pathway_id),
        of=lambda record: with_keepers(db.session.get_one(Pathway, record.pathway_id)),
    )  # fmt: skip


def on_circle(row: Pathway, back_href: str = "", **more: Any) -> dict[str, Any]:
    """What the page of an act on a circle shows beside its form."""
    return {"case": row.case, "lede": kind_words(row), "back_href": back_href or page_of(row), **more}


EVERYONE = "everyone"
"""The circle was held and everyone invited came. No further question follows."""

WHAT_BECAME = [
    (EVERYONE, _l("Yes, and everyone came")),
    (MeetingState.HELD, _l("Yes, but not everyone came, or someone else did")),
    (MeetingState.POSTPONED, _l("No, it was postponed")),
    (MeetingState.NO_SHOW, _l("No, someone did not come")),
    (MeetingState.WALKED_OUT, _l("It started, someone left, and it ended there")),
    (MeetingState.CALLED_OFF, _l("No, it was canceled")),
]


class AnswerForm(BaseForm):
    state = radio(_l("Did it take place?"), WHAT_BECAME, _l("Choose the result."))


class GuestForm(BaseForm):
    """Someone who came without an invitation."""

    guest = ShortText(_l("Someone else who came"), [Optional()])
    guest_relation = choice_field(_l("Who they are"), [PICK, *SupporterRelation.labels().items()])
    guest_beside = SelectField(_l("Who they came with"), validators=[Optional()])


def attendance_form(people: Sequence[tuple[str, Mapping[int, str], Any]], version: int) -> BaseForm:
    """A form that asks whether each person came, and who else did.

    `people`: (role, names by id, label of the role), where the role is party, supporter or keeper. A person's field is
    named by role and id, such as `party_12`.
    """
    what = _l("Answer whether this person came.")
    # each line of the error summary names the person
    fields = {
        f"{role}_{key}": RadioField(
            name,
            choices=choices(list(Presence.labels().items())),
            validators=[InputRequired(f"{name}: {what}")],
            description=words,
        )
        for role, names, words in people
        for key, name in names.items()
    }
    made: BaseForm = type("AttendanceForm", (GuestForm,), fields)(version=version)
    return made


ROOM = Room(sentences=models.SENTENCES)
