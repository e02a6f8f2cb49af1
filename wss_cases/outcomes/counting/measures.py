"""Every measure, defined once: its name and its formula, as shown behind "How is this counted?" and in the docs."""

from dataclasses import dataclass
from typing import Any, Final

from wss_cases.foundation.i18n import _, _l


@dataclass(frozen=True)
class Measure:
    """What a figure is called and how it is counted."""

    title: Any
    formula: Any


WINDOWS: Final[dict[str, int]] = {
    "proposed": 10,
    "offered": 10,
    "accepted": 15,
    "held": 20,
    "agreement": 20,
    "kept": 40,
    "repaired": 40,
    "mission": 20,
    "contact": 1,
    "terms": 5,
    "follow_ups": 0,
    "returns": 5,
}
"""The time that a step may take, in school days: after the incident; for `repaired` after the case was opened; for
terms, follow-ups, and returns after their own date. A measure takes only what has had this time, in every year that is
compared; what is younger is too recent to tell. No authority was found for these numbers."""


def too_recent_words(number: int) -> str:
    """The words for what is too young to be in a figure, wherever they stand next to it."""
    return _("Too recent to tell: %(number)s", number=f"{number:,}")


MEASURES: Final[dict[str, Measure]] = {
    "mission": Measure(
        _l("Restorative, police, or neither"),
        _l(
            "Incidents of group 4 or higher (a district may choose a lower one), or with a weapon or what looks like "
            "one, a substance, an injury that needed care, or a legal duty to notify the police, once they are "
            "%(days)s school days old. Restorative: since the incident a conversation or circle was held, or mentoring "
            "or a referral was completed, with someone who caused harm. Police: they were notified, for any reason but "
            "a legal duty. Both as known today, a year ago as known on the same day. Set apart, never inside: police "
            "required by law; may not meet (sexual harm, people who date or dated, an adult's act); and, where there "
            "was neither, unfounded, or the person harmed did not wish to meet. Beside it: removals in effect because "
            "of the incident, repeats as below, and what the person harmed said at closing.",
            days=WINDOWS["mission"],
        ),
    ),
    "incidents": Measure(
        _l("Incidents"),
        _l(
            "Every submitted incident with a date in the period, including those returned with a question. "
            "Duplicates count once, under the incident they repeat. Student concerns never count. The period is the "
            "school year up to today; in a board report, up to the end of the last completed month."
        ),
    ),
    "rate": Measure(
        _l("Incidents per 100 students per school day"),
        _l(
            "Incidents of the month × 100 ÷ students ÷ school days. Students are those enrolled on the month's last "
            "school day in the period. School days are those of the school's calendar in the period, half days "
            "included; for several schools together, here and in every other measure, they are the district's. A "
            "month without school days has no rate. A month that is not over says so and is compared with no other."
        ),
    ),
    "breakdowns": Measure(
        _l("By group, behavior, and grade"),
        _l(
            "An incident counts under its highest group. By behavior and grade it counts once for each different "
            "behavior or grade. This looks at the people who are reported to have caused harm or whose role is not "
            "settled yet. These rows can add up to more than all incidents. Witnesses, support persons, and people "
            "harmed are never counted here."
        ),
    ),
    "time": Measure(
        _l("By place, time of day, and weekday"),
        _l(
            "The place, and the school's local time. A time known only roughly counts under the hour that was given; "
            "an incident with only a known day counts under “not known”."
        ),
    ),
    "narrowing": Measure(
        _l("Incidents, filtered"),
        _l(
            "Filters combine: an incident must match each one. It matches a behavior or a grade when one of the "
            "people counted there has it, so other behaviors that came with it still show. If a grade is chosen, "
            "rates are per students enrolled in that grade. The first half of the school year ends on January 31."
        ),
    ),
    "bands": Measure(
        _l("Students by how many incidents they are in"),
        _l(
            "Students with 2 to 5, and with 6 or more, of the incidents counted. In these they are reported to have "
            "caused harm, or their role is not settled yet. All other students enrolled on any day of the period "
            "have 0 or 1."
        ),
    ),
    "reporting": Measure(
        _l("Staff who reported, per 100"),
        _l(
            "Different people whose account reported any of the incidents × 100 ÷ active staff in the roster. It is "
            "shown next to a fall in incidents, because that can also be a fall in reporting. Only the "
            "administrators of a school see who they are. School by school, school days are those of the district's "
            "calendar. It is not shown for an earlier school year: who worked there then is not known."
        ),
    ),
    "funnel": Measure(
        _l("From incident to repaired harm"),
        _l(
            "For each pathway, incidents of the period by how far one of its pathways came: proposed; offered (a "
            "named person invited them on a date); accepted; held (a circle or conversation met, another pathway "
            "started); agreement made; agreement kept (no term is open or not done, at least one is done). Each step "
            "includes the one before. Only circles and conferences make an agreement; no other pathway has these two "
            "steps. An incident counts once. A conversation recorded on the incident itself, without a case, counts "
            "as held; one that was requested there and not canceled counts as proposed. Each step takes only "
            "incidents that have had its time, in school days after the incident: proposed and offered %(offered)s, "
            "accepted %(accepted)s, held and agreement made %(held)s, agreement kept %(kept)s. Its percent is of "
            "those among them that came to the step before; the younger ones stand next to it. Unfounded incidents "
            "are left out.",
            offered=WINDOWS["offered"],
            accepted=WINDOWS["accepted"],
            held=WINDOWS["held"],
            kept=WINDOWS["kept"],
        ),
    ),
    "offers": Measure(
        _l("Incidents with an offer to repair"),
        _l(
            "Of the incidents after which at least %(days)s school days are over: those in which a restorative pathway "
            "was offered, or a conversation took place on the incident itself. One that is still undecided then is "
            "without an offer. Younger incidents stand next to it. Unfounded ones (by the decision on the report, or "
            "by the closing of its cases), withdrawn reports and duplicates need no offer; they stand next to it with "
            "their share of all reports of the same days. The year before is counted as of the same school day, so "
            "both years have the same age; which reports count is as known today.",
            days=WINDOWS["offered"],
        ),
    ),
    "agreements": Measure(
        _l("Agreements kept"),
        _l(
            "Terms done, on time or late, as updated by someone other than the person responsible ÷ terms due in the "
            "period whose date is at least %(days)s school days ago. Terms changed by consent are left out; a term "
            "still open by then is not done. Terms due later stand next to it.",
            days=WINDOWS["terms"],
        ),
    ),
    "harms": Measure(
        _l("Harms repaired"),
        _l(
            "Cases with a person harmed that were opened at least %(days)s school days ago, and were closed in the "
            "period and are still closed: closed as repaired, as partly repaired, or not repaired (declined, not "
            "suitable, no contact). One that was still open that long after it was opened, at the end of the period, "
            "counts as not repaired, on a line of its own. Younger cases, closed or open, stand next to it. Cases "
            "closed as unfounded or transferred are shown next to it and are in none of these. What the person harmed "
            "said at closing is shown beside it, as it was recorded then.",
            days=WINDOWS["repaired"],
        ),
    ),
    "contact": Measure(
        _l("Reached within 1 school day"),
        _l(
            "People harmed who were reached on the day of the incident or the next school day ÷ all people harmed in "
            "the period's incidents, whether or not anyone tried. The day of the contact counts, not the day it was "
            "written down; support offered and a pre-meeting held are contact. A message left is not contact; a "
            "person who was asked and did not want contact was reached. People whose first school day is not over "
            "yet, including those already reached, stand next to it until it is."
        ),
    ),
    "follow_ups": Measure(
        _l("Follow-ups on time"),
        _l(
            "Follow-ups done on or before their due date ÷ follow-ups due in the period whose date is over. First "
            "contact with a person harmed is not among them: it is counted once, as reached within 1 school day. The "
            "day it was done counts, not the day it was entered. Canceled ones are left out; one still open after its "
            "date is not on time. Steps of a school's plan are not counted here."
        ),
    ),
    "times": Measure(
        _l("From incident to first meeting and to closing"),
        _l(
            "Cases with a first incident in the period: the median of school days from it to the first circle, "
            "conversation, or re-entry meeting that was held, and to the day the case was closed. Cases still "
            "waiting are shown next to it and are not in the median; nor are those that were closed without a "
            "meeting. A reopened case is open. Conversations without a case, and cases continued from another "
            "school, are not included."
        ),
    ),
    "repeats": Measure(
        _l("Another incident within 30, 60 and 90 school days attended"),
        _l(
            "A follow-up period for each student who is reported to have caused harm in an incident of the period. "
            "It lasts until the student has attended 30 (60, 90) school days after the day of the incident: school "
            "days on which the student is enrolled at that school and not removed; daily attendance is not kept "
            "here, so a day absent counts as attended. Only follow-up periods that were over before the day of "
            "counting count: those in which the student is reported to have caused harm in another incident at that "
            "school, on a later day, in the period or after it ÷ all of them. Follow-up periods not over, including "
            "those of students who left, are shown next to it. No share is shown if fewer than 10 are over. It is "
            "also hidden if fewer than 10 would remain after subtracting those of each school and network that "
            "shows it. This does not show the effect of a pathway."
        ),
    ),
    "caseload": Measure(
        _l("Weighted caseload per coordinator"),
        _l(
            "Open cases as they are now, each weighed as on the caseload page: points for its stage, and for each "
            "pathway that was proposed and has not ended. Of all people who coordinate at least one: the median, and "
            "the most points of one person. Cases without a coordinator are shown next to it. Only the "
            "administrators of a school see who has what. Points show how much work a case is, never how well it is "
            "done. It is not shown for an earlier school year: who had what then is not known."
        ),
    ),
    "harmed_say": Measure(
        _l("What people harmed say"),
        _l(
            "Questionnaires given to people harmed in the period and not withdrawn: of the answers to each question, "
            "those of 4 or 5 on its scale of 1 to 5 (yes is 5, partly 3, no 1). A question with fewer than 10 "
            "answers is not shown. Where fewer than 10 would be left after subtracting those of each school and "
            "network that shows it, the smallest school that shows it is hidden too, and not everyone; and no one's "
            "own words are shown."
        ),
    ),
    "dose": Measure(
        _l("Mentoring delivered"),
        _l(
            "Sessions held ÷ sessions due in the period by the schedule of each started mentoring plan. Sessions "
            "from today on, or after the plan or its pathway ended, are not due. Extra sessions count as held, so "
            "it can be more than 100 percent."
        ),
    ),
    "referrals": Measure(
        _l("From referral to first service"),
        _l(
            "Referrals sent in the period: the median of school days from sending to the partner's answer (after a "
            "waiting list, to its decision), and to the first service. Those still waiting are shown next to it and "
            "are not in the median."
        ),
    ),
    "returns": Measure(
        _l("Returns with a meeting near them"),
        _l(
            "First days back in the period after which %(days)s school days are over, and how many of these had a "
            "re-entry meeting at most %(days)s school days before or after. Later ones stand next to it. If the "
            "student did not want a meeting, it does not count as one.",
            days=WINDOWS["returns"],
        ),
    ),
    "removals": Measure(
        _l("Suspensions, expulsions and other removals"),
        _l(
            "Discipline actions as they are now, by the date they start; a reversed one is not counted anywhere. "
            "Instances are actions; students are different students. Being sent home, picked up early at the "
            "school's request, or removed from the bus are included; restraint and time-out are not. An "
            "emergency removal counts too. The rate is instances × 100 ÷ students enrolled on the last school day of "
            "the period."
        ),
    ),
    "police": Measure(
        _l("Police notifications"),
        _l(
            "Notifications made in the period, by the reason they were allowed. An emergency or a firearm that was "
            "not confirmed has its own line, never by who called. Instances are notifications; students are the "
            "different students about whom police were told. Witnesses and people harmed are never included. The "
            "rate is instances × 1,000 ÷ students enrolled on the last school day of the period."
        ),
    ),
    "avoidable": Measure(
        _l("Avoidable police notifications"),
        _l(
            "Notifications that were neither an emergency nor required by law, or whose legal duty was later found "
            "not to apply, next to all incidents of the period with a group of 4 or higher, a weapon or what looks "
            "like one, a substance, or an injury, whether or not a review was requested. Next to them: reviews of "
            "the period's incidents that were refused, including those with no response."
        ),
    ),
    "equity": Measure(
        _l("Equity at every stage"),
        _l(
            "Different students at a school, by group as the roster has it today: enrolled at any time in the "
            "period; reported in an incident of it as having caused harm, or with a role not settled yet; and of "
            "these, those who reached each stage at least once, by a pathway for them or for all who caused harm. "
            "Students suspended, removed, or notified about count if they were also reported. A subjective behavior "
            "is one that the code list marks as subjective. The current year is counted to the end of the last month "
            "whose incidents have all had the time of an offer, %(days)s school days. Each group is compared with "
            "all other students: rate, ratio, and difference, with 95 percent intervals clustered by student and "
            "school. Within schools: only students of the same school are compared (Mantel and Haenszel), over "
            "schools whose own table shows it. Figures for few students are not shown, nor any from which they could "
            "be derived.",
            days=WINDOWS["offered"],
        ),
    ),
    "history": Measure(
        _l("Published history"),
        _l(
            "The district's published whole-year figures to 2021-22, summed over schools whose figures are not "
            "suppressed; expulsions include charter schools. A suppressed figure is neither zero nor part of a sum. "
            "Later years are counted here from this system's records, up to today; a year that is neither is a gap."
        ),
    ),
}
