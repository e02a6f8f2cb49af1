"""The board report as a page and on paper. Words and numbers are the same; only the page has links."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from flask import Blueprint, render_template, request, url_for

from wss_cases.access.actor import Actor, Role
from wss_cases.access.gate import act_form, current_actor, gate
from wss_cases.access.permissions import Permission
from wss_cases.accounts.account.pages import chosen_school_id
from wss_cases.board.report import presenters, queries
from wss_cases.board.report.queries import Edition
from wss_cases.foundation import clock, school_time
from wss_cases.foundation.errors import NotFound, Stale, existing
from wss_cases.foundation.forms import BaseForm, ConfirmField, LongText, choice_field
from wss_cases.foundation.i18n import _, _l, force_locale, locale_code, ngettext
from wss_cases.foundation.ids import id_in
from wss_cases.foundation.pages import Page, render_plain, saved_first, with_flash
from wss_cases.journal.rooms import Room
from wss_cases.outcomes.counting.cache import figures_pages, oldest_shown
from wss_cases.outcomes.counting.daily_figures.actions import breakdowns
from wss_cases.outcomes.counting.measures import MEASURES, too_recent_words
from wss_cases.outcomes.counting.repair.police import AVOIDABLE, apart_words
from wss_cases.outcomes.counting.repair.queries import ANY
from wss_cases.outcomes.counting.scope.pages import Shown, years_of
from wss_cases.outcomes.counting.scope.queries import may_list
from wss_cases.outcomes.counting.scope.rules import Share, per
from wss_cases.outcomes.counting.totals import SUSPENSIONS
from wss_cases.outcomes.equity.pages import compared, meaning, pooled
from wss_cases.outcomes.equity.queries import FAMILIES, POINTS, STAGE_LABELS, STAGES
from wss_cases.outcomes.equity.rules import Table, meaning_of
from wss_cases.outcomes.equity.suppression import ENROLLED
from wss_cases.outcomes.published.queries import STEP_LABELS
from wss_cases.outcomes.reports.cases import repeat_rows, time_rows
from wss_cases.outcomes.reports.pathways import percent, said_rows
from wss_cases.records.stored_pdfs import Letterhead, PdfForm
from wss_cases.roster.directory.queries import get_school
from wss_cases.routing.engine.vocabulary import Pathway
from wss_cases.safeguards.discipline.removals.models import DisciplineKind


def paper_of(
    board: queries.Board, name: str | None, locale: str, made_on: date, letterhead: Letterhead,
    edition: Edition = Edition.BOARD,
) -> str:  # fmt: skip
    """An edition of a report as an HTML page in a language. `name` is the school's or network's, None for all
    schools."""
    since = oldest_shown()
    with force_locale(locale):
        return render_plain(
            "board/report/paper.html",
            locale=locale,
            name=name or _("All schools"),
            made=school_time.day_words_with_year(made_on),
            counted_since=school_time.moment_words(since, school_time.district_zone()) if since else "",
            sheet=sheet_of(board, Paper()),
            edition=edition.value,
            public=presenters.public_edition(board.scope, locale) if edition is Edition.PUBLIC else None,
            letterhead=letterhead,
        )


class CommentForm(BaseForm):
    """The text of a comment, and the confirmation that it names no student."""

    comment = LongText(
        _l("Comment"),
        limit=queries.LONGEST,
        rows=8,
        description=_l("What the figures mean at your school, and what you will do next. Leave it empty to remove it."),
    )
    anyway = ConfirmField(_l("No student is named in this comment"))


Point = dict[str, Any]


class BoardPdfForm(PdfForm):
    """Which edition, in which language."""

    edition = choice_field(_l("Edition"), list(Edition.labels().items()))


MOST = 5
"""Rows shown of the most frequent behaviors, places and times."""
PARTS = ("behavior", "place", "hour")
_OF_INCIDENTS = ("rate", "incidents", "breakdowns", "time", "funnel", "agreements", "contact", "times", "repeats")
_OF_WORK = ("harmed_say", "follow_ups", "removals", "police", "avoidable", "equity", "reporting")
NOTES = (*_OF_INCIDENTS, *_OF_WORK)
"""The measures of a report, in the order of their notes at its end."""
REPORTED = tuple(stage for stage in STAGES if stage not in POINTS)
"""The stages of the report. Vulnerable decision points have their own page."""


class Links(Protocol):
    """The address of the list behind a number; None where the reader has no such list."""

    def incidents(self, **filters: Any) -> str | None:
        return None

    def behind(self, name: str, **choice: Any) -> str | None:
        return None


class Paper(Links):
    """Paper has no links."""


def sheet_of(board: queries.Board, links: Links) -> Point:
    """Everything that a report shows, in its order."""
    return {
        "period": period_words(board.scope.first, board.scope.last),
        "year": board.scope.year.replace("-", "–"),
        "year_before": f"{int(board.scope.year[:4]) - 1}–{board.scope.year[2:4]}",
        "schools": None if board.silent is None else ngettext("%(num)s school", "%(num)s schools", board.schools),
        "plan": queries.plan_rows(board.plan),
        "mission": presenters.mission_of(board, links.behind),
        "planned": queries.schools_words(board.planned) if board.planned is not None else None,
        "comment": _comment(board),
        "glance": _glance(board, links),
        "months": _months(board, links),
        "parts": _parts(board, links),
        "steps": list(STEP_LABELS.values()),
        "funnel": _funnel(board, links),
        "too_recent": _too_recent(board),
        "pathways": _pathways(board, links),
        "times": _marked(time_rows(board.times, links.behind)),
        "repeats": _marked(repeat_rows(board.repeats, links.behind)),
        "said": said_rows(board.said),
        "asked": board.said,
        "removals": _removals(board, links),
        "equity": None if board.equity is None else equity_parts(board.equity),
        "groups_until": school_time.day_words_with_year(board.groups_until) if board.groups_until else None,
        "least": board.least,
        "reporting": _reporting(board),
        "silent": board.silent,
        "short": _short(board, links),
        "notes": {name: (number, MEASURES[name]) for number, name in enumerate(NOTES, start=1)},
    }


def _short(board: queries.Board, links: Links) -> Point:
    """The rows of the one page that a board member reads."""
    return {
        "mission": presenters.mission_rows(board, links.behind),
        "repaired": presenters.repaired_rows(board, links.behind),
        "removals": presenters.removal_rows(board, links.behind),
        "money": presenters.money_rows(board.funding, board.money),
        "trained": presenters.training_words(board.trained) if board.trained else [],
    }


def _comment(board: queries.Board) -> Point | None:
    """The comment on the figures, with its author."""
    if board.comment is None:
        return None
    text, author, at, _version = board.comment
    day = school_time.day_words_with_year(school_time.local_date(at, school_time.zone_of(board.scope.school_id)))
    return {"text": text, "by": _("%(name)s, %(day)s", name=author, day=day)}


def _marked(rows: list[Point]) -> list[Point]:
    return [row | {"small": queries.is_small(row["of"])} for row in rows]


def period_words(first: date, last: date) -> str:
    return _(
        "%(first)s to %(last)s",
        first=school_time.day_words_with_year(first),
        last=school_time.day_words_with_year(last),
    )


def _rate(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.2f}"


def _of(share: Share) -> str:
    return _("%(part)s of %(whole)s", part=f"{share.part:,}", whole=f"{share.whole:,}")


def _glance(board: queries.Board, links: Links) -> list[Point]:
    """The report's first table: label, figure, base. `before` is the figure of the same days a year before."""
    repair, total = board.repair, board.core.parts.total
    reach, terms = Share(repair.reach.within_one, repair.reach.of_all), repair.terms
    all_incidents = links.incidents() if total else None
    avoidable = Share(repair.police.avoidable, board.core.parts.serious)
    other_door = links.behind("notifications", choice=AVOIDABLE) if avoidable.part else None
    return [
        {
            "label": MEASURES["rate"].title, "now": _rate(board.core.rate),
            "before": _rate(board.before.rate) if board.recorded else None, "note": "rate", "href": all_incidents,
            "of": ngettext("%(num)s incident", "%(num)s incidents", total), "small": queries.is_small(total),
        },
        _share(MEASURES["contact"].title, reach, "contact", links.behind("harmed"), repair.reach.waiting),
        _share(MEASURES["agreements"].title, terms.share, "agreements", links.behind("terms"), terms.too_recent),
        _share(MEASURES["follow_ups"].title, repair.on_time, "follow_ups", links.behind("follow_ups")),
        {
            **_share(MEASURES["avoidable"].title, avoidable, "avoidable", other_door),
            "of": f"{_of(avoidable)} · {apart_words(repair.police.unconfirmed, repair.police.law_unconfirmed)}",
            "small": queries.is_small(avoidable.part) or queries.is_small(avoidable.whole),
        },
    ]  # fmt: skip


