"""The partners' directory: whoever may need a partner looks one up, the district keeps it and its accounts."""

from datetime import date
from operator import attrgetter
from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy import func, select
from wtforms import BooleanField, DateField, EmailField, SelectField, SelectMultipleField
from wtforms.validators import Email, InputRequired, Length, NumberRange, Optional

from wss_cases.access.actor import Actor, Invocation
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import STATE_LABELS as ACCOUNT_LABELS
from wss_cases.accounts.managed_accounts import accounts_of_partner
from wss_cases.accounts.people.pages import end_for_partner, invite_for_partner
from wss_cases.foundation import clock, forms
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, existing
from wss_cases.foundation.i18n import _, _l, dotted, ngettext
from wss_cases.foundation.ids import begins_words, search_words
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, district_zone, today_at
from wss_cases.journal.acts import Pages
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Hit, Room, Searchable
from wss_cases.journal.timeline import entry_rows
from wss_cases.journal.unit_of_work import UnitOfWork, use_case
from wss_cases.pathways.referrals.consent import language_choices
from wss_cases.pathways.referrals.referral import models
from wss_cases.pathways.referrals.referral.queries import service_words
from wss_cases.roster.directory.pages import grade_words, language_words

MOST_LISTED = 500


def taken_of(partner_ids: list[int]) -> dict[int, int]:
    """How many places of each partner are taken, in one query."""
    statement = (
        select(models.Referral.partner_id, func.count())
        .where(models.Referral.partner_id.in_(partner_ids), models.Referral.state.in_(models.TAKES_A_PLACE))
        .group_by(models.Referral.partner_id)
    )
    rows = db.session.execute(statement).all()
    return {partner_id: number for partner_id, number in rows if partner_id is not None}


def find_partners(
    text: str = "", service: str = "", language: str = "", grade: int | None = None,
    *, free: bool = False, ended: bool = False,
) -> list[tuple[models.Partner, int]]:  # fmt: skip
    """The partners that a filter asks for with the places taken, by name; an empty value asks nothing."""
    statement = select(models.Partner).where(models.Partner.is_active.is_(not ended)).order_by(models.Partner.name)
    if text.strip():
        statement = statement.where(models.Partner.name.icontains(text.strip(), autoescape=True))
    partners = db.session.scalars(statement.limit(MOST_LISTED))
    fitting = [
        row
        for row in partners
        if (not service or service in row.services)
        and (not language or language in row.languages)
        and (grade is None or _takes_grade(row, grade))
    ]
    taken = taken_of([row.id for row in fitting])
    rows = [(row, taken.get(row.id, 0)) for row in fitting]
    return [(row, used) for row, used in rows if not free or used < row.capacity]


def _takes_grade(row: models.Partner, grade: int) -> bool:
    low = row.low_grade if row.low_grade is not None else -1
    return low <= grade <= (row.high_grade if row.high_grade is not None else 13)


def languages_spoken() -> list[str]:
    """The languages that any partner speaks, sorted."""
    statement = select(models.Partner.languages).where(models.Partner.is_active)
    return sorted({code for spoken in db.session.scalars(statement) for code in spoken})


def suggestions(wanted: models.Wanted, day: date) -> list[models.Match]:
    """Every active partner and how it fits a student, the best first."""
    rows = list(db.session.scalars(select(models.Partner).where(models.Partner.is_active).limit(MOST_LISTED)))
    taken = taken_of([row.id for row in rows])
    return models.by_fit([models.match(row, taken.get(row.id, 0), wanted, day) for row in rows])


GRADES = range(-1, 14)
MOST = 10_000
MOST_DAYS = 200
WRITTEN = (
    "name", "services", "roles", "languages", "area", "capacity", "agreement_from", "agreement_until",
    "days_to_answer", "days_to_first_service", "contact_name", "phone",
)  # fmt: skip
"""Columns that the form of an entry writes as they are; the two grades are numbers there."""


def grade_choices(empty: Any) -> list[Any]:
    """The grades as choices, an empty one first."""
    return forms.choices([("", empty), *((str(grade), grade_words(grade)) for grade in GRADES)])


def _grade(text: Any) -> int | None:
    return int(text) if text in {str(grade) for grade in GRADES} else None


def _days(label: Any, default: int) -> forms.WholeNumber:
    message = _l("Write a number of school days from 1 to %(most)d.", most=MOST_DAYS)
    return forms.WholeNumber(label, [NumberRange(1, MOST_DAYS, message)], default=default)


