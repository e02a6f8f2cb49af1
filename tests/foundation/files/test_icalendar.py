"""One event is written in one place: whatever was typed, another library reads the same, line by line."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, timedelta

import vobject
from hypothesis import example, given
from hypothesis import strategies as st

from wss_cases.foundation.files.icalendar import Entry, Invited, calendar_file, every

AT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
TYPED = st.text(
    st.one_of(st.sampled_from(",;:\\\"'\n\r\t^=🌱é日 nN"), st.characters(exclude_categories=("Cs",))), max_size=120
)


def entry(**values: object) -> Entry:
    given_values = {"uid": "a-1@school.example", "sequence": 3, "changed": AT, "starts": AT, "minutes": 45}
    return Entry(**(given_values | {"summary": "Circle"} | values))  # type: ignore[arg-type]


def is_kept(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) not in {"Cc", "Zl", "Zp"}


def lines_of(body: bytes) -> list[bytes]:
    lines = body.split(b"\r\n")
    assert lines[-1] == b"" and not any(b"\n" in line or b"\r" in line for line in lines)
    return lines


@given(TYPED, TYPED, TYPED)
@example("Room 1, north; by the stairs\\n", "Círculo 🌱" * 30, 'Ann "Safe", Inc.; x')
@example("\r\nATTENDEE:mailto:x@evil.example\r\nEND:VEVENT", "a\r\nMETHOD:CANCEL", "x\r\nBEGIN:VALARM")
@example("\u2028\x85\x0bSTATUS:CANCELLED", "\x00\x1b[2J", "\x7f")
def test_what_was_typed_is_read_back_and_adds_nothing(room: str, summary: str, name: str) -> None:
    invited = Invited("no-reply@school.example", name, "keeper@school.example")
    body = calendar_file([entry(room=room, summary=summary)], method="REQUEST", invited=invited)
    lines = lines_of(body)
    assert all(len(line) <= 75 for line in lines)
    for line in lines:
        line.decode("utf-8")  # no character is cut in two
    calendar = vobject.readOne(body.decode("utf-8"))
    (event,) = calendar.vevent_list
    said = " ".join(room.split()), " ".join(summary.split())
    got = event.location.value if hasattr(event, "location") else "", event.summary.value
    for typed, read in zip(said, got, strict=True):
        assert "".join(read.split()) == "".join(filter(is_kept, typed))
    assert len(event.attendee_list) == 1 and not hasattr(event, "valarm")
    assert (calendar.method.value, event.status.value) == ("REQUEST", "CONFIRMED")


def test_an_instant_is_in_utc_and_a_day_is_a_day() -> None:
    body = calendar_file([entry(), entry(uid="b", starts=date(2026, 3, 8), free=True)])
    text = body.decode()
    assert "DTSTART:20261124T160000Z" in text and "DTEND:20261124T164500Z" in text
    assert "DTSTART;VALUE=DATE:20260308" in text and "DTEND;VALUE=DATE:20260309" in text
    assert "VTIMEZONE" not in text and "TZID" not in text
    first, second = vobject.readOne(text).vevent_list
    assert first.dtend.value - first.dtstart.value == timedelta(minutes=45)
    assert (first.transp.value, second.transp.value) == ("OPAQUE", "TRANSPARENT")


def test_a_calendar_says_how_often_to_look_again() -> None:
    text = calendar_file([], properties={"x-wr-calname": "Mine"} | every(1)).decode()
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in text
    assert "X-PUBLISHED-TTL:PT1H\r\n" in text and "X-WR-CALNAME:Mine\r\n" in text
