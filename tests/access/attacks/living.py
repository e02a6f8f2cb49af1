"""The attacks themselves: puppets, an administrator, a thief, and whoever is after notes, at the real pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from flask import Flask
from sqlalchemy import func, select

from tests.accounts.sign_in.test_second_factor import with_factor, wrong
from tests.accounts.test_held_changes import THEIRS
from tests.cases.making import make_user as make_colleague
from tests.cases.making import make_world
from tests.factories.accounts import PASSWORD, acting, make_user
from tests.pathways.circles.notes.making import end, kept_circle, write
from tests.pathways.circles.notes.test_grants import SAID
from tests.safeguards.police.test_review import Scene
from tests.support.applications import people_client
from tests.support.pages.client import PageClient
from tests.support.servers.mail import MailServer
from wss_cases.access.actor import Invocation, Role
from wss_cases.accounts.account.models import RoleGrant, UserAccount
from wss_cases.accounts.held_changes import HeldChange
from wss_cases.accounts.sign_in.sessions.actions import has_factor
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.journal.models import AuditEntry
from wss_cases.mail.delivery.queue import deliver
from wss_cases.pathways.circles.notes.messages import NoteGrant
from wss_cases.safeguards.duties.pages import raise_by_hand
from wss_cases.safeguards.police.asking import call_first
from wss_cases.safeguards.police.notification import record_notification
from wss_cases.safeguards.police.review.models import PoliceNotification, PoliceReview

DAY = "2026-11-24"
OVERREACH = "overreach.refused"


@dataclass(frozen=True)
class Attack:
    """Who tried what, how it was refused ('' where it succeeded), and who must have heard of it: people by a mail to
    their address, auditors by an act in the audit log."""

    who: str
    what: str
    refused: str
    mails: Sequence[str]
    audit: str


class Stage:
    """The application with its mail, and a clock that the attacks move."""

    def __init__(self, app: Flask, server: MailServer) -> None:
        self.app, self.server = app, server
        self._travel: time_machine.travel | None = None
        self.at("10:00")

    def at(self, wall: str) -> datetime:
        """Stop the clock at an hour of the day in Chicago."""
        self.stop()
        instant = datetime.fromisoformat(f"{DAY} {wall}").replace(tzinfo=ZoneInfo("America/Chicago")).astimezone(UTC)
        self._travel = time_machine.travel(instant, tick=False)
        self._travel.start()
        return instant

    def stop(self) -> None:
        """Let the clock run again."""
        if self._travel is not None:
            self._travel.stop()

    def client(self, user: UserAccount) -> PageClient:
        return people_client(self.app, user)

    def missing(self, attack: Attack, mails: int, audited: int) -> list[str]:
        """Return who must hear of an attack and has not; what is due is sent, and looked for where it arrived."""
        db.session.commit()
        with self.app.app_context():
            deliver(clock.now())
        reached = {address for mail in self.server.mails[mails:] for address in mail.recipients}
        kept = set(db.session.scalars(select(AuditEntry.action).where(AuditEntry.id > audited)))
        return [one for one in attack.mails if one not in reached] + (
            [attack.audit] if attack.audit and attack.audit not in kept else []
        )


def refusal(answer: Any, words: str, status: int = 400) -> str:
    """Return how a page refused: its status and the words it says; '' where it did not."""
    shown = " ".join(answer.get_data(as_text=True).split())
    return f"{answer.status_code}, “{words}”" if answer.status_code == status and words in shown else ""


SECOND_PERSON = "This needs a second person"
TELLING = {
    "told": "911", "channel": "phone", "adult_with_student": "Ms. Test", "guardian_result": "voicemail",
    "rights_sheet": "student",
}  # fmt: skip


def two_puppets(stage: Stage) -> Iterator[Attack]:
    """A dean whose second mailbox is an administrator of the school, and who confirms what he did himself."""
    now, scene = stage.at("11:00"), Scene()
    mailbox = make_user(Role.ADMINISTRATOR, scene.school, first_setup=False)
    dean, puppet = stage.client(scene.dean), stage.client(mailbox)
    given = {"code": "attack_on_staff", "because": "So.", "aware_at": now, "facts": "due"}
    duty = raise_by_hand(Invocation(acting(scene.dean), now), scene.incident.id, **given)
    dean.submit(f"/incidents/{scene.incident.id}/police-review/required-by-law", {"duty_id": str(duty)})
    review = f"/police-reviews/{newest(PoliceReview)}"
    refused = refusal(puppet.submit(f"{review}/verify", {"verified": "yes", "reason": "I read it."}), SECOND_PERSON)
    dean.submit(f"{review}/notification", TELLING | {"student_ids": str(scene.student.id)})
    if db.session.scalars(select(PoliceNotification)).first() is not None:
        refused = ""
    yield Attack(PUPPET, "verifies the duty he raised, to tell the police", refused, [scene.head.email], OVERREACH)
    called = call_first(Invocation(acting(scene.dean), now), scene.incident.id, called_at=now)
    record_notification(Invocation(acting(scene.dean), now), called, **scene.told(danger="He held a knife."))
    answer = puppet.submit(f"/police-reviews/{called}/second-review", {"confirms": "yes", "reason": "So it was."})
    yield Attack(PUPPET, "confirms his emergency", refusal(answer, SECOND_PERSON), [scene.head.email], OVERREACH)


def system_administrator(stage: Stage) -> Iterator[Attack]:
    """Somebody who gives roles, wants them all, and a colleague's account; with a mailbox that is one too."""
    stage.at("11:00")
    boss, witness = make_user(Role.SYSADMIN), make_user(Role.SYSADMIN)
    mailbox = make_user(Role.SYSADMIN, first_setup=False)
    (victim, _codes), client = with_factor(Role.DEAN), stage.client(boss)
    before, page = victim.email, f"/people/{victim.id}"
    answer = client.submit(f"/people/{boss.id}", {"role": "district", "starts_on": DAY}, holding="role")
    refused = refusal(answer, "people cannot give roles to themselves")
    yield Attack(BOSS, "gives herself the whole district", refused, [], OVERREACH)
    client.submit(f"{page}/address", {"email": THEIRS})
    held = newest(HeldChange)
    answer = client.post(f"{page}/link", data={"csrf_token": client.csrf_token(page)})  # no button leads there
    yield Attack(
        BOSS, "moves an account to her own address and sends a link there", refusal(answer, "no link is sent to it"),
        [before, witness.email], OVERREACH,
    )  # fmt: skip
    answer = stage.client(mailbox).submit(page, action=f"/held/{held}", follow=True)
    waits = refusal(answer, SECOND_PERSON, 200) if db.session.get_one(HeldChange, held).settled_at is None else ""
    yield Attack(BOSS, "agrees to it with a second mailbox", waits, [], OVERREACH)
    client.submit(page, action="/reset")
    taken = not has_factor(db.session(), victim.id)
    yield Attack(BOSS, "takes away the second factor", "" if taken else "waits a day", [before, witness.email], "")
    for other in (witness, mailbox):
        grant = db.session.scalars(select(RoleGrant.id).where(RoleGrant.user_id == other.id)).one()
        client.submit(f"/people/{other.id}", action=f"/roles/{grant}/end")
    own = db.session.scalars(select(RoleGrant.id).where(RoleGrant.user_id == boss.id)).one()
    answer = client.submit(f"/people/{boss.id}", action=f"/roles/{own}/end")
    words = "last account that can give roles"
    yield Attack(BOSS, "ends everybody's role and her own", refusal(answer, words), [witness.email], OVERREACH)