class EntryForm(forms.PlainForm):
    name = forms.ShortText(_l("Name"), [forms.NotBlank(_l("Write the partner’s name."))])
    services = SelectMultipleField(
        _l("What it offers"),
        choices=forms.choices(list(models.Service.labels().items())),
        validators=[InputRequired(_l("Choose at least one kind of help."))],
    )
    roles = SelectMultipleField(
        _l("Role beside a school"),
        choices=forms.choices(list(models.PartnerRole.labels().items())),
        validators=[Optional()],
    )
    languages = SelectMultipleField(_l("Languages spoken there"), validators=[Optional()])
    low_grade = SelectField(_l("From grade"), validators=[Optional()])
    high_grade = SelectField(_l("To grade"), validators=[Optional()])
    area = forms.ShortText(_l("Area"), description=_l("Where families can reach it."))
    capacity = forms.WholeNumber(
        _l("Places"), [NumberRange(0, MOST, _l("Enter how many students it can take at once."))],
        description=_l("How many students it can take at once."),
    )  # fmt: skip
    agreement_from = DateField(
        _l("Agreement since"), [Optional()], description=_l("Without an agreement in force nothing can be sent.")
    )
    agreement_until = DateField(_l("Agreement until"), [Optional()], description=_l("Blank if there is no end date."))
    days_to_answer = _days(_l("School days to answer"), 5)
    days_to_first_service = _days(_l("School days from accepting to the first service"), 10)
    contact_name = forms.ShortText(_l("Who to call there"), names=True)
    phone = forms.ShortText(_l("Phone"), limit=60, width="medium")

    def fit(self, partner: models.Partner | None) -> None:
        self.languages.choices = forms.choices(language_choices(*(partner.languages if partner else ())))
        self.low_grade.choices = self.high_grade.choices = grade_choices(_("Any"))

    def validate(self, extra_validators: Any = None) -> bool:
        sound = super().validate(extra_validators)
        low, high = _grade(self.low_grade.data), _grade(self.high_grade.data)
        first, last = self.agreement_from.data, self.agreement_until.data
        sound = forms.needs(
            sound, self.high_grade, low is not None and high is not None and high < low,
            _("The last grade is before the first."),
        )  # fmt: skip
        sound = forms.needs(
            sound, self.agreement_from, last is not None and first is None, _("Enter the start of the agreement.")
        )
        backward = first is not None and last is not None and last < first
        return forms.needs(sound, self.agreement_until, backward, _("The last day is before the first."))


class FilterForm(forms.AskingForm):
    """What is asked of the directory."""

    q = forms.ShortText(_l("Name"))
    service = forms.choice_field(
        _l("Kind of help"), [("", _l("Any")), *models.Service.labels().items()], validators=[Optional()]
    )
    language = SelectField(_l("Language"), validators=[Optional()])
    grade = SelectField(_l("Grade"), validators=[Optional()])
    free = BooleanField(_l("Only with an open spot"))
    ended = BooleanField(_l("Inactive partners"))


class PersonForm(forms.PlainForm):
    name = forms.ShortText(_l("Name"), [forms.NotBlank(_l("Enter the person’s name."))])
    email = EmailField(
        _l("Email address"),
        [
            forms.NotBlank(_l("Enter an email address.")),
            Length(max=254, message=_l("Use at most %(max)d characters.")),
            forms.check_characters,
            Email(_l("Enter an email address like name@partner.org.")),
        ],
    )


