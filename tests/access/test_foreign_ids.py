"""The forms of the pathways, the desk and safety plans, sent with ids of another school or of another case.

The choices of a select are not checked here, so that the act itself has to refuse what no page offers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import delete, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse
from wtforms import SelectField, SelectMultipleField

from tests.access.deeds import filled
from tests.access.planted import planted_walk
from tests.access.walk import FAMILIES, RECORDS, Walk, innermost_first
from tests.support.applications import Rollback
from tests.support.databases import Databases
from tests.support.depth import in_turn
from tests.support.pages.client import PageClient
from tests.support.pages.reading import Form, forms, parse
from wss_cases.accounts.account.models import Cover, RoleGrant, UserAccount
from wss_cases.cases.case.models import Case, CaseParticipant
from wss_cases.foundation.db import db
from wss_cases.pathways.circles.circle.models import CircleSupporter
from wss_cases.pathways.mentoring.plan.models import Mentor, MentoringGroup

ROOMS = frozenset(
    {*FAMILIES, "pathway_acts", "mentors", "returns", "case_acts", "case_moves", "safety", "hand_overs", "covers"}
    | {"desk", "circle_training", "circle_follow_ups", "conversations"}
)
CANARY = "Quillfeather"
"""Stands in every name of the other school."""

PARTICIPANT, USER, STUDENT = "participant_id", "user_id", "student_id"
ID_FIELDS = {
    **dict.fromkeys(("participant_id", "participant"), PARTICIPANT),
    **dict.fromkeys(("owner_id", "by", "to", "keeper", "user", "cover", "user_id"), USER),
    **dict.fromkeys(("mentor", "chosen"), "mentor_id"),
    "student": STUDENT,
    "pathways": "pathway_id",
    "terms": "term_id",
    "cases": "case_id",
}
"""Fields that hold an id, and of what; `owner` is a user's for a pathway and a participant's for a term."""

KEYED = {"signers": ("party", "supporter", "keeper"), "people": ("party", "supporter")}
KEYS = {"party": PARTICIPANT, "supporter": "supporter_id", "keeper": USER}
TERM_OWNER = re.compile(r"terms-\d+-owner")
REFUSED = (400, 404)
TAKEN = {
    *(("agreements.sign", "signers"), ("case_acts.hand_over", "to"), ("covers.set_cover", "cover")),
    *(("covers.set_cover", "user"), ("pathway_acts.add", "owner_id"), ("pathway_acts.add", "participant_id")),
    *(("pathway_acts.offer", "by"), ("pathway_acts.plan", "owner"), ("mentoring.match", "chosen")),
}
"""Fields of forms that are taken with an id of one's own, so that nothing but the foreign id is what is refused."""

TAKEN_BY = {
    "coordinator": {("hand_overs.choose", "cases"), ("hand_overs.choose", "to"), ("mentors.add_group", "mentor")},
    "dean": set[tuple[str, str]](),
}


