"""The survey pages of a school and of the district: rounds and their results, slips to print, invitations by email, and
the sheet with the code for a wall."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import make_response, render_template, request, url_for
from sqlalchemy import delete
from wtforms import BooleanField, DateField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import current_actor, gate, submitted
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can, require
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.clock import school_year
from wss_cases.foundation.errors import NotFound, Refused, existing
from wss_cases.foundation.forms import BaseForm, PlainForm, apply_refusal, choices, radio
from wss_cases.foundation.i18n import _, _l, dotted, force_locale, locale_code
from wss_cases.foundation.ids import id_in, new_code
from wss_cases.foundation.pages import Page, code_picture, printed_address
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.acts import Pages, Subject
from wss_cases.journal.rooms import Room
from wss_cases.journal.unit_of_work import UnitOfWork
from wss_cases.mail.family_texts import family_text, family_texts
from wss_cases.roster.directory.models import School
from wss_cases.roster.directory.pages import grade_words
from wss_cases.roster.directory.queries import get_school, schools_by_id
from wss_cases.surveys.links import (
    Slip,
    SurveyLink,
    add_links,
    count_unused_slips,
    invited_tally,
    opted_out,
    people_of,
    refuse_over,
    show_slips,
    unused_slips,
    waiting_slips,
    without_link,
)
from wss_cases.surveys.mailing import queue_invitations
from wss_cases.surveys.results import ResultState, SurveyResult, count_round, results_of
from wss_cases.surveys.rounds import (
    FEWEST,
    LONGEST,
    NOTICE,
    PAGE,
    READERS,
    SurveyGroup,
    SurveyRound,
    SurveyTally,
    SurveyWall,
    Way,
    blank,
    get_round,
    is_open,
    questions_on,
    refuse_soon,
    rounds_seen,
    running_round,
    seal_counts,
    tallies_of,
    text_code,
    texts_of,
    wall_of,
)


class RoundForm(PlainForm):
    groups = SelectMultipleField(
        _l("Who is asked"),
        validators=[InputRequired(_l("Choose who is asked."))],
        choices=choices(list(SurveyGroup.labels().items())),
    )
    notice_on = DateField(
        _l("Families were told on"),
        validators=[Optional()],
        description=_l("For students only. Tell families what is asked, and that they can opt their child out."),
    )
    opens_on = DateField(
        _l("First day"),
        validators=[InputRequired(_l("Enter the first day."))],
        description=_l("At least 7 days after families were told."),
    )
    closes_on = DateField(_l("Last day"), validators=[InputRequired(_l("Enter the last day."))])
    wall = BooleanField(
        _l("Also a code to scan on the wall. Anyone can use it: its answers are shown apart and are never a baseline.")
    )


class GroupForm(PlainForm):
    group = radio(_l("Slips for"), SurveyGroup, _l("Choose who it is for."))

    def fit(self, row: SurveyRound) -> None:
        self.group.choices = choices([(group.value, group.label) for group in row.groups])


class InviteForm(PlainForm):
    group = radio(_l("Email to"), SurveyGroup, _l("Choose who it is for."))

    def fit(self, row: SurveyRound) -> None:
        self.group.choices = choices([(group.value, group.label) for group in _with_addresses(row)])


def _with_addresses(row: SurveyRound) -> list[SurveyGroup]:
    return [group for group in row.groups if group is not SurveyGroup.STUDENT]


def state_words(row: SurveyRound, today: date) -> tuple[str, str]:
    """The state of a round in words, and the tone of its tag."""
    if row.counted_at is not None:
        return _("Counted"), "moss"
    if is_open(row, today):
        return _("Open"), "sun"
    return (_("Planned"), "slate") if today < row.opens_on else (_("Being counted"), "slate")


def days_words(row: SurveyRound) -> str:
    return _("%(first)s to %(last)s", first=day_words_with_year(row.opens_on), last=day_words_with_year(row.closes_on))


def part_rows(tallies: Sequence[SurveyTally]) -> list[list[Any]]:
    """Participation: links made, slips replaced, links used; and answers by the code on the wall, which has no
    links."""
    return [
        [
            f"{tally.audience.label} – {tally.way.label}",
            tally.invited if tally.way is Way.INVITED else "–",
            tally.replaced if tally.way is Way.INVITED else "–",
            tally.taken if tally.way is Way.INVITED or tally.taken >= FEWEST else _("fewer than 10"),
        ]
        for tally in tallies
    ]


def result_tables(results: Sequence[SurveyResult], way: Way, language: str, day: date) -> list[dict[str, Any]]:
    """A table for each group that answered by a way: question, share, answers; hidden shares say why."""
    words = family_texts([text_code(result.audience, result.question) for result in results], language, day)
    tables = []
    for group in SurveyGroup:
        mine = [result for result in results if result.audience is group and result.way is way]
        if mine:
            rows = [_result_row(result, words[text_code(group, result.question)].text) for result in mine]
            tables.append({"title": group.label, "rows": rows})
    return tables


def _result_row(result: SurveyResult, question: str) -> list[Any]:
    if result.state is not ResultState.SHOWN or result.favorable is None or result.answered is None:
        return [question, result.state.label, "–"]
    return [question, f"{round(100 * result.favorable / result.answered)}%", result.answered]


def _href(row: SurveyRound) -> str:
    return url_for("surveys.one", survey_round_id=row.id)


def _trail(record: Any) -> list[tuple[Any, str]]:
    above = [(_("School surveys"), url_for("surveys.rounds"))]
    return [*above, (days_words(record), _href(record))] if isinstance(record, SurveyRound) else above


def _own_school(actor: Actor) -> School:
    return existing(get_school(existing(chosen_school_id(actor, *READERS))))


def _running(actor: Actor, survey_round_id: int) -> SurveyRound:
    row = get_round(actor, survey_round_id)
    require(actor, Permission.SURVEY_RUN, row)
    if row.counted_at is not None:
        raise NotFound
    return row


pages = Pages("surveys", __name__, trail=_trail, url_prefix="/surveys")
links = Pages("survey_links", __name__, trail=_trail, url_prefix="/surveys/<int:survey_round_id>")
RUNNING = Subject(SurveyRound, _running)


@pages.get("")
@gate(Permission.SURVEY_READ)
def rounds() -> Page:
    """The surveys of the chosen school, or of all schools the reader may see, the newest first."""
    actor = current_actor()
    school_id = chosen_school_id(actor, *READERS)
    before = id_in(request.args.get("before"))
    rounds_found = rounds_seen(actor, school_id, before)
    names = schools_by_id([row.school_id for row in rounds_found[:PAGE]])
    school = get_school(school_id) if school_id is not None else None
    return render_template(
        "surveys/pages/list.html",
        rows=[_row(row, names[row.school_id].name) for row in rounds_found[:PAGE]],
        older=url_for("surveys.rounds", before=rounds_found[PAGE - 1].id) if len(rounds_found) > PAGE else None,
        newer=url_for("surveys.rounds") if before else None,
        may_open=school is not None and can(actor, Permission.SURVEY_OPEN, school),
    )


def _row(row: SurveyRound, school: str) -> dict[str, Any]:
    tag, tone = state_words(row, today_at(row.school_id, clock.now()))
    groups = ", ".join(str(group.label) for group in row.groups)
    href = url_for("surveys.one", survey_round_id=row.id)
    return {"title": days_words(row), "href": href, "meta": dotted(school, groups), "tag": tag, "tone": tone}


@pages.act(
    "/new", Subject(School, _own_school), RoundForm, Permission.SURVEY_OPEN, adds=True, endpoint="new", boxed=False,
    title=_l("Plan a survey"), button=_l("Plan the survey"), lede=lambda school: school.name,
    then=lambda _school, round_id: url_for("surveys.one", survey_round_id=round_id),
)  # fmt: skip
def open_round(uow: UnitOfWork, school: School, form: RoundForm) -> int:
    """Plan a round at a school."""
    groups = [SurveyGroup(value) for value in form.groups.data]
    _check_days(form, groups, today_at(school.id, uow.now))
    if running_round(school.id) is not None:
        raise Refused("", _("Another survey of this school is not over yet. End it first."))
    refuse_soon(school.id, groups, form.opens_on.data)
    row = SurveyRound(
        school_id=school.id, school_year=school_year(form.opens_on.data), opens_on=form.opens_on.data,
        closes_on=form.closes_on.data, notice_on=form.notice_on.data, made_at=uow.now, made_by_id=uow.actor.user_id,
        asks_students=SurveyGroup.STUDENT in groups, asks_families=SurveyGroup.FAMILY in groups,
        asks_staff=SurveyGroup.STAFF in groups,
    )  # fmt: skip
    uow.add(row)
    for group in row.groups:
        _add_tallies(uow, row, group, form.wall.data)
    if form.wall.data:
        uow.add(SurveyWall(round_id=row.id, code=new_code()))
    uow.record(row, "survey_round.opened", opens_on=row.opens_on.isoformat(), closes_on=row.closes_on.isoformat())
    return row.id


def _check_days(form: RoundForm, groups: Sequence[SurveyGroup], today: date) -> None:
    opens_on, closes_on, notice_on = form.opens_on.data, form.closes_on.data, form.notice_on.data
    if opens_on < today:
        raise Refused("opens_on", _("Choose today or a later day."))
    if not opens_on <= closes_on <= opens_on + LONGEST:
        raise Refused("closes_on", _("Choose a day from the first day on, at most 60 days later."))
    if SurveyGroup.STUDENT not in groups:
        return
    if notice_on is None:
        raise Refused("notice_on", _("Enter the day on which families were told."))
    if notice_on > today:
        raise Refused("notice_on", _("Choose today or an earlier day."))
    if opens_on - notice_on < NOTICE:
        words = _("Families must know for at least 7 days before it opens, so that they can opt out.")
        raise Refused("opens_on", words)


def _add_tallies(uow: UnitOfWork, row: SurveyRound, group: SurveyGroup, wall: bool) -> None:
    asked_questions = [(question.code, question.scale) for question in questions_on(row.opens_on, group)]
    for way in Way if wall else (Way.INVITED,):
        most = people_of(row.school_id, group, row.opens_on) if way is Way.OPEN else None
        tally = SurveyTally(round_id=row.id, audience=group, way=way, most=most)
        seal_counts(tally, blank(asked_questions))
        uow.add(tally)


@pages.get("/notice")
@gate(Permission.SURVEY_OPEN)
def notice() -> Page:
    """The letter that tells families about a survey of students, with its questions, in each language."""
    school = _own_school(current_actor())
    today = today_at(school.id, clock.now())
    questions_asked = questions_on(today, SurveyGroup.STUDENT)
    filled = {"school": school.name, "contact": dotted(school.name, school.phone)}
    letters = []
    for language in setting("LANGUAGES"):
        letter = family_text("survey_notice", language, today).filled(filled)
        texts = texts_of(SurveyGroup.STUDENT, questions_asked, language, today)
        questions = [texts[text_code(SurveyGroup.STUDENT, question.code)].text for question in questions_asked]
        letters.append({"letter": letter, "language": language, "questions": questions})
    return render_template("surveys/pages/notice.html", letters=letters, back=url_for("surveys.rounds"))


@pages.get("/<int:survey_round_id>")
@gate(Permission.SURVEY_READ)
def one(survey_round_id: int) -> Page:
    """One survey: its state, who took part, and its results once it is over."""
    actor, now = current_actor(), clock.now()
    row = get_round(actor, survey_round_id)
    today = today_at(row.school_id, now)
    tag, tone = state_words(row, today)
    results = results_of(row.id)
    return render_template(
        "surveys/pages/one.html",
        row=row,
        school=existing(get_school(row.school_id)).name,
        title=days_words(row),
        tag=tag,
        tone=tone,
        parts=part_rows(tallies_of(row.id)),
        tables={way: result_tables(results, way, locale_code(), row.opens_on) for way in Way},
        may_run=row.counted_at is None and can(actor, Permission.SURVEY_RUN, row),
        takes=today <= row.closes_on,
        has_wall=wall_of(row.id) is not None,
        ways=Way,
    )


@pages.act(
    "/<int:survey_round_id>/end", Subject(SurveyRound, get_round), PlainForm, Permission.SURVEY_RUN, endpoint="end",
    title=_l("End the survey now"), button=_l("End and count it"), lede=days_words, boxed=False,
    then=lambda row, _id: _href(row), more=lambda _row, _form: {
        "warning": _("All links stop working. It cannot be opened again.")
    },
)  # fmt: skip
def end_round(uow: UnitOfWork, row: SurveyRound, _form: PlainForm) -> None:
    """End a round now, and count it."""
    if row.counted_at is not None:
        raise Refused("", _("This survey is over."))
    row.closes_on = max(row.opens_on, min(row.closes_on, today_at(row.school_id, uow.now)))
    count_round(uow, row)


def _sheet_address(row: SurveyRound, group: str) -> str:
    return url_for("survey_links.sheet", survey_round_id=row.id, group=group)


def _to_sheet(row: SurveyRound, _id: int) -> str:
    return _sheet_address(row, request.form["group"])


def _first_group(row: SurveyRound) -> dict[str, str]:
    return {"group": row.groups[0].value}


def _made(row: SurveyRound, _form: GroupForm) -> dict[str, Any]:
    """Links to the sheets of slips that wait to be printed, and to replacing unused slips."""
    waiting = []
    for group in row.groups:
        if number := len(waiting_slips(row.id, group)):
            words = _("Print %(number)d slips: %(group)s", number=number, group=group.label)
            waiting.append((words, _sheet_address(row, group.value)))
    unused = any(count_unused_slips(row.id, group) for group in row.groups)
    return {"waiting": waiting, "replace": url_for("survey_links.replace", survey_round_id=row.id) if unused else None}


@links.act(
    "/slips", RUNNING, GroupForm, Permission.SURVEY_RUN, adds=True, endpoint="slips", start=_first_group,
    title=_l("Slips to print"), button=_l("Make the slips"), then=_to_sheet, more=_made, boxed=False,
    template="surveys/pages/slips.html",
)  # fmt: skip
def make_slips(uow: UnitOfWork, row: SurveyRound, form: GroupForm) -> None:
    """Make a slip for each person of a group who may be asked and has no link; students' by grade. Slips are made for
    everyone or for no one, so that no few people are selected."""
    refuse_over(uow, row)
    group = SurveyGroup(form.group.data)
    wanted = without_link(uow, row, group)
    if not wanted:
        raise Refused("group", _("Everyone of this group has a slip or a link already."))
    add_links(uow, row, group, wanted)


def _unused(row: SurveyRound, _form: GroupForm) -> dict[str, Any]:
    numbers = [(group.label, count_unused_slips(row.id, group)) for group in row.groups]
    words = _(
        "Every slip of the group that no one has used stops working, handed out or not. How many were replaced stays "
        "on the survey’s page."
    )
    return {
        "warning": words,
        "facts": [dotted(*(f"{group}: {_('%(number)d not used', number=number)}" for group, number in numbers))],
    }


@links.act(
    "/slips/replace", RUNNING, GroupForm, Permission.SURVEY_RUN, adds=True, endpoint="replace", start=_first_group,
    title=_l("Replace lost slips"), button=_l("Void these slips and make new ones"), then=_to_sheet, more=_unused,
    boxed=False,
)  # fmt: skip
def replace_slips(uow: UnitOfWork, row: SurveyRound, form: GroupForm) -> None:
    """Void every unused slip of a group, and make new ones for as many people as may be asked now.

    The number voided is shown with the survey's results.
    """
    refuse_over(uow, row)
    group = SurveyGroup(form.group.data)
    tally = invited_tally(uow, row, group)  # lock the tally before the links, in the same order as answering
    voided = count_unused_slips(row.id, group)
    if not voided:
        raise Refused("group", _("No slip of this group is unused."))
    uow.session.execute(delete(SurveyLink).where(*unused_slips(row.id, group)))
    tally.invited -= voided
    tally.replaced += voided
    uow.record(row, "survey_round.replaced", count=voided)
    if wanted := without_link(uow, row, group):
        add_links(uow, row, group, wanted)


@links.route("/sheet", methods=["GET", "POST"])
@gate(Permission.SURVEY_RUN)
def sheet(survey_round_id: int) -> Page:
    """First how many slips a group has and which students get none; after submitting, the slips, once."""
    row = _running(current_actor(), survey_round_id)
    group = next((group for group in row.groups if group.value == request.args.get("group")), row.groups[0])
    form, status = BaseForm(), 200
    if form.is_submitted():
        status = 400
        try:
            shown = show_slips(submitted(form), row.id, group) if form.validate() else []
        except Refused as refusal:
            apply_refusal(form, refusal)
        else:
            if shown:
                return _shown(row, group, shown)
    title = _("Slips to print")
    return render_template(
        "surveys/pages/ready.html",
        form=form,
        number=len(waiting_slips(row.id, group)),
        group=group,
        opted_out=_without_slips(row, group),
        title=title,
        go_words=_("Show the slips once"),
        back_href=url_for("survey_links.slips", survey_round_id=row.id),
        crumbs=[*_trail(row), (title, None)],
    ), status


def _shown(row: SurveyRound, group: SurveyGroup, shown: Sequence[Slip]) -> Page:
    by_grade: dict[int | None, list[dict[str, str]]] = {}
    for slip in shown:
        by_grade.setdefault(slip.grade, []).append(_printed(slip.code))
    page = make_response(
        render_template(
            "surveys/pages/sheet.html",
            back=url_for("survey_links.slips", survey_round_id=row.id),
            school=existing(get_school(row.school_id)),
            group=group,
            parts=[(grade_words(grade), slips) for grade, slips in by_grade.items()],
            says=_in_each_language(lambda: _("Short school survey. Scan the code, or type the address. No names.")),
            until=_in_each_language(lambda: _("Works once, %(days)s.", days=days_words(row))),
        )
    )
    page.headers["Cache-Control"] = "no-store"
    return page


def _without_slips(row: SurveyRound, group: SurveyGroup) -> list[tuple[str, str]]:
    if group is not SurveyGroup.STUDENT:
        return []
    today = max(row.opens_on, today_at(row.school_id, clock.now()))
    return [(student.shown_name, grade_words(student.grade)) for student in opted_out(row.school_id, today)]


def _printed(code: str) -> dict[str, str]:
    address = printed_address("survey.link", token=code)
    return {"address": address, "picture": code_picture(address)}


def _in_each_language(says: Any) -> list[tuple[str, str]]:
    texts = []
    for code in setting("LANGUAGES"):
        with force_locale(code):
            texts.append((code, says()))
    return texts


@links.act(
    "/invite", RUNNING, InviteForm, Permission.SURVEY_RUN, adds=True, endpoint="invitations", boxed=False,
    start=lambda row: {"group": next(iter(_with_addresses(row)), "")},
    title=_l("Invite by email"), button=_l("Send the invitations"), then=lambda row, _id: _href(row),
    done=_l("The invitations are on their way. They go out in the hours of email on school days."),
    more=lambda _row, _form: {"facts": [
        _("One link for each person whose address is known and who has none yet. The email names no student."),
        _("You can see how many links were used. No one can see what a person answered."),
    ]},
)  # fmt: skip
def invite(uow: UnitOfWork, row: SurveyRound, form: InviteForm) -> None:
    """Invite by email everyone of a group with a known address and no link, from the round's first day on."""
    refuse_over(uow, row)
    queue_invitations(uow, row, SurveyGroup(form.group.data))


@links.get("/wall")
@gate(Permission.SURVEY_RUN)
def wall(survey_round_id: int) -> Page:
    """The sheet with the code for a wall, in both languages."""
    row = _running(current_actor(), survey_round_id)
    standing = existing(wall_of(row.id))
    return render_template(
        "surveys/pages/wall.html",
        back=_href(row),
        school=existing(get_school(row.school_id)),
        says=_in_each_language(lambda: _("How safe and respected do you feel here? Short survey, no names.")),
        until=_in_each_language(lambda: days_words(row)),
        **_printed(standing.code),
    )


ROOM = Room(pages=(pages, links))
