"""Questionnaires after a meeting, most of them answered, and a few privileged notes, sealed as the rooms seal them."""

from datetime import datetime, timedelta
from typing import Any

from tests.bench.bulk.cases.followups import close
from tests.bench.bulk.pathways.circle_start import Circle
from tests.bench.bulk.writing.world import later
from wss_cases.foundation.ids import token_digest
from wss_cases.foundation.keys import seal
from wss_cases.foundation.school_time import DEFAULT_ZONE, local_date
from wss_cases.foundation.settings import setting
from wss_cases.pathways.circles.circle.models import MeetingKind
from wss_cases.pathways.circles.notes.messages import CircleNote
from wss_cases.pathways.circles.notes.rules import PURPOSE as NOTES
from wss_cases.pathways.circles.notes.rules import shred_day
from wss_cases.pathways.circles.questionnaires.models import (
    QUESTIONS,
    VALUES,
    Answerer,
    Occasion,
    Questionnaire,
    QuestionnaireAnswer,
    Scale,
)
from wss_cases.pathways.circles.questionnaires.pages import PURPOSE
from wss_cases.pathways.circles.questionnaires.queries import answerer_of

ANSWERED = 0.68
WORDS = (
    "I was nervous, but people let me finish.",
    "It was good that my aunt could come.",
    "I still do not sit near them at lunch.",
    "Tuve tiempo para pensar lo que iba a decir.",
    "Next time please in the morning.",
)
NOTES_WRITTEN = (
    "Spoke about the week before and what each of them heard from others.",
    "Wishes to begin with a drawing. Water and a break after twenty minutes.",
    "Asked not to sit with their back to the door.",
)


def hand_out(circle: Circle, meeting: dict[str, Any], at: datetime) -> None:
    """Make a link for everybody who came, and write down what most of them answered; keepers answer themselves."""
    course = circle.course
    world = course.scene.world
    first = meeting["kind"] == MeetingKind.CIRCLE.value
    occasion = Occasion.AFTER_MEETING if first else Occasion.LAST_CHECK_IN
    asked = course.follow("questionnaire", later(meeting["starts_at"], 20), days=1) if first else None
    if at >= world.now or (course.report.fate and first):
        return
    roles = {person.id: answerer_of(person.role) for person in circle.invited}
    spoken = {person.id: person.language for person in circle.invited}
    beside = {row["id"]: spoken.get(row["participant_id"], "en") for row in circle.supporters}
    for column, number in circle.came.get(meeting["id"], []):
        answerer, language = Answerer.KEEPER, "en"
        if column == "participant_id":
            answerer, language = roles[number], spoken[number]
        elif column == "supporter_id":
            answerer, language = Answerer.SUPPORTER, beside[number]
        _ask(circle, meeting, occasion, at, answerer, "es" if language == "es" else "en", (column, number))
    if asked is not None:
        close(course.scene, course.report, asked, at, course.work.lead, "done")
    if first:
        _write_notes(circle, later(at, 15))


def _ask(
    circle: Circle,
    meeting: dict[str, Any],
    occasion: Occasion,
    at: datetime,
    answerer: Answerer,
    language: str,
    who: tuple[str, int],
) -> None:
    course, rng = circle.course, circle.course.scene.rng
    row = course.new(
        Questionnaire,
        meeting_id=meeting["id"],
        occasion=occasion.value,
        answerer=answerer.value,
        language=language,
        token_digest=token_digest(f"{rng.getrandbits(160):040x}"),
        made_at=at,
        made_by_id=course.work.lead.id,
        expires_at=at + timedelta(days=setting("QUESTIONNAIRE_DAYS")),
        **{who[0]: who[1]},
    )
    is_keeper = answerer is Answerer.KEEPER
    answered_at = at if is_keeper else later(at, rng.randrange(5, 60 * 24 * 4))
    if not is_keeper:
        changes = {"occasion": occasion.value}
        course.tell(at, "questionnaire", row["id"], "questionnaire.made", changes, occasion=occasion.value)
        if rng.random() > ANSWERED or answered_at >= course.scene.world.now:
            return
    _answer(circle, row, occasion, answerer, answered_at)


def _answer(circle: Circle, row: dict[str, Any], occasion: Occasion, answerer: Answerer, at: datetime) -> None:
    course, rng = circle.course, circle.course.scene.rng
    for question in QUESTIONS[answerer, occasion]:
        values = sorted(VALUES[question.scale], reverse=True)
        weights = (6, 3, 1) if question.scale is Scale.THREE else (7, 8, 4, 2, 1)
        if rng.random() < 0.95:
            course.scene.world.store.add(
                QuestionnaireAnswer,
                questionnaire_id=row["id"],
                question=question.code,
                value=rng.choices(values, weights)[0],
            )
    row["answered_at"] = at
    if course.scene.world.keeps_every_answer and rng.random() < 0.25:
        sealed = seal(setting("WSS_KEYS"), PURPOSE, rng.choice(WORDS))
        row["sealed_text"], row["sealed_key"], row["key_name"] = sealed.text, sealed.key, sealed.key_name
    keeper = next((one for one in circle.keepers if one.id == row["keeper_user_id"]), None)
    course.report.story.act(
        at, keeper, ("questionnaire", row["id"]), "questionnaire.answered", {"answered_at": at},
        case_id=course.report.case_id, occasion=occasion.value,
    )  # fmt: skip


def _write_notes(circle: Circle, at: datetime) -> None:
    course, rng = circle.course, circle.course.scene.rng
    world = course.scene.world
    day = shred_day(local_date(at, DEFAULT_ZONE), setting("NOTE_DAYS"))
    if at >= world.now or day <= world.calendar.today or not world.keeps_every_answer or rng.random() < 0.5:
        return
    sealed = seal(setting("WSS_KEYS"), NOTES, rng.choice(NOTES_WRITTEN))
    keeper = circle.keepers[0]
    number = world.store.add(
        CircleNote,
        pathway_id=course.row["id"],
        author_id=keeper.id,
        written_at=at,
        sealed_text=sealed.text,
        sealed_key=sealed.key,
        key_name=sealed.key_name,
        shred_on=day,
    )
    course.scene.kept[course.row["id"]] = circle
    changes = {"pathway_id": course.row["id"], "shred_on": day}
    course.report.story.audit(at, keeper, ("circle_note", number), "circle.note_written", changes)