def partner_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Active partners, by name, where every typed word begins a word of the name, a service or the area."""
    words = search_words(typed)
    if not words or not might(actor, Permission.PARTNER_READ):
        return []
    hits = []
    for row, _taken in find_partners():
        services = ", ".join(service_words(service) for service in row.services)
        if begins_words(words, f"{row.name} {services} {row.area}"):
            hits.append(Hit(row.name, url_for("partners.partner", partner_id=row.id), dotted(services, row.area)))
    return hits[skip : skip + limit]


def _trail(partner: models.Partner | None) -> list[tuple[Any, str]]:
    trail = [(_("Partners"), url_for("partners.partners"))]
    return trail if partner is None else [*trail, (partner.name, _href(partner.id))]


def _href(partner_id: int) -> str:
    return url_for("partners.partner", partner_id=partner_id)


pages = Pages("partners", __name__, trail=_trail, url_prefix="/partners")
EDIT = Permission.PARTNER_EDIT


@pages.get("")
@gate(Permission.PARTNER_READ)
def partners() -> Page:
    """The directory, by name, with filters."""
    form = FilterForm(formdata=request.args) if request.args else FilterForm(formdata=None)
    spoken = languages_spoken()
    form.language.choices = forms.choices([("", _("Any")), *((code, language_words(code)) for code in spoken)])
    form.grade.choices = grade_choices(_("Any"))
    form.validate()
    today, chips = today_at(None, clock.now()), _chips(form)
    rows = find_partners(
        (form.q.data or "")[:200], form.service.data or "", form.language.data or "", _grade(form.grade.data),
        free=form.free.data, ended=form.ended.data,
    )  # fmt: skip
    return render_template(
        "pathways/referrals/partners/list.html",
        form=form,
        rows=[_row(row, taken, today) for row, taken in rows],
        asked=bool(chips),
        chips=chips,
        may_edit=might(current_actor(), Permission.PARTNER_EDIT),
    )


def _chips(form: FilterForm) -> list[tuple[str, str]]:
    """Each filter in use in words, with the address that takes it away."""
    used = {field.name: field for field in (form.q, form.service, form.language, form.grade, form.free, form.ended)}
    used = {name: field for name, field in used.items() if field.data}
    held: dict[str, Any] = {name: "y" if field.data is True else field.data for name, field in used.items()}
    chips = []
    for name, field in used.items():
        named = {choice.value: str(choice.label) for choice in getattr(field, "choices", ())}
        value = held[name]
        words = str(field.label.text) if value == "y" else named.get(value, value)
        left = {key: value_in_use for key, value_in_use in held.items() if key != name}
        chips.append((words, url_for("partners.partners", **left)))
    return chips


def _row(row: models.Partner, taken: int, today: date) -> dict[str, Any]:
    words, tone = _agreement(row, today)
    free = max(row.capacity - taken, 0)
    return {
        "name": row.name,
        "href": url_for("partners.partner", partner_id=row.id),
        "meta": dotted(
            ", ".join(service_names(row)),
            _("%(taken)d of %(places)d spots taken", taken=taken, places=row.capacity),
            row.area,
        ),
        "tag": words,
        "tone": tone,
        "free": free,
    }


def service_names(row: models.Partner) -> list[str]:
    return [str(models.Service(code).label) for code in row.services if code in set(models.Service)]


def _agreement(row: models.Partner, today: date) -> tuple[str, str]:
    if not row.is_active:
        return _("Ended"), "slate"
    if not models.agreement_in_force(row, today):
        return _("No agreement in force"), "brick"
    if models.agreement_ends_soon(row, today):
        return _("Agreement ends %(day)s", day=day_words_with_year(row.agreement_until)), "sun"
    return _("Agreement in force"), "moss"


@pages.get("/<int:partner_id>")
@gate(Permission.PARTNER_READ)
def partner(partner_id: int) -> Page:
    """One partner; for the district also who signs in for it, and its history."""
    row, today = existing(db.session.get(models.Partner, partner_id)), today_at(None, clock.now())
    may_edit = might(current_actor(), Permission.PARTNER_EDIT)
    people = accounts_of_partner(row.id, clock.now()) if may_edit else []
    return render_template(
        "pathways/referrals/partners/partner.html",
        row=row,
        agreement=_agreement(row, today),
        facts=_facts(row, taken_of([row.id]).get(row.id, 0)),
        may_edit=may_edit,
        people=[
            {"id": grant.id, "name": user.name, "meta": user.email, "state": str(ACCOUNT_LABELS[user.state])}
            for grant, user in people
        ],
        entries=entry_rows(history("partner", row.id) if may_edit else [], district_zone()),
    )


def _facts(row: models.Partner, taken: int) -> list[dict[str, Any]]:
    grades = " – ".join(grade_words(each) for each in (row.low_grade, row.high_grade) if each is not None)
    days = [day_words_with_year(row.agreement_from), day_words_with_year(row.agreement_until)]
    if row.agreement_until is None and row.agreement_from is not None:
        days[1] = _("no end date")
    return [
        {"label": _("What it offers"), "value": service_names(row)},
        {
            "label": _("Role beside a school"),
            "value": ", ".join(
                str(models.PartnerRole(role).label) for role in row.roles if role in set(models.PartnerRole)
            ),
        },
        {"label": _("Languages"), "value": ", ".join(language_words(code) for code in row.languages)},
        {"label": _("Grades"), "value": grades},
        {"label": _("Area"), "value": row.area},
        {"label": _("Places"), "value": _("%(taken)d of %(places)d spots taken", taken=taken, places=row.capacity)},
        {"label": _("Agreement"), "value": " – ".join(day for day in days if day)},
        {
            "label": _("Answers within"),
            "value": ngettext("%(num)d school day", "%(num)d school days", row.days_to_answer),
        },
        {
            "label": _("First service after accepting"),
            "value": ngettext("within %(num)d school day", "within %(num)d school days", row.days_to_first_service),
        },
        {"label": _("Who to call"), "value": " · ".join(x for x in (row.contact_name, row.phone) if x)},
    ]


@pages.act(
    "/new", None, EntryForm, EDIT, endpoint="add",
    title=_l("Add a partner"), button=_l("Save the entry"), boxed=False,
    then=lambda _none, partner_id: _href(partner_id),
)  # fmt: skip
def add_partner(uow: UnitOfWork, form: EntryForm) -> int:
    """Add a partner to the directory."""
    partner = models.Partner()
    _write(uow, partner, form)
    uow.add(partner)
    uow.record(partner, "partner.added")
    return partner.id


def _start(partner: models.Partner) -> dict[str, Any]:
    grades = {"low_grade": partner.low_grade, "high_grade": partner.high_grade}
    texts = {name: "" if grade is None else str(grade) for name, grade in grades.items()}
    return {name: getattr(partner, name) for name in WRITTEN} | texts


@pages.act(
    "/<int:partner_id>/edit", models.Partner, EntryForm, EDIT, endpoint="edit",
    title=_l("Change the entry"), button=_l("Save the entry"), then=lambda partner, _id: _href(partner.id), boxed=False,
    start=_start, lede=attrgetter("name"),
)  # fmt: skip
def change_partner(uow: UnitOfWork, partner: models.Partner, form: EntryForm) -> None:
    """Change a partner's entry. Referrals that were sent keep the name they were sent under."""
    _write(uow, partner, form)
    uow.record(partner, "partner.changed")