def _share(label: Any, share: Share, note: str, href: str | None, too_recent: int = 0) -> Point:
    of = f"{_of(share)} · {too_recent_words(too_recent)}" if too_recent else _of(share)
    return {
        "label": label, "now": percent(share), "before": None, "of": of, "note": note,
        "href": href if share.whole else None, "small": queries.is_small(share.whole),
    }  # fmt: skip


def _months(board: queries.Board, links: Links) -> list[Point]:
    earlier = {month.first.month: month for month in board.before.months} if board.recorded else {}
    rows = []
    for month in board.core.months:
        before = earlier.get(month.first.month)
        rate_before = before.rate if before else None
        if month.rate is None and not month.incidents and rate_before is None:
            continue
        href = links.incidents(month=f"{month.first:%Y-%m}") if month.incidents else None
        rows.append(
            {
                "label": school_time.month_words(month.first), "values": [month.rate, rate_before], "href": href,
                "figures": [_rate(month.rate), _rate(rate_before)],
                "numbers": [month.incidents, before.incidents if before else None],
            }
        )  # fmt: skip
    return rows


def _parts(board: queries.Board, links: Links) -> list[tuple[str, list[Point]]]:
    """The most frequent behaviors, places and times of day."""
    titles = {"behavior": _("Behavior"), "place": _("Place"), "hour": _("Time of day")}
    split = breakdowns(board.core.parts)
    shown = []
    for name in PARTS:
        known = sorted((row for row in split[name] if row.key and row.number), key=lambda row: -row.number)
        rows = [
            {
                "label": _("From %(hour)s", hour=row.label) if name == "hour" else row.label,
                "number": row.number,
                "share": percent(Share(row.number, board.core.parts.total)),
                "href": links.incidents(**{name: row.key}),
            }
            for row in known[:MOST]
        ]
        shown.append((titles[name], rows))
    return shown


