"""The second count of how pathways went: questionnaires, mentoring, referrals, returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.outcomes.recount.plain import Plain, days_between, is_postgresql, later, local, number, part, table
from tests.outcomes.recount.shown import Shown, percent, rows, same

GOOD = {"heard": "People listened to them", "again": "They would do it again"}
FEWEST = 10


def harmed_say(seen: Shown) -> None:
    """Handed out, answered, and the good answers to each question that enough people answered, here and elsewhere."""
    plain = seen.plain
    asked = (
        f"from questionnaire q where {plain.at('q.school_id')} and q.answerer = 'harmed' and q.revoked_at is null "
        f"and {local('q.made_at', 'date')} between '{plain.first}' and '{plain.last}'"
    )
    handed = number(f"select count(*) {asked}")
    answered = number(f"select count(*) {asked} and q.answered_at is not null")
    assert f"{answered} of {handed} questionnaires answered" in seen.overview.text, (answered, handed)
    everywhere = asked.replace(f" {plain.at('q.school_id')} and", "")
    answers = table(
        "select a.question, s.id, s.network, sum(case when a.value in (4, 5) then 1 else 0 end), count(*) "
        "from questionnaire_answer a join questionnaire x on x.id = a.questionnaire_id "
        f"join school s on s.id = x.school_id where x.id in (select q.id {everywhere}) "
        "group by a.question, s.id, s.network"
    )
    counted = {}
    for question in {one[0] for one in answers}:
        schools = {one[1]: (one[2], int(one[3]), int(one[4])) for one in answers if one[0] == question}
        mine = [schools[one] for one in schools if plain.school_id in (None, one)]
        if mine and is_shown(plain.school_id, {one: row[::2] for one, row in schools.items()}):
            good, of = sum(one[1] for one in mine), sum(one[2] for one in mine)
            counted[GOOD[question]] = f"{percent(good, of)} ({good}/{of})"
    shown = {label: cells[0] for label, cells in rows(seen.overview, "Question").items()} if counted else {}
    same("answers", shown, counted)
    assert len({one[0] for one in answers}) == 2 or seen.code


def is_shown(school: int | None, schools: dict[int, tuple[str | None, int]]) -> bool:
    """Whether a school's answers, or with None the district's, are shown: by the words of the measure."""
    by_size = sorted(schools, key=lambda one: (schools[one][1], one))
    silent = [one for one in by_size if schools[one][1] < FEWEST]

    def rest(network: str | None) -> int:
        return sum(schools[one][1] for one in silent if schools[one][0] == network)

    names = {network for network, _number in schools.values() if network}
    for name in names:
        others = [one for one in by_size if schools[one][0] == name and one not in silent]
        if too_few(rest(name)):
            silent += others[:1]
    apart = {name for name in names if sum(number for network, number in schools.values() if network == name) < FEWEST}
    if too_few(sum(rest(name) for name in {None, *apart})):
        loose = [one for one in by_size if one not in silent and schools[one][0] in {None, *apart}]
        chosen = (loose or [one for one in by_size if one not in silent])[:1]
        silent += chosen
        apart |= {schools[one][0] for one in chosen if schools[one][0]}
        apart |= set() if chosen else set(sorted(names - apart, key=lambda name: (rest(name), name))[:1])
    if school is not None:
        return school not in silent
    everyone = sum(number for _network, number in schools.values())
    return everyone >= FEWEST and not too_few(sum(rest(name) for name in {None, *apart}))


def too_few(answers: int) -> bool:
    """Whether so many would tell of somebody."""
    return 0 < answers < FEWEST


def left(schools: Sequence[Sequence[Any]]) -> int:
    """What stays of (network, part, whole) of schools when each school and network that shows it is taken away."""
    stays = 0
    for name in {one[0] for one in schools}:
        here = [of for network, _good, of in schools if network == name]
        few = sum(of for of in here if of < FEWEST)
        if not name or sum(here) < FEWEST or too_few(few):
            stays += few
    return stays


def _period() -> str:
    """Which period of a plan's rhythm a day of the calendar lies in: a day, seven, fourteen, a month."""
    months = f"({part('year', 'c.day')} * 12 + {part('month', 'c.day')})"
    began = f"({part('year', 'm.starts_on')} * 12 + {part('month', 'm.starts_on')})"
    is_last = f"{part('day', later('c.day', '1'))} = 1"
    early = f"{part('day', 'c.day')} < {part('day', 'm.starts_on')} and not {is_last}"
    return (
        f"case when m.rhythm = 'monthly' then {months} - {began} - case when {early} then 1 else 0 end "
        f"else {days_between('m.starts_on', 'c.day')} / case m.rhythm when 'daily' then 1 when 'biweekly' then 14 "
        "else 7 end end"
    )