@pytest.fixture(scope="module")
def walk(backend: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """The application on a demo district, in which every name of the other school is a canary."""
    made = planted_walk(databases, backend, tmp_path_factory.mktemp("foreign"))
    with made.app.app_context():
        _name_the_other(made.schools["other"])
        db.session.execute(delete(Cover))  # so that whoever is named in a form can stand in
        db.session.commit()
    return made


def _name_the_other(school_id: int) -> None:
    case = db.session.scalars(RECORDS["case_id"](school_id).order_by(Case.id.desc())).first()
    for model in (Mentor, MentoringGroup, CircleSupporter):
        for row in db.session.scalars(select(model).where(model.school_id == school_id)):
            row.name = CANARY
    for user in db.session.scalars(
        select(UserAccount).join(RoleGrant, RoleGrant.user_id == UserAccount.id).where(RoleGrant.school_id == school_id)
    ):
        user.name = f"Zephyrine {CANARY}"
    for person in db.session.scalars(select(CaseParticipant).where(CaseParticipant.case_id == case.id)):
        person.student.family_name, person.student.preferred_family_name = CANARY, ""
    db.session.commit()


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every form take ids that its page does not offer."""
    for field in (SelectField, SelectMultipleField):
        monkeypatch.setattr(field, "pre_validate", lambda _field, _form: None)


def rules_of_the_rooms(walk: Walk) -> Iterator[Rule]:
    for rule in walk.app.url_map.iter_rules():
        if rule.endpoint.split(".")[0] in ROOMS and "POST" in (rule.methods or ()):
            yield rule


def mixed(walk: Walk, rule: Rule) -> Iterator[str]:
    """Addresses of a rule with all ids of one case but for one, of another school or of another case of one's own."""
    ids = innermost_first(rule.arguments & RECORDS.keys())
    if len(ids) < 2:
        return
    own, other = (walk._values(rule, side) for side in ("own", "other"))
    for name in ids:
        for value in {other[name], _of_another_case(walk, name, own)} - {own[name], None}:
            built = rule.build({**own, name: value})
            assert built is not None
            yield built[1]


def _of_another_case(walk: Walk, name: str, own: dict[str, Any]) -> int | None:
    with walk.app.app_context():
        wanted = RECORDS[name](walk.schools["own"])
        row = db.session.scalars(wanted.order_by(wanted.selected_columns["id"]).limit(1)).first()
    elsewhere = row is not None and getattr(row, "case_id", None) != own.get("case_id")
    return row.id if row is not None and elsewhere else None


def foreign_values(walk: Walk, name: str) -> list[str]:
    """What a field is sent with that names somebody or something of the other school; nothing for other fields."""

    def newest(kind: str) -> int:
        return int(walk._record(kind, "other", None, published=False).id)

    if name in KEYED:
        return [f"{key}-{newest(KEYS[key])}" for key in KEYED[name]]
    if TERM_OWNER.fullmatch(name):
        return [str(newest(PARTICIPANT))]
    if name == "owner":
        return [str(newest(USER))]
    return [str(newest(ID_FIELDS[name]))] if name in ID_FIELDS else []


def chosen(form: Form) -> set[str]:
    """The names of controls in which nothing is typed."""
    boxes = [box for box in form.element.find_all("input") if box.get("type") in ("radio", "checkbox", "hidden")]
    return {control.get("name") for control in [*form.element.find_all("select"), *boxes]}


def send(walk: Walk, client: PageClient, address: str, data: dict[str, list[str]]) -> TestResponse:
    with Rollback(walk.app):
        return client.post(address, data=data)


def leaks(response: TestResponse) -> bool:
    return CANARY in response.get_data(as_text=True)


@pytest.mark.parametrize(("role", "turn"), [("coordinator", 0), ("dean", 1)])
@pytest.mark.usefixtures("unchecked")
def test_ids_of_another_school_are_refused(walk: Walk, role: str, turn: int) -> None:
    """Takes some seconds each: of the forms that nobody is known to be taken at, each of the two sends every second."""
    client, token = walk.client(role)
    found, told_apart = [], set()
    telling = {endpoint for endpoint, _name in TAKEN | TAKEN_BY[role]}
    rules = (
        rule
        for number, rule in enumerate(rules_of_the_rooms(walk), turn)
        if in_turn(number, 2) or rule.endpoint in telling
    )
    for rule in rules:
        for address in mixed(walk, rule):
            for answer in (client.get(address), send(walk, client, address, {"csrf_token": [token]})):
                if answer.status_code not in (404, 405) or leaks(answer):
                    found.append(f"{rule.endpoint} {address}: {answer.status_code}")
        if "GET" not in (rule.methods or ()):
            continue
        address = walk.address(rule, "own")
        page = client.get(address)
        if page.status_code != 200:
            continue
        for form in forms(parse(page.get_data(as_text=True)).find_all("main")[0]):
            if form.method != "post" or form.action not in ("", address):
                continue
            values = filled(form)
            for name in sorted(chosen(form)):
                for value in foreign_values(walk, name):
                    answer = send(walk, client, address, {**values, name: [value]})
                    if answer.status_code not in REFUSED or leaks(answer):
                        found.append(f"{rule.endpoint} {name}={value}: {answer.status_code}")
                    elif send(walk, client, address, values).status_code == 303:
                        told_apart.add((rule.endpoint, name))
    assert not found, "\n".join(found)
    assert told_apart >= TAKEN | TAKEN_BY[role], (TAKEN | TAKEN_BY[role]) - told_apart
