"""Use cases and forms of follow-up templates, and the page that lists them.

Each change begins on a day, as a row of its own, and changes no follow-up already made.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, request, url_for
from wtforms import BooleanField, DateField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange

from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.followups.core.models import FollowUpTemplate
from wss_cases.followups.core.states import KINDS, RECORDED_ELSEWHERE
from wss_cases.followups.templates.queries import (
    EVENTS,
    IN_PATHWAY,
    TIMED,
    Sample,
    may_write,
    open_made_from,
    own_of,
    sample,
    schools_own,
    templates_for,
    templates_on,
    too_far,
)
from wss_cases.foundation import clock
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import AskingForm, BaseForm, NotBlank, ShortText, apply_refusal, choices
from wss_cases.foundation.i18n import _, _l, either, ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.roster.directory.queries import get_school, school_days
from wss_cases.routing.engine.vocabulary import Kind, Pathway

DAY = _l("Choose a day.")
PATHWAYS = [
    ("", _l("Any pathway, or none")),
    *((code.value, words) for code, words in Pathway.labels().items()),
    *((code.value, words) for code, words in Kind.labels().items()),
]


WRITTEN = (
    "title_en", "title_es", "closes_with_en", "closes_with_es", "due_in_school_days", "single_mail", "starts_on"
)  # fmt: skip


class TemplateForm(BaseForm):
    """What can be changed of a template, and from which day."""

    title_en = ShortText(_l("Title in English"), [NotBlank(_l("Write the title in English."))])
    title_es = ShortText(_l("Title in Spanish"), [NotBlank(_l("Write the title in Spanish."))])
    closes_with_en = ShortText(
        _l("What closes it, in English"), [NotBlank(_l("Say in English what closes it."))], limit=300
    )
    closes_with_es = ShortText(
        _l("What closes it, in Spanish"), [NotBlank(_l("Say in Spanish what closes it."))], limit=300
    )
    due_in_school_days = IntegerField(
        _l("Due after how many school days? 0 is the same day."),
        validators=[
            InputRequired(_l("Write a number of school days.")),
            NumberRange(0, 200, _l("Choose a number of school days from 0 to 200.")),
        ],
    )
    single_mail = BooleanField(_l("Send a separate email when it is due"))
    starts_on = DateField(_l("From which day?"), validators=[InputRequired(DAY)])

    def columns(self) -> dict[str, Any]:
        """The columns that the form writes."""
        return {name: self[name].data for name in WRITTEN}


class NewTemplateForm(TemplateForm):
    """An additional template."""

    event = SelectField(
        _l("When is it created?"),
        choices=choices([(code, words) for code, words in EVENTS.items() if code in TIMED]),
        validators=[InputRequired(_l("Choose what happens."))],
    )
    pathway = SelectField(_l("In which pathway?"), choices=choices(PATHWAYS))
    kind = SelectField(
        _l("What is created?"),
        choices=choices([(kind, words) for kind, words in KINDS.items() if kind not in RECORDED_ELSEWHERE]),
        default="other",
        validators=[InputRequired(_l("Choose what is created."))],
    )

    def columns(self) -> dict[str, Any]:
        """The columns that the form writes."""
        chosen = {"event": self.event.data, "pathway": self.pathway.data, "kind": self.kind.data}
        return super().columns() | chosen


class SampleForm(AskingForm):
    """A sample event: what happens, in which pathway, on which day."""

    event = SelectField(
        _l("What happens?"),
        choices=choices([(code, words) for code, words in EVENTS.items() if code in TIMED]),
        default="agreement_made",
    )
    pathway = SelectField(_l("In which pathway?"), choices=choices(PATHWAYS))
    day = DateField(_l("On which day?"), validators=[InputRequired(DAY)])


@use_case
def change_template(uow: UnitOfWork, template_id: int, columns: Mapping[str, Any]) -> int:
    """End a template the day before the new one starts, and begin the changed one. Raises NotFound, Refused."""
    old = _standing(uow, template_id)
    starts_on = columns["starts_on"]
    if starts_on <= old.starts_on:
        raise Refused("starts_on", _("Choose a day after the start of this one."))
    new = FollowUpTemplate(
        kind=old.kind, event=old.event, pathway=old.pathway, school_id=old.school_id, series_id=old.series,
        instead_of_id=old.instead_of_id, owner_role=old.owner_role, **columns,
    )  # fmt: skip
    _check(uow, new)
    old.ends_on = starts_on - timedelta(days=1)
    uow.record(old, "followup_template.ended")
    return _begin(uow, new, "followup_template.changed")


@use_case
def make_own(uow: UnitOfWork, template_id: int, school_id: int, columns: Mapping[str, Any]) -> int:
    """Begin a school's own version in place of a template of the district. Raises NotFound, Refused."""
    old = uow.session.get(FollowUpTemplate, template_id, with_for_update=True)
    if old is None or old.school_id is not None:
        raise NotFound
    new = FollowUpTemplate(
        kind=old.kind, event=old.event, pathway=old.pathway, school_id=school_id, instead_of_id=old.series,
        owner_role=old.owner_role, **columns,
    )  # fmt: skip
    require(uow.actor, may_write(new), new)
    _check(uow, new)
    if own_of(old.series, school_id, new.starts_on) is not None:
        raise Refused("", _("This school already has its own version. Change that one."))
    return _begin(uow, new, "followup_template.own")


