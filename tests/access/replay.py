"""What the people of one school did, done again by everybody else: no word of it is told, nothing of it changed.

Every text of the first school is a canary. Its people open every page and fill every form; what they sent is sent
again, word for word but with the sender's own token, by people who have no business there.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from flask.testing import FlaskClient
from sqlalchemy import or_, select
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.access.deeds import Deed, Kept, filled, plant_canaries
from tests.access.walk import LETTERS, RECORDS, Line, Walk
from tests.factories.accounts import RoleGrantFactory, UserFactory, make_user
from tests.mail.every_kind import CANARY
from tests.support.applications import people_client
from tests.support.demo import client_of
from tests.support.depth import in_turn
from tests.support.pages.client import PageClient
from tests.support.pages.crawl import links, shape_of
from tests.support.pages.reading import Element, forms, parse
from tests.support.rows import Key, all_rows, changes, of_school
from tests.support.undone import Undone
from wss_cases.access.actor import Role
from wss_cases.accounts.account.models import RoleGrant, UserAccount
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.casework.transfer.models import StudentMove
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.incidents.incident.models import IncidentPerson
from wss_cases.journal.models import OutboxMessage
from wss_cases.mail.delivery.messages import compose
from wss_cases.pathways.referrals.referral.models import Referral
from wss_cases.roster.directory.models import School, Student, StudentGuardian
from wss_cases.training.records.models import TrainingRecord

ABSENT = 90_000_001
"""An id that no record has."""

OWN_ENDS = frozenset({"accounts.sign_out", "sessions.end_others", "accounts.password"})
"""What ends the session, or changes the password, of whoever sends it."""

TOLD = {
    "sysadmin": ("people.", "troubles.", "system.", "second_factor."),
    "auditor": ("audit.", "disclosures."),
    "who left as coordinator": ("troubles.retry_own", "own_trainings."),
}
"""Where people without a school are told of every school, by their permission (accounts and failed mail, the log and
disclosures), and where somebody sends a mail of their own again that they were sent at their former school, or reads
the trainings that they took there."""

OWN_STILL = {"who left as coordinator": frozenset({"push.test", "push.end"})}
"""What stays somebody's own when they leave a school: the phone on which they are told, which has no school. Of nobody
else's device anything is shown or done, which the others here see."""

EVERYBODY = frozenset(LETTERS.values())


@dataclass
class Answer:
    """What came back, what was logged and mailed, what of the first school changed."""

    response: TestResponse
    log: list[str]
    changed: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)

    def leaks(self) -> list[str]:
        """Where the canary stands."""
        places = {
            "body": self.response.get_data(as_text=True),
            "headers": "\n".join(f"{name}: {value}" for name, value in self.response.headers.items()),
            "log": "\n".join(self.log),
            "mail": "\n".join(self.mails),
        }
        return [place for place, words in places.items() if CANARY.casefold() in words.casefold()]