def _sessions(plain: Plain) -> tuple[int, int]:
    """Sessions due and held of plans whose pathway started, by yesterday and not after plan or pathway ended."""
    yesterday = later(f"cast('{plain.today}' as date)" if is_postgresql() else f"'{plain.today}'", "-1")
    started = (
        "from mentoring_plan m join pathway w on w.id = m.pathway_id "
        f"where {plain.at('m.school_id')} and w.started_on is not null and m.rhythm is not null"
    )
    of_plan = f"{started} and m.starts_on <= c.day and {plain.school_day()}".replace(
        "from mentoring_plan m", "from mentoring_plan m cross join calendar_day c"
    )
    days = f"select m.id plan, m.rhythm, m.starts_on, m.weeks, w.ended_at, c.day, {_period()} period {of_plan}"
    placed = (
        f"select x.*, row_number() over (partition by plan, period order by day) place, "
        f"count(*) over (partition by plan, period) n from ({days}) x"
    )
    # one session is due on the last school day of its period; the first of two half-way, rounded up
    due = number(
        f"select count(*) from ({placed}) y where (place = n or (rhythm = 'twice_weekly' and place = (n + 1) / 2)) "
        f"and day between '{plain.first}' and {yesterday} "
        f"and (weeks is null or day < {later('starts_on', 'weeks * 7')}) "
        f"and (ended_at is null or day <= {local('ended_at', 'date')})"
    )
    held = number(
        f"select count(*) from mentoring_session s where s.held and s.on_day between '{plain.first}' and {yesterday} "
        f"and s.pathway_id in (select m.pathway_id {started} and m.starts_on <= {yesterday})"
    )
    return due, held


def dose(seen: Shown) -> None:
    """Sessions held of sessions planned."""
    due, held = _sessions(seen.plain)
    figure, of = rows(seen.overview, "What", "Figure")["Mentoring delivered"]
    same("page", (figure, of), (percent(held, due), f"{due} sessions planned"))
    assert (held > 0 and due > 10) or seen.code


def _median(plain: Plain, column: str) -> tuple[str, str]:
    sent = f"referral r where {plain.of('r', 'sent_on')}"
    waited = plain.days("r.sent_on", f"r.{column}")
    each = f"select {waited} d from {sent} and r.{column} is not null"
    ranked = f"select d, row_number() over (order by d) place, count(*) over () n from ({each}) x"
    over, middle = table(
        f"select count(*), avg(case when place in ((n + 1) / 2, (n + 2) / 2) then d end) from ({ranked}) y"
    )[0]
    of = number(f"select count(*) from {sent}")
    words = f"{float(middle):.1f}".removesuffix(".0")
    assert 0 < over <= of
    return f"{words} school days", f"median of {over}; {of} sent"


def referrals(seen: Shown) -> None:
    """School days to a partner's answer, and to the first service."""
    shown = rows(seen.overview, "What", "Figure")
    for label, column in (
        ("Partner’s answer to a referral", "answered_on"),
        ("First service after a referral", "first_service_on"),
    ):
        same(label, tuple(shown[label]), _median(seen.plain, column))


def returns(seen: Shown) -> None:
    """First days back, and those with a meeting at most five school days before or after."""
    plain = seen.plain
    back = f"reengagement_plan r where {plain.of('r', 'returned_on')}"
    before, after = (plain.days("r.meeting_held_on", "r.returned_on"), plain.days("r.returned_on", "r.meeting_held_on"))
    old = plain.had_time("r.returned_on", 5)
    of, late = (number(f"select count(*) from {back} and {one}") for one in (old, f"not {old}"))
    near = f"{before} <= 5 and {after} <= 5 and r.meeting_held_on is not null"
    near = number(f"select count(*) from {back} and {old} and {near}")
    shown = rows(seen.overview, "What", "Figure")["Returns with a meeting near them"]
    words = f"{of} returns" + (f" · Too recent to tell: {late}" if late else "")
    same("page", tuple(shown), (percent(near, of), words))
    assert 0 < near < of or seen.code


COUNTS = {"harmed_say": harmed_say, "dose": dose, "referrals": referrals, "returns": returns}
