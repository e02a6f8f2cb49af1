"""The survey pages for a school's coordinators and administrators, and for the district: rounds and their results."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from wtforms import BooleanField, DateField, SelectMultipleField
from wtforms.validators import InputRequired, Optional

from wss_cases.access.actor import Actor
from wss_cases.access.gate import act_form, act_page, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.access.policy import can
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.foundation import clock
from wss_cases.foundation.errors import existing
from wss_cases.foundation.forms import BaseForm, choices, radio
from wss_cases.foundation.i18n import _, _l, dotted, locale_code
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year, today_at
from wss_cases.foundation.settings import setting
from wss_cases.journal.rooms import Room
from wss_cases.mail.family_texts import family_text, family_texts
from wss_cases.roster.directory.queries import get_school, schools_by_id
from wss_cases.surveys.instrument import SurveyGroup, Way, questions_on, text_code, texts_of
from wss_cases.surveys.results import ResultState, SurveyResult, end_round, results_of
from wss_cases.surveys.rounds import (
    FEWEST,
    PAGE,
    READERS,
    Planned,
    SurveyRound,
    SurveyTally,
    get_round,
    is_open,
    open_round,
    rounds_seen,
    tallies_of,
    wall_of,
)

ASK_WHOM = _l("Choose who it is for.")


class RoundForm(BaseForm):
    """A round to open."""

    groups = SelectMultipleField(
        _l("Who is asked"),
        validators=[InputRequired(_l("Choose who is asked."))],
        choices=choices([(group.value, group.label) for group in SurveyGroup]),
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

    @property
    def planned(self) -> Planned:
        return Planned(
            opens_on=self.opens_on.data,
            closes_on=self.closes_on.data,
            groups=frozenset(SurveyGroup(value) for value in self.groups.data or []),
            notice_on=self.notice_on.data,
            wall=bool(self.wall.data),
        )


class SlipForm(BaseForm):
    """The group for which slips are made."""

    group = radio(_l("Slips for"), SurveyGroup, ASK_WHOM)


class ShowForm(BaseForm):
    """The confirmation for showing slips, which happens once."""


class InviteForm(BaseForm):
    """The group to invite by email."""

    group = radio(
        _l("Email to"), [(group.value, group.label) for group in (SurveyGroup.FAMILY, SurveyGroup.STAFF)], ASK_WHOM
    )


class EndForm(BaseForm):
    """The confirmation for ending a round."""


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


blueprint = Blueprint("surveys", __name__, url_prefix="/surveys")


@blueprint.get("")
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


@blueprint.route("/new", methods=["GET", "POST"])
@gate(Permission.SURVEY_OPEN)
def new() -> Page:
    """Plan a survey at the chosen school."""
    actor = current_actor()
    school = existing(get_school(existing(chosen_school_id(actor, *READERS))))
    form = RoundForm(groups=[])
    words = {
        "title": _("Plan a survey"),
        "lede": school.name,
        "go_words": _("Plan the survey"),
        "back_href": url_for("surveys.rounds"),
        "crumbs": [(_("School surveys"), url_for("surveys.rounds")), (_("Plan a survey"), None)],
    }
    return act_form(
        form,
        lambda call: open_round(call, school.id, form.planned),
        lambda made: url_for("surveys.one", survey_round_id=made),
        words,
        "layouts/form_page.html",
    )


@blueprint.get("/notice")
@gate(Permission.SURVEY_OPEN)
def notice() -> Page:
    """The letter that tells families about a survey of students, with its questions, in each language."""
    school = existing(get_school(existing(chosen_school_id(current_actor(), *READERS))))
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


@blueprint.get("/<int:survey_round_id>")
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


def _load(actor: Actor, survey_round_id: int) -> SurveyRound:
    return get_round(actor, survey_round_id)


act_page(
    blueprint,
    "/<int:survey_round_id>/end",
    "end",
    Permission.SURVEY_RUN,
    load=_load,
    form=lambda row: EndForm(version=row.version),
    act=lambda call, row, form: end_round(call, row.id),
    done=lambda row: url_for("surveys.one", survey_round_id=row.id),
    words=lambda row: {
        "title": _("End the survey now"),
        "lede": days_words(row),
        "go_words": _("End and count it"),
        "back_href": url_for("surveys.one", survey_round_id=row.id),
        "crumbs": [
            (_("School surveys"), url_for("surveys.rounds")),
            (days_words(row), url_for("surveys.one", survey_round_id=row.id)),
            (_("End the survey now"), None),
        ],
        "warning": _("All links stop working. It cannot be opened again."),
    },
    template="surveys/pages/act.html",
)


ROOM = Room(pages=(blueprint,))