class Replay:
    """Two schools: of `other` every word is a canary, and what its people did is done again by everybody else."""

    def __init__(self, walk: Walk) -> None:
        self.walk, self.app = walk, walk.app
        self.adapter = self.app.url_map.bind("localhost")
        self.school = walk.schools["other"]
        self.log = Kept()
        self.shown = 0
        with self.app.app_context():
            self.first = self._first_people()
            own = of_school(all_rows(db.session.connection()), self.school)
            self.planted = plant_canaries(own - self._known_elsewhere())
        self.deeds = list(self._record())
        with self.app.app_context():
            self.second = self._second_people()
        self.undone = Undone(self.app)
        self.keys = of_school(self.undone.rows, self.school) & set(self.undone.rows)
        self.keys -= {("user_account", (self.first["keeper"],))}

    def _known_elsewhere(self) -> set[Key]:
        """Students who came from a school where their case still goes on, guardians of a child there too, and what
        another school wrote of a student of this one: people there know it."""
        moved = select(CaseParticipant.student_id).join(StudentMove, StudentMove.participant_id == CaseParticipant.id)
        theirs = select(StudentGuardian.guardian_id).join(Student, Student.id == StudentGuardian.student_id)
        theirs = theirs.where(or_(Student.school_id != self.school, Student.id.in_(moved)))
        told = select(IncidentPerson.id).where(IncidentPerson.other_school_id == self.school)
        return {
            *(("incident_person", (person_id,)) for person_id in db.session.scalars(told)),
            *(("student", (student_id,)) for student_id in db.session.scalars(moved)),
            *(("guardian", (guardian_id,)) for guardian_id in db.session.scalars(theirs)),
        }

    def _first_people(self) -> dict[str, int]:
        school = db.session.get_one(School, self.school)
        newest = select(Case).where(Case.school_id == self.school).order_by(Case.id.desc()).limit(1)
        sent = select(Referral).where(Referral.school_id == self.school).order_by(Referral.id.desc()).limit(1)
        people = {"administrator": make_user(Role.ADMINISTRATOR, school).id}
        people["keeper"] = db.session.scalars(newest).one().lead_id
        for role in (Role.DEAN, Role.COORDINATOR, Role.REPORTER):
            people[role.value] = make_user(role, school).id
        partner_id = db.session.scalars(sent).one().partner_id
        people["partner"] = UserFactory().id
        RoleGrantFactory(user_id=people["partner"], role=Role.PARTNER, school_id=None, partner_id=partner_id)
        db.session.commit()
        return people

    def _second_people(self) -> dict[str, tuple[str, Callable[[], PageClient]]]:
        own = db.session.get_one(School, self.walk.schools["own"])
        former = self.first["keeper"]
        for grant in db.session.scalars(select(RoleGrant).where(RoleGrant.user_id == former)):
            grant.ends_on = clock.now().date() - timedelta(days=2)
        RoleGrantFactory(user_id=former, role=Role.COORDINATOR, school_id=own.id, starts_on=date(2026, 8, 1))
        # what goes along with somebody: their name, and what they have learnt
        db.session.get_one(UserAccount, former).name = "Somebody Who Left"
        for training in db.session.scalars(select(TrainingRecord).where(TrainingRecord.user_id == former)):
            training.provider = "A course"
        people = {
            "signed out": ("", None),
            "without a role": ("", UserFactory().id),
            "who left as coordinator": ("coordinator", former),
            "district of another network": ("district", make_user(Role.DISTRICT, own).id),
        }
        db.session.commit()
        found: dict[str, tuple[str, Callable[[], PageClient]]] = {
            name: (role, lambda who=who: people_client(self.app, who and SimpleNamespace(id=who)))
            for name, (role, who) in people.items()
        }
        for role in sorted(EVERYBODY - {"district"}):
            found[role] = (role, lambda role=role: client_of(self.app, role))
        return found

    def _record(self) -> Iterator[Deed]:
        """Open every page by whoever of the first school sees it first, fill its forms, follow what it asks for."""
        clients = [people_client(self.app, SimpleNamespace(id=who)) for who in self.first.values()]
        deeds: dict[tuple[str, ...], Deed] = {}
        for rule, method in self.walk.rules():
            if rule.endpoint in OWN_ENDS or rule.endpoint.endswith("static"):
                continue
            address = self.walk.address(rule, "other")
            if method != "GET":
                deeds.setdefault((rule.endpoint, rule.rule), Deed(rule, method, address))
                continue
            found = [Deed(rule, method, address)]
            if not rule.arguments & set(RECORDS):
                found.append(Deed(rule, method, f"{address}?{self._asked()}", plain=False))
            for client in clients:
                answer = client.get(address)
                if answer.status_code == 200:
                    break
            if answer.status_code == 200:
                self.shown += CANARY in answer.get_data(as_text=True)
            if answer.status_code == 200 and answer.mimetype == "text/html":
                page = parse(answer.get_data(as_text=True))
                found += [*self._linked(page, address), *self._posted(page, address)]
            for deed in found:
                kind = (deed.method, shape_of(deed.address), *sorted(name for name, _v in deed.body))
                deeds.setdefault(kind, deed)
        yield from deeds.values()

    def _asked(self) -> str:
        """What a page can be asked for by an address: words, and ids of the first school."""
        ids = {name: self.walk._record(name, "other", None, published=False).id for name in ASKED.values()}
        asked = [(name, ids[of]) for name, of in ASKED.items()]
        return urlencode([("q", CANARY[:9]), *asked])

    def _linked(self, page: Element, base: str) -> Iterator[Deed]:
        for address in links(page, base):
            if urlsplit(address).query and (rule := self._rule(address, "GET")):
                yield Deed(rule, "GET", address, plain=False)

    def _posted(self, page: Element, base: str) -> Iterator[Deed]:
        for form in forms(page):
            address = urljoin(base, form.action or base)
            rule = self._rule(address, "POST") if form.method == "post" else None
            if rule:
                values = {name: tuple(held) for name, held in filled(form).items() if name != "csrf_token"}
                yield Deed(rule, "POST", address, tuple(values.items()), plain=False)

    def _rule(self, address: str, method: str) -> Rule | None:
        try:
            rule, _arguments = self.adapter.match(urlsplit(address).path, method, return_rule=True)
        except HTTPException:
            return None
        return None if rule.endpoint in OWN_ENDS else rule

    def absent(self, deed: Deed) -> Deed:
        """The same deed with every id in its address one that no record has."""
        parts = urlsplit(deed.address)
        path = parts.path
        _rule, arguments = self.adapter.match(path, deed.method, return_rule=True)
        if set(arguments) & set(RECORDS):
            values = {name: ABSENT if name in RECORDS else value for name, value in arguments.items()}
            path = deed.rule.build(values)[1]  # type: ignore[index]
        asked = [
            (name, str(ABSENT) if name in ASKED and value.isdigit() else value)
            for name, value in parse_qsl(parts.query)
        ]
        return replace(deed, address=path + (f"?{urlencode(asked)}" if asked else ""))

    def do(self, client: FlaskClient, token: str, deed: Deed) -> Answer:
        """Send it, look what it did, and undo what it did."""
        self.log.lines.clear()
        # not looked at as a page: that is done elsewhere, and here there are thousands
        done = self.undone.send(client, deed.address, method=deed.method, data=deed.data(token))
        answer = Answer(done.response, list(self.log.lines))
        if done.written:
            new = {key for key in done.rows if key not in self.undone.rows}
            theirs = of_school({key: row for key, row in done.rows.items() if key in new}, self.school, self.keys)
            changed = [key for key in self.keys if key[0] in done.written]
            answer.changed = changes(self.undone.rows, done.rows, changed)
            answer.changed += [f"new {key}" for key in theirs & new]
            answer.mails = self._mails(new)
            self.undone.undo()
        return answer

    def _mails(self, new: set[Key]) -> list[str]:
        with self.app.app_context():
            queued = [db.session.get_one(OutboxMessage, key[1]) for key in new if key[0] == "outbox_message"]
            return [mail.as_string() for message in queued if (mail := compose(message, clock.now()))]

    def differences(self, name: str, table: dict[str, Line], only: str = "", turn: int = 0) -> list[str]:
        """Repeat everything, or what goes to one endpoint, as one of the second people; where not everything is proven,
        everything is shared out among three of them by their turns.

        Returns a line for each word that is told, each row that is changed, each answer that the table does not
        give, and each record that can be told apart from one that is not there.
        """
        role, make = self.second[name]
        client = make()
        token = client.csrf_token("/account" if client.get("/account").status_code == 200 else "/sign-in")
        found = []
        logging.getLogger().addHandler(self.log)
        try:
            nowhere = replace(self.deeds[0], address="/no/such/page")
            missing = {
                method: face(self.do(client, token, replace(nowhere, method=method))) for method in ("GET", "POST")
            }
            for number, deed in enumerate(self.deeds):
                line = table[deed.rule.endpoint]
                wanted = only == deed.rule.endpoint if only else in_turn(number + turn, 9)
                wanted = wanted and deed.rule.endpoint not in OWN_STILL.get(name, ())
                if wanted and (deed.plain or line.public or line.may(role, "own")):
                    found += self._judge(name, line, missing, client, token, deed)
        finally:
            logging.getLogger().removeHandler(self.log)
            self.undone.undo()
        return [f"{name} {line}" for line in found]

    def _judge(
        self, name: str, line: Line, missing: dict[str, Any], client: PageClient, token: str, deed: Deed
    ) -> list[str]:
        role = self.second[name][0]
        answer = self.do(client, token, deed)
        found = []
        told = deed.rule.endpoint.startswith(TOLD.get(name, ("-",)))
        if not told:
            found += [f"is told in the {place}" for place in answer.leaks()]
            found += [f"changes {row}" for row in answer.changed]
        twin = self.absent(deed)
        everybodys = line.public or (line.other == EVERYBODY and name != "signed out")
        if everybodys or line.may(role, "other"):
            if name == role and deed.plain and not line.public and answer.response.status_code == 404:
                found.append("is there, by the table")
            plainly = told or deed.rule.endpoint in DRAWN_PAGES
            if not plainly and urlsplit(twin.address).query != urlsplit(deed.address).query:
                ids = re.findall(r"\d+", urlsplit(deed.address).query)
                if face(answer, ids) != face(self.do(client, token, twin), ids):
                    found.append(f"is told apart from {twin.address}")
        elif name == "signed out":
            if not answer.response.headers.get("Location", "").startswith("/sign-in"):
                found.append("is not sent to sign in")
        elif face(answer) != missing[deed.method]:
            found.append("does not look missing")
        elif name == "administrator" and deed.plain and face(self.do(client, token, twin)) != missing[deed.method]:
            found.append(f"is told apart from {twin.address}")
        return [f"{deed.method} {deed.address}: {answer.response.status_code} {words}" for words in found]


