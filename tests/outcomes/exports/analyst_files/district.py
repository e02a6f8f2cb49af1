"""A district with a term of incidents, the two people who make files for analysts of it, and what a file holds."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import select

from tests.factories.accounts import make_user
from tests.factories.base import fresh, one_commit
from tests.factories.incidents import IncidentFactory, IncidentPersonFactory
from tests.factories.roster import EnrolmentFactory, SchoolFactory, StudentFactory
from tests.support.pages.client import PageClient
from wss_cases.access.actor import Role
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.states import PersonRole
from wss_cases.outcomes.exports.analyst_files.agreements.models import AnalystAgreement
from wss_cases.outcomes.exports.analyst_files.files.models import AnalystFile
from wss_cases.roster.directory.models import Student

ClientAs = Callable[[Any], PageClient]
PAGE = "/outcomes/analyst-files"
AGREED = {
    "receiver": "University of Elm, Policy Lab", "purpose": "How circles change removals", "reference": "MOU 2026-17",
    "signed_by": "Counsel and the provost", "starts_on": "2026-11-01", "ends_on": "2027-10-31",
}  # fmt: skip
WANTED = {"first_month": "2026-09", "last_month": "2026-10", "reason": "First wave of the study"}
FORMULA = "=Elm High School"


class District:
    """Two schools with a term of incidents, and two people who administer all of it."""

    def __init__(self, client_as: ClientAs) -> None:
        pick = random.Random(3)
        self.boss, self.lead = (
            make_user(Role.DISTRICT, name="Asking Ash"),
            make_user(Role.DISTRICT, name="Leading Lime"),
        )
        with one_commit():
            self.schools = [SchoolFactory(name=FORMULA, network="Network 1"), SchoolFactory(name="Oak High School")]
            self.students = [
                StudentFactory(
                    school=school, grade=9 + n % 4, race_ethnicity=("black", "white")[n % 2], given_name="Quillfeather",
                    family_name=f"Longname{n}",
                )
                for school in self.schools
                for n in range(40)
            ]  # fmt: skip
            for student in self.students:
                EnrolmentFactory(student=student)
            for _ in range(160):
                self.report(pick.choice(self.students), pick)
        self.asks, self.releases = client_as(self.boss), client_as(self.lead)

    def report(self, student: Student, pick: random.Random) -> None:
        """One more incident of September or October."""
        incident = IncidentFactory(
            school_id=student.school_id, local_date=date(2026, pick.choice((9, 10)), pick.randint(1, 30)),
            behavior_group=pick.randint(1, 3), narrative="Quillfeather did it",
        )  # fmt: skip
        IncidentPersonFactory(
            incident_id=incident.id, student_id=student.id, grade=student.grade, role=PersonRole.CAUSED_HARM
        )

    def ready(self) -> None:
        """Name the lead and write the agreement down."""
        assert self.asks.submit(f"{PAGE}/privacy", {"user_id": str(self.lead.id)}).status_code == 303
        assert self.asks.submit(f"{PAGE}/agreements/new", AGREED).status_code == 303

    def request(self, **change: str) -> Any:
        """Ask for a file under the newest agreement."""
        agreement = db.session.scalar(select(AnalystAgreement.id).order_by(AnalystAgreement.id.desc()).limit(1))
        return self.asks.submit(f"{PAGE}/new", WANTED | {"agreement_id": str(agreement)} | change)

    def released(self) -> str:
        """Ask for a file and release it; returns its address."""
        assert self.request().status_code == 303
        row = newest()
        assert self.releases.submit(f"{PAGE}/{row.id}/release").status_code == 303
        return f"{PAGE}/{row.id}"


def newest() -> AnalystFile:
    row = db.session.scalars(select(AnalystFile).order_by(AnalystFile.id.desc()).limit(1)).one()
    return fresh(row)


def tables_of(answer: Any) -> tuple[list[dict[str, str]], list[dict[str, str]], str]:
    """The rows of both tables, and everything that the zip holds as text."""
    archive = zipfile.ZipFile(io.BytesIO(answer.get_data()))
    assert {(one.filename, one.date_time) for one in archive.infolist()} == {
        ("incidents.csv", (1980, 1, 1, 0, 0, 0)), ("data_dictionary.csv", (1980, 1, 1, 0, 0, 0)),
    }  # fmt: skip
    texts = [archive.read(name).decode("utf-8-sig") for name in ("incidents.csv", "data_dictionary.csv")]
    incidents, dictionary = (list(csv.DictReader(io.StringIO(text, newline=""))) for text in texts)
    return incidents, dictionary, "\n".join(texts)