@use_case
def add_template(uow: UnitOfWork, columns: Mapping[str, Any]) -> int:
    """Begin an additional template. Raises NotFound, Refused naming the field."""
    new = FollowUpTemplate(owner_role="coordinator", **columns)
    require(uow.actor, may_write(new), new)
    if new.pathway and new.event not in IN_PATHWAY:
        raise Refused("pathway", _("“%(event)s” happens in more than one pathway.", event=EVENTS[new.event]))
    _check(uow, new)
    return _begin(uow, new, "followup_template.added")


def _standing(uow: UnitOfWork, template_id: int) -> FollowUpTemplate:
    known = existing(uow.session.get(FollowUpTemplate, template_id))
    row = uow.load(FollowUpTemplate, template_id, may_write(known))
    refuse_ended(row)
    return row


def refuse_ended(row: FollowUpTemplate) -> None:
    """Raise Refused for a template that a newer one follows."""
    if row.ends_on is not None:
        raise Refused("", _("This template has been changed already. Change the newer one."))


def _check(uow: UnitOfWork, row: FollowUpTemplate) -> None:
    today = today_at(row.school_id, uow.now)
    if row.starts_on <= today:
        raise Refused("starts_on", _("Choose a day after today."))
    refuse_far("starts_on", row.starts_on, today)


def refuse_far(field: str, day: date, today: date) -> None:
    """Raise Refused for a day that is more than a year away."""
    if too_far(day, today):
        raise Refused(field, _("Choose a day within the next year."))


def _begin(uow: UnitOfWork, row: FollowUpTemplate, act: str) -> int:
    uow.add(row)
    uow.record(row, act, starts_on=row.starts_on.isoformat())
    return row.id


blueprint = Blueprint("follow_up_templates", __name__, url_prefix="/follow-up-templates")
READ = Permission.FOLLOWUP_TEMPLATE_READ


def school_of(actor: Actor) -> int | None:
    """The school whose templates are shown: the administrator's, or the one the district chose; None for all."""
    return chosen_school_id(actor, Role.ADMINISTRATOR, Role.DISTRICT)


def writes_for(actor: Actor) -> int | None:
    """The school for which this person writes templates; None: the district writes its own."""
    return None if actor.has(Role.DISTRICT) else chosen_school_id(actor, Role.ADMINISTRATOR)


def title_of(row: FollowUpTemplate) -> str:
    """A template's title in the reader's language."""
    return str(either(row.title_en, row.title_es))


def closes_with(row: FollowUpTemplate) -> str:
    """What closes a template's follow-ups, in the reader's language."""
    return str(either(row.closes_with_en, row.closes_with_es))


def delay_words(row: FollowUpTemplate) -> str:
    """The delay of a template's follow-up in words."""
    if row.event not in TIMED:
        return _("The routing rules decide when")
    number = row.due_in_school_days
    if number == 0:
        return _("The same day")
    return ngettext("After %(num)d school day", "After %(num)d school days", number)


def pathway_words(code: str) -> str:
    """The pathway of a template in words; '' for all pathways."""
    return str(dict(PATHWAYS).get(code, "")) if code else ""