def _funnel(board: queries.Board, links: Links) -> list[Point]:
    return [
        {"label": label, "values": [number], "figures": [f"{number:,}"], "href": href,
         "tone": "moss" if step == "kept" else "teal"}
        for (step, label), (number, href) in zip(STEP_LABELS.items(), _steps(board, "", links), strict=True)
    ]  # fmt: skip


def _steps(board: queries.Board, pathway: str, links: Links) -> list[tuple[int, str | None]]:
    """(number, link) of every step of a pathway ('' is any)."""
    counted = board.repair.funnel.get(pathway or ANY, {})
    reached = {"incidents": board.core.parts.total} | {step: numbers.reached for step, numbers in counted.items()}
    steps = []
    for step in STEP_LABELS:
        number, href = reached.get(step, 0), None
        if number:
            is_first = step == "incidents"
            href = links.incidents() if is_first else links.behind("funnel", step=step, choice=pathway or None)
        steps.append((number, href))
    return steps


def _too_recent(board: queries.Board) -> str:
    """The steps of any pathway for which some incidents are too recent, with their number; '' for none."""
    counted = board.repair.funnel.get(ANY, {})
    steps = [f"{STEP_LABELS[step]} {numbers.too_recent:,}" for step, numbers in counted.items() if numbers.too_recent]
    return _("Too recent to tell: %(number)s", number=", ".join(steps)) if steps else ""


def _pathways(board: queries.Board, links: Links) -> list[tuple[str, list[tuple[int, str | None]]]]:
    """Each pathway, any first: its label and steps."""
    used = [(name, str(words)) for name, words in Pathway.labels().items() if name in board.repair.funnel]
    return [(words, _steps(board, name, links)) for name, words in (("", _("Any pathway")), *used)]


