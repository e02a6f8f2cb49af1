"""The partners' directory: whoever may need a partner looks one up, the district keeps it and its accounts."""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as dataclasses_field
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import select
from wtforms import BooleanField, DateField, EmailField, IntegerField, SelectField, SelectMultipleField
from wtforms.validators import Email, InputRequired, Length, Optional

from wss_cases.access.act_pages import act_form, submitted
from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate
from wss_cases.access.invocation import Invocation
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import might
from wss_cases.accounts.account.models import STATE_LABELS as ACCOUNT_LABELS
from wss_cases.accounts.managed_accounts import accounts_of_partner
from wss_cases.accounts.people.partners import end_for_partner, invite_for_partner
from wss_cases.foundation import clock
from wss_cases.foundation.dates import day_words_with_year
from wss_cases.foundation.errors import NotFound, Refused
from wss_cases.foundation.forms import AskingForm, BaseForm, NotBlank, ShortText, check_characters, choices
from wss_cases.foundation.forms import select as foundation_select
from wss_cases.foundation.i18n import dotted, ngettext
from wss_cases.foundation.i18n import gettext as _
from wss_cases.foundation.i18n import lazy_gettext as _l
from wss_cases.foundation.ids import begins_words, search_words
from wss_cases.foundation.pages import Page, form_page
from wss_cases.foundation.school_time import district_zone, today_at
from wss_cases.journal.queries import history
from wss_cases.journal.rooms import Hit, Room, Searchable
from wss_cases.journal.timeline import entry_rows
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.journal.use_cases import use_case
from wss_cases.pathways.common.pages import ConfirmForm
from wss_cases.pathways.referrals.consent import language_choices
from wss_cases.pathways.referrals.partners.queries import PartnerFilter, get_partner, languages_spoken, taken_of
from wss_cases.pathways.referrals.partners.queries import partners as find_partners
from wss_cases.pathways.referrals.referral.models import Partner
from wss_cases.pathways.referrals.referral.queries import service_words
from wss_cases.pathways.referrals.referral.rules import PartnerRole, Service, agreement_ends_soon, agreement_in_force
from wss_cases.roster.directory.pages import grade_words, language_words

GRADES = range(-1, 14)
NUMBER = _l("Write a whole number.")


class WholeNumber(IntegerField):
    """A whole number in digits, refused in our own words."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was typed; ValueError with a plain message when it is no number."""
        typed = str(valuelist[0]).strip() if valuelist else ""
        if not typed:
            return
        if not (typed.removeprefix("-").isascii() and typed.removeprefix("-").isdigit()) or len(typed) > 9:
            raise ValueError(NUMBER)
        self.data = int(typed)


class EntryForm(BaseForm):
    """What the directory holds of a partner."""

    name = ShortText(_l("Name"), [NotBlank(_l("Write the partner’s name."))])
    services = SelectMultipleField(
        _l("What it offers"),
        choices=choices(list(Service.labels().items())),
        validators=[InputRequired(_l("Choose at least one kind of help."))],
    )
    roles = SelectMultipleField(
        _l("Role beside a school"), choices=choices(list(PartnerRole.labels().items())), validators=[Optional()]
    )
    languages = SelectMultipleField(_l("Languages spoken there"), validators=[Optional()])
    low_grade = SelectField(_l("From grade"), validators=[Optional()])
    high_grade = SelectField(_l("To grade"), validators=[Optional()])
    area = ShortText(_l("Area"), description=_l("Where families can reach it."))
    capacity = WholeNumber(
        _l("Places"), validators=[InputRequired(NUMBER)], description=_l("How many students it can take at once.")
    )
    agreement_from = DateField(_l("Agreement since"), validators=[Optional()])
    agreement_until = DateField(_l("Agreement until"), validators=[Optional()])
    contact_name = ShortText(_l("Who to call there"))
    phone = ShortText(_l("Phone"), limit=60)
    days_to_answer = WholeNumber(_l("School days to answer"), validators=[InputRequired(NUMBER)], default=5)
    days_to_first_service = WholeNumber(
        _l("School days from accepting to the first service"), validators=[InputRequired(NUMBER)], default=10
    )