@blueprint.get("")
@gate(READ)
def templates() -> Page:
    """The templates by event: the district's, and what a school has in its place."""
    actor = current_actor()
    school_id = school_of(actor)
    today = today_at(school_id, clock.now())
    rows = templates_on(today, school_id)
    own = {row.instead_of_id for row in rows if row.school_id is not None}
    counts, elsewhere = open_made_from(actor), schools_own(today) if school_id is None else {}
    lines = [_line(actor, row, today, own, counts, elsewhere) for row in rows]
    school = get_school(school_id) if school_id is not None else None
    return render_template(
        "followups/templates/list.html",
        groups=[
            (EVENTS.get(event, event), list(group)) for event, group in groupby(lines, key=lambda line: line["event"])
        ],
        school=school.name if school else "",
    )


def _line(
    actor: Actor,
    row: FollowUpTemplate,
    today: date,
    own: set[int | None],
    counts: dict[int, int],
    elsewhere: dict[int, int],
) -> dict[str, Any]:
    replaced = row.school_id is None and row.series in own
    acts = []
    if row.ends_on is None and can(actor, may_write(row), row):
        acts.append((_("Change"), url_for("follow_up_template_acts.change", template_id=row.id)))
        if row.event in TIMED or row.instead_of_id is not None:
            acts.append((_("Stop using it"), url_for("follow_up_template_acts.end", template_id=row.id)))
    elif row.ends_on is None and row.school_id is None and not replaced and writes_for(actor) is not None:
        acts.append((_("Our own version"), url_for("follow_up_template_acts.own", template_id=row.id)))
    return {
        "event": row.event,
        "title": title_of(row),
        "facts": _facts(row, counts, elsewhere),
        "dates": _dates(row, today),
        "tag": _tag(row, replaced),
        "acts": acts,
    }


def _facts(row: FollowUpTemplate, counts: dict[int, int], elsewhere: dict[int, int]) -> list[str]:
    facts = [delay_words(row)]
    if row.pathway:
        facts.append(pathway_words(row.pathway))
    if row.single_mail:
        facts.append(_("a separate email"))
    if counts.get(row.series):
        facts.append(ngettext("%(num)d is open", "%(num)d are open", counts[row.series]))
    if elsewhere.get(row.series):
        facts.append(
            ngettext(
                "%(num)d school has its own version", "%(num)d schools have their own version", elsewhere[row.series]
            )
        )
    return facts


def _dates(row: FollowUpTemplate, today: date) -> str:
    if row.starts_on > today:
        return _("from %(day)s", day=day_words_with_year(row.starts_on))
    return _("until %(day)s", day=day_words_with_year(row.ends_on)) if row.ends_on else ""


def _tag(row: FollowUpTemplate, replaced: bool) -> tuple[str, str] | None:
    if replaced:
        return _("This school has its own"), "slate"
    return (_("This school’s own"), "teal") if row.school_id is not None else None


@blueprint.get("/sample")
@gate(READ)
def try_out() -> Page:
    """The follow-ups that a sample event on a day would make."""
    school_id = school_of(current_actor())
    today = today_at(school_id, clock.now())
    form = SampleForm(request.args if request.args else None, day=today)
    made: Sequence[Sample] = ()
    is_asked = bool(request.args)
    if is_asked and form.validate() and is_near(form, "day", today):
        templates = templates_for(form.event.data, school_id, form.day.data, form.pathway.data)
        made = sample(templates, form.day.data, school_days(school_id))
    school = get_school(school_id) if school_id is not None else None
    page = render_template(
        "followups/templates/sample.html",
        form=form,
        asked=is_asked and not form.errors,
        made=[
            {
                "title": title_of(sample_row.template),
                "due": day_words_with_year(sample_row.due_on),
                "delay": delay_words(sample_row.template),
                "closes_with": closes_with(sample_row.template),
                "own": sample_row.template.school_id is not None,
            }
            for sample_row in made
        ],
        school=school.name if school else "",
    )
    return page, 400 if form.errors else 200


def is_near(form: BaseForm, field: str, today: date) -> bool:
    """Whether the day in a field is near enough for a preview. If not, the form shows the error."""
    near = not too_far(form[field].data, today)
    if not near:
        apply_refusal(form, Refused(field, _("Choose a day within the next year.")))
    return near


ROOM = Room(pages=(blueprint,))