def _removals(board: queries.Board, links: Links) -> list[Point]:
    """Suspensions, expulsions, other removals and police notifications: instances, and rates of both years."""

    def line(label: Any, note: str, made: int, before: int, base: int, per_words: str, href: str | None) -> Point:
        rates = (per(made, board.core.students, base), per(before, board.before.students, base))
        return {
            "label": label, "note": note, "instances": made, "small": queries.is_small(made), "per": per_words,
            "rates": [_rate(rates[0]), _rate(rates[1]) if board.recorded else _("not recorded")],
            "href": href if made else None,
        }  # fmt: skip

    always = {kind.value for kind in (*SUSPENSIONS, DisciplineKind.EXPULSION)}
    rows = []
    for kind in DisciplineKind:
        if kind.value in {*always, *board.repair.removals, *board.removed_before}:
            made, before = (of.get(kind.value, (0, 0))[0] for of in (board.repair.removals, board.removed_before))
            href = links.behind("removals", choice=kind.value)
            rows.append(line(kind.label, "removals", made, before, 100, _("per 100 students"), href))
    made, before = board.repair.police.instances, board.police_before.instances
    href = links.behind("notifications")
    return [*rows, line(_("Police notifications"), "police", made, before, 1000, _("per 1,000 students"), href)]


def equity_parts(tables: Mapping[str, Table]) -> list[dict[str, Any]]:
    """For each kind of group: sentences about clear differences, how many comparisons showed none, and the groups and
    stages too small to show."""
    parts = []
    for family, table in tables.items():
        rows = compared(family, table, REPORTED)
        sentences = [
            {"group": group, "stage": _stage_words(stage), "meaning": meaning(against)}
            for group, stage, against in rows
            if against is not None and meaning_of(against.ratio) != "same"
        ]
        hidden = [*pooled(family, table), *(STAGE_LABELS[stage] for stage in REPORTED if stage not in table.stages)]
        parts.append(
            {
                "kind": FAMILIES[family][0], "sentences": sentences, "others": len(rows) - len(sentences),
                "hidden": hidden, "is_shown": bool(table.lines),
            }
        )  # fmt: skip
    return parts


def _stage_words(stage: str) -> str:
    before = STAGES[stage]
    words = STAGE_LABELS[stage]
    return (
        str(words)
        if before == ENROLLED
        else _("%(stage)s (among: %(before)s)", stage=words, before=STAGE_LABELS[before])
    )


def _reporting(board: queries.Board) -> Point | None:
    if board.reporting is None:
        return None
    share = Share(board.reporting.reported, board.reporting.staff)
    return {"rate": _rate(share.percent), "of": _of(share)}


blueprint = figures_pages(Blueprint("board", __name__, url_prefix="/outcomes/board"), {"board.comment"})

WHOLE = "all"
"""Stands for all schools in an address, in place of a school."""


@dataclass(frozen=True)
class Reported(Shown):
    """A report's page, whose lists end where its period ends."""

    @property
    def named(self) -> str | int:
        """The school as an address names it, '' for a network."""
        return named_in_address(self.scope.school_id, self.scope.network)

    def incidents(self, **filters: Any) -> str | None:
        period = {"from": self.scope.first.isoformat(), "to": self.scope.last.isoformat()}
        return super().incidents(**(period | filters))

    def behind(self, name: str, **choice: Any) -> str | None:
        return super().behind(name, until=self.scope.last.isoformat(), school=self.scope.school_id, **choice)


def named_in_address(school_id: int | None, network: str | None) -> str | int:
    """A report's school in an address; '' for a network, which has its own parameter."""
    return school_id or ("" if network else WHOLE)


def reported(named: Mapping[str, str]) -> Reported:
    """The named school or network, otherwise the switcher's school, otherwise all.

    `named` are the values of the request's address, or of its form too. Raises NotFound for what the reader does not
    answer for, and for a school year without a finished month.
    """
    actor, network = current_actor(), named.get("network") or None
    school_id = None if network else _school_asked_for(actor, named.get("school"))
    if network and network not in queries.networks_answered_for(actor):
        raise NotFound
    school = get_school(school_id) if school_id is not None else None
    today = school_time.today_at(school_id, clock.now())
    return Reported(actor, school, existing(queries.board_scope(school_id, network, named.get("year") or None, today)))