class FilterForm(AskingForm):
    """What is asked of the directory."""

    q = ShortText(_l("Name"))
    service = foundation_select(
        _l("Kind of help"), [("", _l("Any")), *Service.labels().items()], validators=[Optional()]
    )
    language = SelectField(_l("Language"), validators=[Optional()])
    grade = SelectField(_l("Grade"), validators=[Optional()])
    free = BooleanField(_l("Only with an open spot"))
    ended = BooleanField(_l("Inactive partners"))


class PersonForm(BaseForm):
    """A person who signs in for a partner."""

    name = ShortText(_l("Name"), [NotBlank(_l("Enter the person’s name."))])
    email = EmailField(
        _l("Email address"),
        [
            NotBlank(_l("Enter an email address.")),
            Length(max=254, message=_l("Use at most %(max)d characters.")),
            check_characters,
            Email(_l("Enter an email address like name@partner.org.")),
        ],
    )


MOST = 10_000
MOST_DAYS = 200


@dataclass(frozen=True)
class Entry:
    """What the directory holds of a partner."""

    name: str
    services: list[str]
    languages: list[str]
    low_grade: int | None
    high_grade: int | None
    area: str
    capacity: int
    agreement_from: date | None
    agreement_until: date | None
    contact_name: str
    phone: str
    days_to_answer: int
    days_to_first_service: int
    roles: list[str] = dataclasses_field(default_factory=list)


@use_case
def add(uow: UnitOfWork, entry: Entry) -> int:
    """Add a partner to the directory. Returns its id. Raises NotFound for whom the directory is not to edit."""
    if not might(uow.actor, Permission.PARTNER_EDIT):
        raise NotFound
    row = Partner()
    _write(uow, row, entry)
    uow.add(row)
    uow.record(row, "partner.added")
    return row.id


@use_case
def change(uow: UnitOfWork, partner_id: int, entry: Entry) -> int:
    """Change a partner's entry. Referrals that were sent keep the name they were sent under."""
    row = uow.load(Partner, partner_id, Permission.PARTNER_EDIT, uow.version)
    _write(uow, row, entry)
    uow.record(row, "partner.changed")
    return row.id


def _write(uow: UnitOfWork, row: Partner, entry: Entry) -> None:
    _check(uow, row, entry)
    for name, value in vars(entry).items():
        setattr(row, name, value)


def _check(uow: UnitOfWork, row: Partner, entry: Entry) -> None:
    with uow.session.no_autoflush:
        same_name = uow.session.scalar(select(Partner.id).where(Partner.name == entry.name))
    if not entry.name.strip():
        raise Refused("name", _("Write the partner’s name."))
    if same_name is not None and same_name != row.id:
        raise Refused("name", _("There is already a partner with this name."))
    if not entry.services or set(entry.services) - set(Service):
        raise Refused("services", _("Choose at least one kind of help."))
    if set(entry.roles) - set(PartnerRole):
        raise Refused("roles", _("Choose roles from the list."))
    if not 0 <= entry.capacity <= MOST:
        raise Refused("capacity", _("Enter how many students it can take at once."))
    for name in ("days_to_answer", "days_to_first_service"):
        if not 1 <= getattr(entry, name) <= MOST_DAYS:
            raise Refused(name, _("Write a number of school days from 1 to %(most)d.", most=MOST_DAYS))
    low, high = entry.low_grade, entry.high_grade
    if low is not None and high is not None and high < low:
        raise Refused("high_grade", _("The last grade is before the first."))
    if entry.agreement_until is not None and entry.agreement_from is None:
        raise Refused("agreement_from", _("Enter the start of the agreement."))
    if entry.agreement_from and entry.agreement_until and entry.agreement_until < entry.agreement_from:
        raise Refused("agreement_until", _("The last day is before the first."))


@use_case
def set_active(uow: UnitOfWork, partner_id: int, active: bool) -> int:
    """End the work with a partner, or take it up again. While ended, its people see no referral at all."""
    row = uow.load(Partner, partner_id, Permission.PARTNER_EDIT, uow.version)
    row.is_active = active
    uow.record(row, "partner.resumed" if active else "partner.ended")
    return row.id