ASKED = {
    "school": "school_id",
    "school_id": "school_id",
    "student": "student_id",
    "person": "participant_id",
    "pathway": "pathway_id",
    "case": "case_id",
    "id": "follow_up_id",
}
"""What an address may ask for after its question mark, and which record that is."""

DRAWN = re.compile(
    r'(name="(?:csrf_token|request_key|next)"[^>]*?value="|data-session-(?:now|ends)="|"(?:csrf|now)": ?")[^"]*'
)
"""What is drawn anew each time, the way back to the address that was asked for, and the time; a device is told its
token and the time as JSON."""
DRAWN_PAGES = frozenset({"second_factor.mine", "metrics.metrics"})
"""Where the whole page is: a secret of one's own, and figures that count each reading."""
OF_THE_MOMENT = frozenset({"Content-Length", "Date", "Set-Cookie"})


def face(answer: Answer, ids: Iterable[str] = ()) -> tuple[int, str]:
    """What an answer shows, but for what is of the moment and for the ids that were asked for."""
    response = answer.response
    headers = [f"{n}: {v}" for n, v in response.headers.items() if n not in OF_THE_MOMENT]
    shown = "\n".join([*sorted(headers), DRAWN.sub(r"\1", response.get_data(as_text=True))])
    asked = re.compile(r"\b(?:" + "|".join([*sorted(ids, key=len, reverse=True), str(ABSENT)]) + r")\b")
    return response.status_code, asked.sub("N", shown)
