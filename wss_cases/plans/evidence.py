"""Studies of restorative practices in schools: the effects each found, favorable or not, and its source."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import Blueprint, render_template

from wss_cases.access.gate import gate
from wss_cases.access.permissions import Permission
from wss_cases.foundation.i18n import _l
from wss_cases.foundation.pages import Page
from wss_cases.foundation.school_time import day_words_with_year
from wss_cases.journal.rooms import Room

READ_ON: Final = date(2026, 11, 28)
"""The day on which the studies' summaries were read."""


@dataclass(frozen=True)
class Study:
    """One study: where, how it was done, what improved, what did not, and its source with the address."""

    place: Any
    how: Any
    better: tuple[Any, ...]
    not_better: tuple[Any, ...]
    source: str
    href: str


STUDIES: Final = (
    Study(
        _l("Chicago"),
        _l("High schools of Chicago Public Schools that began with restorative practices from 2013–14 on, compared "
           "over time with those that had not. Schools were not chosen at random."),
        (
            _l("Fewer suspensions and arrests, above all of Black students"),
            _l("15 percent fewer arrests outside of school"),
        ),
        (_l("No effect on test scores; meaningful declines on average could be ruled out"),),
        "Adukia, A., Feigenberg, B., & Momeni, F. From Retributive to Restorative: An Alternative Approach to Justice "
        "in Schools. 2025 (first as NBER Working Paper 31675, 2023).",
        "https://www.nber.org/papers/w31675",
    ),
    Study(
        _l("Pittsburgh"),
        _l("44 schools of Pittsburgh Public Schools, half of them chosen at random, 2015–16 and 2016–17."),
        (
            _l("Fewer days lost to suspension, and smaller differences in suspensions by race and income"),
            _l("Teachers rated safety, conduct, and leadership better"),
        ),
        (
            _l("In grades 6 to 8, achievement became worse; in the others it did not improve"),
            _l("No fewer suspensions in the middle grades, for violence, or for weapons"),
            _l("No fewer arrests"),
        ),
        "Augustine, C. H., Engberg, J., Grimm, G. E., Lee, E., Wang, E. L., Christianson, K., & Joseph, A. A. Can "
        "Restorative Practices Improve School Climate and Curb Suspensions? RAND Corporation, RR-2840-DOJ, 2018.",
        "https://www.rand.org/pubs/research_reports/RR2840.html",
    ),
    Study(
        _l("Maine"),
        _l("13 middle schools with 2,771 students, assigned at random, two years."),
        (
            _l("Students who said that they had experienced restorative practices reported better climate, connection, "
               "and social skills, and less bullying online. This is a connection, not an effect of the assignment."),
        ),
        (_l("No significant change in the schools that were assigned to it"),),
        "Acosta, J., Chinman, M., Ebener, P., Malone, P. S., Phillips, A., & Wilks, A. Evaluation of a Whole-School "
        "Change Intervention. Journal of Youth and Adolescence, 48, 2019.",
        "https://doi.org/10.1007/s10964-019-01013-2",
    ),
    Study(
        _l("New York City, District 18"),
        _l("High schools assigned at random, 2017 to 2019."),
        (_l("People who took part thought that relationships and climate had improved"),),
        (_l("No evidence of an effect on misconduct, suspensions, or school climate"),),
        "Hassoun Ayoub, L., Villegas, L., Jensen, E., & Martinez, A. Restorative Justice in NYC High Schools: "
        "Perceived Impact and Mixed Findings from a Randomized Controlled Trial. Center for Court Innovation, 2022 "
        "(NCJ 304450).",
        "https://ojp.gov/library/publications/restorative-justice-nyc-schools-evaluation",
    ),
    Study(
        _l("A large city in the Northeast"),
        _l("18 schools with 5,878 students, assigned at random, one year."),
        (_l("11.1 percent of students had a discipline record, compared with 18.2 percent in the other schools"),),
        (_l("No different effect by sex, race or ethnicity, or disability: differences between groups stayed"),),
        "Gregory, A., Huang, F., & Ward-Seidel, A. R. Evaluation of the Whole School Restorative Practices Project: "
        "One-Year Impact on Discipline Incidents. Journal of School Psychology, 95, 2022.",
        "https://doi.org/10.1016/j.jsp.2022.09.003",
    ),
)  # fmt: skip


blueprint = Blueprint("evidence", __name__, url_prefix="/safety-plans/evidence")


@blueprint.get("")
@gate(Permission.PLANS_LIST)
def page() -> Page:
    """The studies: what each showed, what it did not show, and its source."""
    return render_template("plans/evidence/page.html", studies=STUDIES, read_on=day_words_with_year(READ_ON))


ROOM = Room(pages=(blueprint,))