@use_case
def invite_person(uow: UnitOfWork, partner_id: int, email: str, name: str) -> int:
    """Invite a person to sign in for a partner. Returns the account's id."""
    row = uow.load(Partner, partner_id, Permission.PARTNER_EDIT)
    if not row.is_active:
        raise Refused("", _("The work with this partner has ended."))
    user_id: int = invite_for_partner(uow, row.id, email, name).id
    return user_id


@use_case
def end_person(uow: UnitOfWork, partner_id: int, grant_id: int) -> int:
    """End a person's access for a partner; it bites on their next request."""
    row = uow.load(Partner, partner_id, Permission.PARTNER_EDIT)
    user = end_for_partner(uow, row.id, grant_id)
    uow.record(row, "partner.user_ended", name=user.name)
    return row.id


def partner_hits(actor: Actor, typed: str, limit: int, skip: int) -> list[Hit]:
    """Return partners one works with of whose name, services or area every typed word begins some word, by name."""
    words = search_words(typed)
    if not words or not might(actor, Permission.PARTNER_READ):
        return []
    hits = []
    for row, _taken in find_partners(PartnerFilter()):
        services = ", ".join(service_words(service) for service in row.services)
        if begins_words(words, f"{row.name} {services} {row.area}"):
            hits.append(Hit(row.name, url_for("partners.partner", partner_id=row.id), dotted(services, row.area)))
    return hits[skip : skip + limit]


blueprint = Blueprint("partners", __name__, url_prefix="/partners")


def grade_choices(empty: Any) -> list[Any]:
    """Return the grades as choices, an empty one first."""
    return choices([("", empty), *((str(grade), grade_words(grade)) for grade in GRADES)])


def _grade(text: Any) -> int | None:
    return int(text) if text in {str(grade) for grade in GRADES} else None


@blueprint.get("")
@gate(Permission.PARTNER_READ)
def partners() -> Page:
    """The directory, by name, with filters."""
    form = FilterForm(formdata=request.args) if request.args else FilterForm(formdata=None)
    spoken = languages_spoken()
    form.language.choices = choices([("", _("Any")), *((code, language_words(code)) for code in spoken)])
    form.grade.choices = grade_choices(_("Any"))
    form.validate()
    filters = PartnerFilter(
        text=(form.q.data or "")[:200],
        service=form.service.data or "",
        language=form.language.data or "",
        grade=_grade(form.grade.data),
        free=form.free.data,
        ended=form.ended.data,
    )
    today = today_at(None, clock.now())
    rows = find_partners(filters)
    return render_template(
        "pathways/referrals/partners/list.html",
        form=form,
        rows=[_row(row, taken, today) for row, taken in rows],
        asked=filters != PartnerFilter(),
        chips=_chips(form),
        may_edit=might(current_actor(), Permission.PARTNER_EDIT),
    )


def _chips(form: FilterForm) -> list[tuple[str, str]]:
    """Return each filter in use in words, with the address that takes it away."""
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


def _row(row: Partner, taken: int, today: date) -> dict[str, Any]:
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


def service_names(row: Partner) -> list[str]:
    """Return what a partner does, in words."""
    return [str(Service(code).label) for code in row.services if code in set(Service)]


def _agreement(row: Partner, today: date) -> tuple[str, str]:
    if not row.is_active:
        return _("Ended"), "slate"
    if not agreement_in_force(row, today):
        return _("No agreement in force"), "brick"
    if agreement_ends_soon(row, today):
        return _("Agreement ends %(day)s", day=day_words_with_year(row.agreement_until)), "sun"
    return _("Agreement in force"), "moss"


@blueprint.get("/<int:partner_id>")
@gate(Permission.PARTNER_READ)
def partner(partner_id: int) -> Page:
    """One partner; for the district also who signs in for it, and its history."""
    row, today = get_partner(partner_id), today_at(None, clock.now())
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