def _school_asked_for(actor: Actor, named: str | None) -> int | None:
    """The school that the address names (None for WHOLE), otherwise the switcher's. A report's page and its PDF keep
    the address's school when the switcher changes."""
    if not named:
        return chosen_school_id(actor, *queries.BOARD)
    if named == WHOLE and actor.everywhere(Role.DISTRICT):
        return None
    school_id = id_in(named)
    if school_id is None or not actor.covers(school_id, *queries.BOARD) or get_school(school_id) is None:
        raise NotFound
    return school_id


@blueprint.get("")
@gate(Permission.OUTCOMES_BOARD)
def report() -> str:
    """The report on a page."""
    page = reported(request.args)
    last_year = clock.school_year(queries.last_over(page.scope.today))
    edition = Edition.named(request.args.get("edition"))
    form = BoardPdfForm(formdata=None, language=locale_code(), edition=edition.value)
    return render_template(
        "board/report/page.html",
        page=page,
        form=form,
        edition=edition.value,
        editions=[(one.label, _edition_href(page, one), one is edition) for one in Edition],
        public=presenters.public_edition(page.scope, locale_code()) if edition is Edition.PUBLIC else None,
        sheet=sheet_of(queries.board_of(page.actor, page.scope), page),
        years=[year for year in years_of(page) if year <= last_year],
        networks=queries.networks_answered_for(page.actor),
        lists=may_list(page.actor, page.scope.school_id),
        whole=_("All schools") if page.actor.everywhere(Role.DISTRICT) else None,
        comment_href=_comment_href(page) if queries.writes_comment(page.actor, page.scope.school_id) else None,
    )


def address_of(year: str, school_id: int | None, network: str | None) -> str:
    return url_for("board.report", year=year, school=named_in_address(school_id, network) or None, network=network)


def _edition_href(page: Reported, edition: Edition) -> str:
    named = page.named if request.args.get("school") else ""
    return url_for(
        "board.report",
        year=request.args.get("year"),
        school=named or None,
        network=page.scope.network,
        edition=None if edition is Edition.BOARD else edition.value,
    )


def _comment_href(page: Reported) -> str:
    scope = page.scope
    return url_for("board.comment", year=scope.year, school=page.named or None, network=scope.network)


@blueprint.route("/comment", methods=["GET", "POST"])
@gate(Permission.OUTCOMES_BOARD)
def comment() -> Page:
    """Comment on the figures of a report, shown above them on the page and in the PDF."""
    page = reported(request.args)
    scope, words = page.scope, queries.scope_words(page.scope.school_id, page.scope.network)
    if not queries.may_report(page.actor, scope.school_id, scope.network) or not queries.writes_comment(
        page.actor, scope.school_id
    ):
        raise NotFound
    current = queries.comment_on(words, scope.last)
    form = CommentForm(comment=current.comment if current else "", version=current.version if current else None)
    back = address_of(scope.year, scope.school_id, scope.network)
    try:
        return act_form(
            form,
            lambda call: queries.write_comment(
                call, words, scope.school_id, scope.last, form.comment.data, bool(form.anyway.data), scope.network
            ),
            with_flash(_("Comment saved."), back),
            {
                "title": _("Comment on the board report: %(name)s", name=page.school_words),
                "lede": period_words(scope.first, scope.last),
                "intro": _("The board reads this above the figures, with your name. Name no student and no family."),
                "go_words": _("Save comment"),
                "back_href": back,
                "crumbs": [
                    (_("Outcomes"), url_for("outcomes.overview")),
                    (_("Board report"), back),
                    (_("Comment"), None),
                ],
            },
            "layouts/frame.html",
        )
    except Stale:
        now = queries.comment_on(words, scope.last)
        theirs = now.comment if now else _("It was deleted.")
        return saved_first([(_("Comment"), theirs)], [(_("Comment"), form.comment.data)], _comment_href(page))


ROOM = Room(pages=(blueprint,))