def _write(uow: UnitOfWork, partner: models.Partner, form: EntryForm) -> None:
    with uow.session.no_autoflush:
        same_name = uow.session.scalar(select(models.Partner.id).where(models.Partner.name == form.name.data))
    if same_name is not None and same_name != partner.id:
        raise Refused("name", _("There is already a partner with this name."))
    for name in WRITTEN:
        setattr(partner, name, form[name].data)
    partner.low_grade, partner.high_grade = _grade(form.low_grade.data), _grade(form.high_grade.data)


def _end_facts(partner: models.Partner, _form: forms.PlainForm) -> dict[str, Any]:
    if partner.is_active:
        return {"facts": [_("Its people lose access to every referral right away, and no new one can be sent.")]}
    return {"facts": [_("Its people can again see the referrals whose consent is still valid.")]}


@pages.act(
    "/<int:partner_id>/end", models.Partner, forms.PlainForm, EDIT, endpoint="end",
    title=lambda row: _("Deactivate this partner") if row.is_active else _("Reactivate this partner"),
    button=lambda row: _("End it") if row.is_active else _("Reactivate"),
    then=lambda partner, _id: _href(partner.id), lede=attrgetter("name"), more=_end_facts, boxed=False,
)  # fmt: skip
def end_or_resume(uow: UnitOfWork, partner: models.Partner, _form: forms.PlainForm) -> None:
    """End the work with a partner, or take it up again. While ended, its people see no referral at all."""
    partner.is_active = not partner.is_active
    uow.record(partner, "partner.resumed" if partner.is_active else "partner.ended")


@pages.act(
    "/<int:partner_id>/people/new", models.Partner, PersonForm, EDIT, adds=True, endpoint="invite",
    title=_l("Invite a person of this partner"), button=_l("Send the invitation"), lede=attrgetter("name"), boxed=False,
    then=lambda partner, _id: _href(partner.id),
    more=lambda _partner, _form: {
        "facts": [_("They get an email with a link to choose a password. They see only this partner’s referrals.")]
    },
)  # fmt: skip
def invite_person(uow: UnitOfWork, partner: models.Partner, form: PersonForm) -> int:
    """Invite a person to sign in for a partner. Returns the account's id."""
    if not partner.is_active:
        raise Refused("", _("The work with this partner has ended."))
    user_id: int = invite_for_partner(uow, partner.id, form.email.data, form.name.data).id
    return user_id


@use_case
def end_person(uow: UnitOfWork, partner_id: int, grant_id: int) -> int:
    """End a person's access for a partner, from their next request on."""
    partner = uow.load(models.Partner, partner_id, EDIT)
    user = end_for_partner(uow, partner.id, grant_id)
    uow.record(partner, "partner.user_ended", name=user.name)
    return partner.id


@pages.post("/<int:partner_id>/people/<int:partner_grant_id>/end", endpoint="end_person")
@gate(Permission.PARTNER_EDIT)
def end_person_page(partner_id: int, partner_grant_id: int) -> Page:
    """End a person's access for a partner."""
    end_person(Invocation(current_actor(), clock.now()), partner_id, partner_grant_id)
    return redirect(url_for("partners.partner", partner_id=partner_id), 303)


ROOM = Room(pages=(pages,), searchable=(Searchable("partners", _l("Partners"), 60, partner_hits),))
