"""The one page that a board member reads, and its public edition, which shows nothing that is not public already."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wss_cases.board.report.queries import Board, is_small, schools_of, tells_mission
from wss_cases.foundation.i18n import _, _l, ngettext
from wss_cases.outcomes.answers import Change, change_of_number, change_of_share
from wss_cases.outcomes.counting.measures import MEASURES, WINDOWS, too_recent_words
from wss_cases.outcomes.counting.repair.mission import shown_ways
from wss_cases.outcomes.counting.repair.police import AVOIDABLE, apart_words
from wss_cases.outcomes.counting.repair.queries import STILL_OPEN
from wss_cases.outcomes.counting.scope.rules import Scope, Share
from wss_cases.outcomes.counting.totals import SUSPENSIONS
from wss_cases.outcomes.reports.mission import list_of, lowest_group, mission_section
from wss_cases.plans.money.amounts import money_words
from wss_cases.plans.money.funding.models import FundingSource
from wss_cases.plans.money.resources.queries import Money
from wss_cases.plans.public.publications.models import Published, all_figures_read, figures_read_now, read_by_anyone
from wss_cases.plans.public.publications.presenters import FIGURE_LABELS, sums_of
from wss_cases.safeguards.discipline.removals.models import DisciplineKind
from wss_cases.training.requirements.models import SchoolStanding, Standing

Line = dict[str, Any]
NO_REMOVAL = (0, 0)
Behind = Callable[..., str | None]
"""The address of the list behind a number."""


MOVED = {
    Change.UP: _l("clearly more than a year ago"),
    Change.DOWN: _l("clearly fewer than a year ago"),
    Change.NOT_CLEAR: _l("no clear change"),
    Change.TOO_FEW: "",
    Change.NOT_RECORDED: "",
}


def mission_of(board: Board, behind: Behind) -> Line:
    """The first section of all figures: restorative, police, or neither, with what became of the incidents."""
    now, before, scope = board.mission, board.mission_before, board.scope
    change = change_of_share(now.mission.share, before.mission.share if before else None).label
    return mission_section(now, before, lowest_group(scope), tells_mission(scope), change, behind)


def mission_rows(board: Board, behind: Behind) -> list[Line]:
    """The first rows of the one page: each way, and the incidents that led to a removal; and how the share restorative
    only moved. What stands apart is said with the last row."""
    now, before = board.mission.mission, board.mission_before.mission if board.mission_before else None
    ways = shown_ways(tells_mission(board.scope))
    rows = [
        _line(way.label, now.of(way), before.of(way) if before else None, href=list_of(now.of(way), way, behind))
        for way in ways
    ]
    rows[0]["change"] = MOVED[change_of_share(now.share, before.share if before else None)]
    removed, ago = (sum(each.way(way).removed for way in ways) if each else None for each in (now, before))
    apart = [f"{row['label']} {row['number']:,}" for row in mission_of(board, behind)["beside"]]
    words = _("Set apart: %(numbers)s", numbers="; ".join(apart)) if apart else ""
    return [*rows, _line(_("Of these, with a removal"), removed or 0, ago) | {"apart": words}]


def repaired_rows(board: Board, behind: Behind) -> list[Line]:
    """Cases with a person harmed that have had their time, as repaired, partly, not and still open; how the share
    repaired moved, and how many are too recent to tell."""
    now, before = board.repair.harms, board.harms_before
    parts = (
        (_("Repaired"), "repaired"), (_("Partly repaired"), "partly"), (_("Not repaired"), "not_repaired"),
        (_("Still open after %(days)s school days", days=WINDOWS["repaired"]), STILL_OPEN),
    )  # fmt: skip
    rows = [
        _line(label, getattr(now, name), getattr(before, name) if before else None, href=behind("harms", choice=name))
        for label, name in parts
    ]
    rows[0]["change"] = MOVED[change_of_share(now.share, before.share if before else None)]
    return [rows[0] | ({"apart": too_recent_words(now.too_recent)} if now.too_recent else {}), *rows[1:]]


def removal_rows(board: Board, behind: Behind) -> list[Line]:
    """Each kind of removal of both years, then police notifications, and those that could have been avoided with what
    was not confirmed beside them; each says whether the change per student is clear."""
    always = {kind.value for kind in (*SUSPENSIONS, DisciplineKind.EXPULSION)}
    made, earlier = board.repair.removals, board.removed_before
    rows = [
        _number(
            board, kind.label, made.get(kind.value, NO_REMOVAL)[0], earlier.get(kind.value, NO_REMOVAL)[0],
            behind("removals", choice=kind.value),
        )
        for kind in DisciplineKind
        if kind.value in {*always, *made, *earlier}
    ]  # fmt: skip
    now, ago = board.repair.police, board.police_before
    avoidable = _number(
        board, MEASURES["avoidable"].title, now.avoidable, ago.avoidable, behind("notifications", choice=AVOIDABLE)
    )
    return [
        *rows,
        _number(board, _("Police notifications"), now.instances, ago.instances, behind("notifications")),
        avoidable | {"apart": apart_words(now.unconfirmed, now.law_unconfirmed)},
    ]


def _number(board: Board, label: Any, now: int, before: int, href: str | None) -> Line:
    ago = Share(before, board.before.students) if board.recorded else None
    change = change_of_number(Share(now, board.core.students), ago)
    return _line(label, now, before if board.recorded else None, MOVED[change], href)


def _line(label: Any, now: int, before: int | None, change: Any = "", href: str | None = None) -> Line:
    """`before` None: not recorded."""
    words = {"label": label, "now": now, "before": before, "change": change}
    return words | {"small": is_small(now), "href": href if now else None}


def money_rows(funding: Mapping[FundingSource, int], total: Money | None) -> list[tuple[str, str]]:
    """Funding by source, then planned, committed and spent; empty without money."""
    if total is None or not (funding or total != Money()):
        return []
    of_source = [(str(source.label), money_words(funding[source])) for source in FundingSource if source in funding]
    return [
        *of_source, (_("Planned"), money_words(total.planned)), (_("Committed"), money_words(total.committed)),
        (_("Spent"), money_words(total.spent)),
    ]  # fmt: skip


def training_words(standings: Sequence[SchoolStanding]) -> list[str]:
    """How many required trainings are up to date, and how many schools lack trained people."""
    people = sum((one.people for one in standings), start=Counter[Standing]())
    overdue = people[Standing.NONE] + people[Standing.OVERDUE]
    lacking = sum(1 for one in standings if one.unmet)
    return [
        _(
            "Required trainings up to date: %(part)s of %(whole)s",
            part=f"{people.total() - overdue:,}",
            whole=f"{people.total():,}",
        ),
        ngettext("%(num)d school lacks trained people", "%(num)d schools lack trained people", lacking)
        if lacking
        else _("Enough trained people everywhere"),
    ]


def public_rows(pages: Sequence[Sequence[Published]]) -> Line:
    """The figures of the newest school year that the schools' public pages show now, added up; a figure of no page has
    no number. Whoever reads those pages can add them up as well."""
    year, sums = sums_of(pages)
    shown = {name: (students, schools) for name, students, schools in sums}
    rows = [
        {"label": label, "number": shown[name][0] if name in shown else None, "schools": shown.get(name, (0, 0))[1]}
        for name, label in FIGURE_LABELS.items()
    ]
    return {"year": year.replace("-", "–"), "rows": rows if year else []}


def public_edition(scope: Scope, language: str) -> Line:
    """What anyone may read of the schools of a report: a school's page as it is published, of several schools the sum
    of theirs. It shows nothing that is not public already."""
    page = read_by_anyone(scope.school_id, scope.today) if scope.school_id is not None else None
    if page is not None:
        return {"content": page.content.get(language)}
    if scope.school_id is not None:
        return {"content": None}
    pages = [figures_read_now(each) for each in schools_of(scope.network)] if scope.network else None
    return {"sums": public_rows(all_figures_read() if pages is None else pages)}
