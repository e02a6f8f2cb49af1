"""When something was written, by a device whose clock nobody trusts; and what is no entry at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from wss_cases.intake.offline.models import DeviceClock, entry_in, written_at

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WRITTEN, HEARD = NOW - HOUR, NOW - 2 * HOUR


def told(then: timedelta, writing: timedelta, sending: timedelta) -> DeviceClock:
    """The clock of a device that was so far ahead when it heard the server, at writing, and at sending."""
    return DeviceClock(WRITTEN + writing, NOW + sending, HEARD + then, HEARD)


@pytest.mark.parametrize("off", [timedelta(0), timedelta(minutes=4), DAY, -DAY, 9 * HOUR])
def test_a_clock_that_is_wrong_all_the_time_is_put_right(off: timedelta) -> None:
    found = written_at(told(off, off, off), NOW)
    assert found.at == WRITTEN and not found.doubtful
    assert found.ahead == (off if abs(off) > timedelta(minutes=5) else timedelta(0))


@pytest.mark.parametrize("writing", [timedelta(0), DAY])
def test_a_clock_that_was_set_meanwhile_is_asked_about(writing: timedelta) -> None:
    found = written_at(told(timedelta(0), writing, DAY), NOW)
    assert found.at == WRITTEN and found.doubtful and found.ahead == DAY


def test_nothing_was_written_after_it_arrived_or_before_the_server_was_last_heard() -> None:
    late = written_at(DeviceClock(NOW + DAY, NOW, HEARD, HEARD), NOW)
    assert late.at == NOW
    early = written_at(DeviceClock(NOW - 9 * DAY, NOW, HEARD, HEARD), NOW)
    assert early.at == HEARD


def test_a_device_that_never_heard_the_server_is_measured_at_sending() -> None:
    assert written_at(DeviceClock(WRITTEN + DAY, NOW + DAY), NOW).at == WRITTEN


GOOD = {"kind": "report", "fields": [["danger", "no"]], "school": 1, "written": NOW.isoformat(), "contact": None}


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "case"}, {"fields": "danger"}, {"fields": [["danger"]]}, {"fields": [[1, "no"]]}, {"school": "1"},
        {"school": -1}, {"written": "noon"}, {"written": "2026-11-24T10:00:00"}, {"written": "9999-12-31T00:00:00Z"},
        {"written": None}, {"contact": {"device": NOW.isoformat(), "server": 5}}, {"fields": [["a", "b"]] * 401},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_entry_is_refused(wrong: dict[str, object]) -> None:
    assert entry_in("a", json.dumps(GOOD), NOW.isoformat()).school_id == 1
    with pytest.raises(ValueError):
        entry_in("a", json.dumps({**GOOD, **wrong}), NOW.isoformat())
