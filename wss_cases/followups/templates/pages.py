"""Follow-up templates: the page that lists them, and those that change, add or end one, with a preview.

Each change begins on a day, as a row of its own, and changes no follow-up already made."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, request, url_for
from wtforms import BooleanField, DateField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange

from wss_cases.access.actor import Actor, Invocation, Role
from wss_cases.access.gate import act_form, current_actor, gate
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
    district_template,
    due_on,
    get_template,
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
from wss_cases.foundation.forms import AskingForm, BaseForm, NotBlank, PlainForm, ShortText, apply_refusal, choices
from wss_cases.foundation.i18n import _, _l, either, ngettext
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.journal.acts import Pages, Subject
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
        return {name: self[name].data for name in WRITTEN}


class NewTemplateForm(TemplateForm):
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


pages = Pages(
    "follow_up_template_acts", __name__, url_prefix="/follow-up-templates",
    trail=lambda _row: [(_("Follow-up templates"), url_for("follow_up_templates.templates"))],
)  # fmt: skip


@pages.route("/<int:template_id>", methods=["GET", "POST"])
@gate(READ)
def change(template_id: int) -> Page:
    """Change a template from a day on. Follow-ups made before keep their due date and words."""
    row = get_template(current_actor(), template_id)
    form = _form_of(row)
    return _write(form, lambda call: change_template(call, row.id, form.columns()), row, row.school_id)


@pages.route("/<int:template_id>/own", methods=["GET", "POST"])
@gate(READ)
def own(template_id: int) -> Page:
    """Make a school's own version in place of the district's."""
    school_id = writes_for(current_actor())
    row = district_template(template_id)
    if school_id is None:
        raise NotFound
    form = _form_of(row)
    return _write(form, lambda call: make_own(call, row.id, school_id, form.columns()), row, school_id)


@pages.route("/new", methods=["GET", "POST"])
@gate(READ)
def add() -> Page:
    """Add a template: the district for every school, an administrator for their own."""
    actor, school_id = current_actor(), writes_for(current_actor())
    require(actor, may_write(FollowUpTemplate(school_id=school_id)), FollowUpTemplate(school_id=school_id))
    form = NewTemplateForm()
    return _write(form, lambda call: add_template(call, form.columns() | {"school_id": school_id}), None, school_id)


class EndTemplateForm(PlainForm):
    until = DateField(
        _l("Used until which day?"), [InputRequired(_l("Choose a day."))], description=_l("Today or later.")
    )


def _after_it(row: FollowUpTemplate, _form: EndTemplateForm) -> dict[str, Any]:
    open_now = open_made_from(current_actor()).get(row.series, 0)
    then = (
        _("From the day after, the district’s version is used again.") if row.instead_of_id is not None
        else _("From the day after, nothing is created in its place.")
    )  # fmt: skip
    stays = ngettext(
        "%(num)d follow-up that it created stays open.", "%(num)d follow-ups that it created stay open.", open_now
    )
    return {"facts": [f"{then} {stays}" if open_now else then]}


@pages.act(
    "/<int:template_id>/end", Subject(FollowUpTemplate, get_template), EndTemplateForm, READ, adds=True, endpoint="end",
    title=title_of, button=_l("Stop using it"), lede=lambda row: EVENTS.get(row.event, row.event), more=_after_it,
    then=lambda *_answer: url_for("follow_up_templates.templates"), boxed=False,
)  # fmt: skip
def end_template(uow: UnitOfWork, row: FollowUpTemplate, form: EndTemplateForm) -> None:
    """End a template on a day. After a school's own version the district's applies again.

    Refused for the district's templates of routing rules, because their follow-ups need the words; only a school's
    version of them may end.
    """
    require(uow.actor, may_write(row), row)
    refuse_ended(row)
    if row.event not in TIMED and row.instead_of_id is None:
        raise Refused("", _("The routing rules create this follow-up. You can change its wording, but not remove it."))
    until, today = form.until.data, today_at(row.school_id, uow.now)
    if until < max(today, row.starts_on):
        raise Refused("until", _("Choose today or a later day, not before its start."))
    refuse_far("until", until, today)
    row.ends_on = until
    uow.record(row, "followup_template.ended")


def _form_of(row: FollowUpTemplate) -> TemplateForm:
    return TemplateForm(data={name: getattr(row, name) for name in WRITTEN if name != "starts_on"})


def _write(
    form: TemplateForm, act: Callable[[Invocation], int], old: FollowUpTemplate | None, school_id: int | None
) -> Page:
    school = get_school(school_id) if school_id is not None else None
    event = old.event if old is not None else ""
    shown: dict[str, Any] = {
        "old": old,
        "kind": KINDS.get(old.kind, old.kind) if old else "",
        "event": EVENTS.get(event, event),
        "pathway": pathway_words(old.pathway) if old else "",
        "timed": old is None or event in TIMED,
        "school": school.name if school else "",
        "open_now": open_made_from(current_actor()).get(old.series, 0) if old else 0,
        "samples": None,
    }
    if form.is_submitted() and "preview" in request.form:
        sound = form.validate() and is_near(form, "starts_on", today_at(school_id, clock.now()))
        if sound:
            shown["samples"] = _samples(form, old, school_id)
        return render_template("followups/templates/editing/write.html", form=form, **shown), 200 if sound else 400
    done = url_for("follow_up_templates.templates")
    return act_form(form, act, done, shown, "followups/templates/editing/write.html")


def _samples(form: TemplateForm, old: FollowUpTemplate | None, school_id: int | None) -> list[dict[str, str]]:
    """For the first day and for today: the due date by this form, and by the present template."""
    days = school_days(school_id)
    written = FollowUpTemplate(**form.columns())
    return [
        {
            "happens": day_words_with_year(day),
            "due": day_words_with_year(due_on(written, day, days)),
            "now": day_words_with_year(due_on(old, day, days)) if old is not None else "",
        }
        for day in sorted({form.starts_on.data, today_at(school_id, clock.now())})
    ]


ROOM = Room(pages=(blueprint, pages))