def thief(stage: Stage) -> Iterator[Attack]:
    """Somebody with a stolen session and the password, but without the phone."""
    stage.at("10:00")
    user, _codes = with_factor(Role.DEAN)
    stolen = stage.client(user)
    stage.at("11:00")
    token, factor = {"csrf_token": stolen.csrf_token("/account")}, "/account/second-factor"
    for what, act in (("makes new recovery codes", "codes"), ("switches the second factor off", "off")):
        asked = stolen.post(f"{factor}/{act}", data=token).headers.get("Location", "")
        answer = stolen.post("/account/confirm", data=token | {"password": PASSWORD, "code": wrong()})
        refused = refusal(answer, "not right") if asked.startswith("/account/confirm") else ""
        yield Attack(THIEF, f"{what}, without the phone", refused, [], "factor.refused")
    new = {"old_password": PASSWORD, "new_password": "four plain words suffice", "code": wrong()}
    answer = stolen.post("/account/password", data=token | new)
    yield Attack(THIEF, "changes the password", refusal(answer, "not right"), [], "factor.refused")
    for _guess in range(6):
        answer = stolen.post("/account/confirm", data=token | {"password": PASSWORD, "code": wrong()})
    yield Attack(THIEF, "guesses the code", refusal(answer, "Too many attempts", 429), [user.email], "factor.throttled")


def after_the_notes(stage: Stage) -> Iterator[Attack]:
    """An administrator of the school who wants to read what a circle said."""
    stage.at("11:00")
    world = make_world()
    circle = kept_circle(world)
    write(world.actor, circle, SAID)
    end(circle)
    head, dean = make_colleague(world.school, Role.ADMINISTRATOR), make_colleague(world.school, Role.DEAN)
    place, client = f"/cases/{circle.case_id}/pathways/{circle.id}", stage.client(head)
    refused = refusal(client.submit(f"{place}/keepers", {"keeper": str(dean.id)}), "decide discipline here cannot keep")
    if stage.client(dean).get(f"{place}/notes").status_code != 404:
        refused = ""
    yield Attack(HEAD, "makes the dean a keeper", refused, [], OVERREACH)
    invented = make_colleague(world.school)
    client.submit(f"{place}/keepers", {"keeper": str(invented.id)})
    answer = stage.client(invented).get(f"{place}/notes")
    refused = "" if SAID in answer.get_data(as_text=True) else refusal(answer, "Closed to you", 200)
    for agreeing in (client, stage.client(invented)):
        token = {"csrf_token": agreeing.csrf_token("/account")}
        agreeing.post(f"{place}/keepers/{invented.id}/agree", data=token)
    if db.session.scalars(select(NoteGrant)).first() is not None:
        refused = ""
    yield Attack(HEAD, "reads as a coordinator that he invented", refused, [world.coordinator.email], "")


PUPPET, BOSS, THIEF, HEAD = "a dean with two mailboxes", "a system administrator", "a thief", "a principal"
Story = Callable[[Stage], Iterator[Attack]]
ATTACKS: tuple[Story, ...] = (two_puppets, system_administrator, thief, after_the_notes)


def newest(model: Any) -> int:
    return int(db.session.scalars(select(func.max(model.id))).one())


def lived(stage: Stage, stories: Sequence[Story]) -> Iterator[tuple[Attack, list[str]]]:
    """Yield each attack with who has not heard of it."""
    for story in stories:
        stage.at("11:00")
        attacks = story(stage)
        while True:
            mails = len(stage.server.mails)
            audited = db.session.scalar(select(func.max(AuditEntry.id))) or 0
            attack = next(attacks, None)
            if attack is None:
                break
            yield attack, stage.missing(attack, mails, audited)