def _facts(row: Partner, taken: int) -> list[dict[str, Any]]:
    grades = " – ".join(grade_words(each) for each in (row.low_grade, row.high_grade) if each is not None)
    days = [day_words_with_year(row.agreement_from), day_words_with_year(row.agreement_until)]
    if row.agreement_until is None and row.agreement_from is not None:
        days[1] = _("no end date")
    return [
        {"label": _("What it offers"), "value": service_names(row)},
        {
            "label": _("Role beside a school"),
            "value": ", ".join(str(PartnerRole(role).label) for role in row.roles if role in set(PartnerRole)),
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


@blueprint.route("/new", methods=["GET", "POST"], endpoint="add")
@gate(Permission.PARTNER_EDIT)
def add_page() -> Page:
    """Add a partner to the directory."""
    form = _entry_form(None)
    return form_page(
        form,
        lambda: add(submitted(form), _entry(form)),
        lambda partner_id: url_for("partners.partner", partner_id=partner_id),
        "pathways/referrals/partners/edit.html",
        title=_("Add a partner"),
        row=None,
    )


@blueprint.route("/<int:partner_id>/edit", methods=["GET", "POST"])
@gate(Permission.PARTNER_EDIT)
def edit(partner_id: int) -> Page:
    """Change a partner's entry."""
    row = get_partner(partner_id)
    form = _entry_form(row)
    return form_page(
        form,
        lambda: change(submitted(form), row.id, _entry(form)),
        url_for("partners.partner", partner_id=row.id),
        "pathways/referrals/partners/edit.html",
        title=_("Change the entry"),
        row=row,
    )


def _entry_form(row: Partner | None) -> EntryForm:
    values = {} if row is None else {name: getattr(row, name) for name in Entry.__dataclass_fields__}
    for name in ("low_grade", "high_grade"):
        values[name] = "" if values.get(name) is None else str(values[name])
    form = EntryForm(version=row.version if row else "", **values)
    form.languages.choices = choices(language_choices(*(row.languages if row else ())))
    form.low_grade.choices = form.high_grade.choices = grade_choices(_("Any"))
    return form


def _entry(form: EntryForm) -> Entry:
    values = {name: form[name].data for name in Entry.__dataclass_fields__}
    values |= {name: _grade(values[name]) for name in ("low_grade", "high_grade")}
    return Entry(**values)


@blueprint.route("/<int:partner_id>/end", methods=["GET", "POST"])
@gate(Permission.PARTNER_EDIT)
def end(partner_id: int) -> Page:
    """End the work with a partner, or take it up again."""
    row = get_partner(partner_id)
    form = ConfirmForm(version=row.version)
    if row.is_active:
        title, go_words = _("Deactivate this partner"), _("End it")
        fact = _("Its people lose access to every referral right away, and no new one can be sent.")
    else:
        title, go_words = _("Reactivate this partner"), _("Reactivate")
        fact = _("Its people can again see the referrals whose consent is still valid.")
    active = not row.is_active
    words = {"title": title, "go_words": go_words, "fact": fact}
    return _act_page(row, form, lambda call: set_active(call, row.id, active), words)


@blueprint.route("/<int:partner_id>/people/new", methods=["GET", "POST"])
@gate(Permission.PARTNER_EDIT)
def invite(partner_id: int) -> Page:
    """Invite a person to sign in for a partner."""
    row = get_partner(partner_id)
    form = PersonForm()
    words = {
        "title": _("Invite a person of this partner"),
        "go_words": _("Send the invitation"),
        "fact": _("They get an email with a link to choose a password. They see only this partner’s referrals."),
    }
    return _act_page(row, form, lambda call: invite_person(call, row.id, form.email.data, form.name.data), words)


def _act_page(row: Partner, form: BaseForm, act: Callable[[Invocation], int], words: dict[str, str]) -> Page:
    done = url_for("partners.partner", partner_id=row.id)
    return act_form(form, act, done, {"row": row, **words}, "pathways/referrals/partners/keep.html")


@blueprint.post("/<int:partner_id>/people/<int:partner_grant_id>/end", endpoint="end_person")
@gate(Permission.PARTNER_EDIT)
def end_person_page(partner_id: int, partner_grant_id: int) -> Page:
    """End a person's access for a partner."""
    end_person(Invocation(current_actor(), clock.now()), partner_id, partner_grant_id)
    return redirect(url_for("partners.partner", partner_id=partner_id), 303)


ROOM = Room(pages=(blueprint,), searchable=(Searchable("partners", _l("Partners"), 60, partner_hits),))
