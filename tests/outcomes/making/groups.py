"""A district large enough for figures of groups: six schools alike and a small one, the same for the same seed."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import insert, select

from tests.factories.roster import SchoolFactory, make_calendar
from wss_cases.cases.case.models import Case, CaseIncident, CaseState
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import BehaviorCode, Incident, IncidentPerson
from wss_cases.incidents.incident.states import IncidentState, PersonKind, PersonRole, WhenPrecision
from wss_cases.pathways.circles.circle.models import TermState
from wss_cases.pathways.circles.terms import Agreement, AgreementTerm
from wss_cases.pathways.common.models import Pathway, PathwayState
from wss_cases.roster.directory.models import Enrolment, Student
from wss_cases.safeguards.discipline.removals.models import DisciplineAction, DisciplineKind

FIRST, DAY = date(2026, 8, 24), date(2026, 9, 15)
AT = datetime(2026, 9, 15, 15, tzinfo=UTC)
RACES = ("black", "hispanic", "white", "asian", None)
WEIGHTS = (40, 35, 20, 4, 1)


class Groups:
    """`large` schools of 220 students and one of 40; one group's students are reported more often."""

    def __init__(self, seed: int = 1, large: int = 6) -> None:
        self.random = random.Random(seed)
        make_calendar(date(2026, 8, 1), date(2027, 6, 30), closed=())
        self.schools = [SchoolFactory(name=f"Cedar High School {n}") for n in range(large)]
        self.small = SchoolFactory(name="Tiny High School")
        self.subjective = db.session.scalars(
            db.select(BehaviorCode.id).where(BehaviorCode.is_subjective).limit(1)
        ).one()
        for school, size in [(one, 220) for one in self.schools] + [(self.small, 40)]:
            self._fill(school.id, size)
        db.session.commit()

    def restore(self) -> None:
        """Let most incidents have a case with a circle that was offered, accepted and held, and some students move."""
        pick = self.random
        incidents = [row for row in db.session.execute(select(Incident.id, Incident.school_id)) if pick.random() < 0.8]
        cases = [
            {
                "school_id": school, "number": incident, "reference": f"C{incident}", "harm_kind": "fight",
                "state": CaseState.INTAKE, "opened_at": AT, "opened_on": DAY, "next_review_on": DAY,
            }
            for incident, school in incidents
        ]  # fmt: skip
        opened = insert(Case).returning(Case.id, sort_by_parameter_order=True)
        ids = list(db.session.scalars(opened, cases))
        links = [{"case_id": one, "incident_id": row[0]} for one, row in zip(ids, incidents, strict=True)]
        db.session.execute(insert(CaseIncident), links)
        db.session.execute(
            insert(Pathway),
            [
                {
                    "case_id": one, "school_id": row[1], "pathway": "circle", "kind": "peace_circle",
                    "for_whom": pick.choice(("both", "both", "both", "harmed")), "state": PathwayState.PROPOSED,
                    "proposed_at": AT, "offered_on": pick.choice((*[DAY] * 5, None)),
                    "accepted_on": pick.choice((*[DAY] * 4, None)), "held_on": pick.choice((*[DAY] * 4, None)),
                }
                for one, row in zip(ids, incidents, strict=True)
            ],
        )  # fmt: skip
        self._agree()
        moved = list(db.session.execute(select(Student.id, Student.school_id).order_by(Student.id)))
        db.session.execute(
            insert(Enrolment),
            [
                {"student_id": one, "school_id": self.schools[-1].id, "grade": 9, "starts_on": date(2026, 10, 5)}
                for one, school in pick.sample(moved, 30)
                if school != self.schools[-1].id
            ],
        )
        db.session.commit()

    def _agree(self) -> None:
        pick = self.random
        held = db.session.execute(select(Pathway.id, Pathway.case_id, Pathway.school_id).where(Pathway.held_on == DAY))
        rows = [
            {"pathway_id": row[0], "case_id": row[1], "school_id": row[2], "agreed_on": DAY}
            for row in held
            if pick.random() < 0.7
        ]
        made = insert(Agreement).returning(Agreement.id, sort_by_parameter_order=True)
        db.session.execute(
            insert(AgreementTerm),
            [
                {"agreement_id": one, "position": 0, "text": "Talk", "due_on": DAY, "decided_at": AT, "state": state}
                for one in db.session.scalars(made, rows)
                for state in [pick.choice((TermState.KEPT, TermState.LATE, TermState.NOT_KEPT))]
            ],
        )

    def _fill(self, school_id: int, size: int) -> None:
        pick = self.random
        students: list[dict[str, Any]] = [
            {
                "source": "groups", "sourced_id": f"{school_id}-{n}", "given_name": "Amara", "family_name": f"Elm {n}",
                "search_key": f"amara elm {n}", "school_id": school_id, "grade": 9,
                "race_ethnicity": pick.choices(RACES, WEIGHTS)[0], "sex": pick.choice(("female", "male")),
                "has_iep": pick.random() < 0.2, "has_504": pick.choice((False, False, True, None)),
                "is_english_learner": pick.choice((True, False, None)), "has_housing_support": False,
            }
            for n in range(size)
        ]  # fmt: skip
        ids = list(db.session.scalars(insert(Student).returning(Student.id, sort_by_parameter_order=True), students))
        db.session.execute(
            insert(Enrolment),
            [{"student_id": one, "school_id": school_id, "grade": 9, "starts_on": FIRST} for one in ids],
        )
        chosen = []
        for student_id, row in zip(ids, students, strict=True):
            if pick.random() < (0.45 if row["race_ethnicity"] == "black" else 0.22):
                chosen.append(student_id)
        self._report(school_id, chosen)

    def _report(self, school_id: int, students: list[int]) -> None:
        pick = self.random
        rows = [
            {
                "school_id": school_id, "number": n + 1, "reference": f"G{school_id}-{n + 1}", "submitted_at": AT,
                "occurred_at": AT, "local_date": DAY, "local_minute": pick.choice((600, 800, None)),
                "when_precision": WhenPrecision.EXACT, "tile": "disruption",
                "location_code": pick.choice(("classroom", "hallway", "cafeteria")), "danger_now": False,
                "state": IncidentState.ROUTED, "behavior_group": 1,
            }
            for n in range(len(students))
        ]  # fmt: skip
        ids = list(db.session.scalars(insert(Incident).returning(Incident.id, sort_by_parameter_order=True), rows))
        db.session.execute(
            insert(IncidentPerson),
            [
                {
                    "incident_id": incident, "student_id": student, "kind": PersonKind.STUDENT, "grade": 9,
                    "role": PersonRole.CAUSED_HARM, "behavior_code_id": self.subjective,
                }
                for incident, student in zip(ids, students, strict=True)
            ],
        )  # fmt: skip
        db.session.execute(
            insert(DisciplineAction),
            [
                {
                    "school_id": school_id, "incident_id": incident, "student_id": student, "days": 1,
                    "kind": DisciplineKind.OUT_OF_SCHOOL_SUSPENSION, "starts_on": DAY, "reason": "made",
                    "recorded_at": AT,
                }
                for incident, student in zip(ids, students, strict=True)
                if pick.random() < 0.5
            ],
        )  # fmt: skip
