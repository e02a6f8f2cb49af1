"""What the scheduler does once a minute."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import InterfaceError, OperationalError

from wss_cases.accounts.people.held.actions import settle_due
from wss_cases.accounts.sign_in.saved_forms.actions import forget_kept
from wss_cases.foundation.db import db
from wss_cases.jobs.board_reports import make_reports
from wss_cases.journal.audit.actions import seal
from wss_cases.mail.audit_heads.actions import queue_heads
from wss_cases.mail.delivery.actions import deliver
from wss_cases.mail.monitoring.actions import beat, note_failure, note_recovery
from wss_cases.outcomes.board.subscriptions.actions import queue_due
from wss_cases.outcomes.cache_refresh.actions import store_due_counts
from wss_cases.outcomes.counting.daily_figures.actions import follow
from wss_cases.pathways.circles.notes.shredding import shred
from wss_cases.records.retention.deletion.actions import carry_out
from wss_cases.records.retention.expiry.actions import clean
from wss_cases.roster.staff_accounts.waves import send_waves
from wss_cases.routing.replay.actions import carry_on
from wss_cases.setup.backups.actions import tell_late
from wss_cases.workday.sweep.actions import sweep

DELIVER_SECONDS = 45.0
TICK_SECONDS = 55.0
"""What a tick may take, so that the next one begins on its minute: what can wait gets what mail leaves of it."""
FIGURES_SECONDS = REPORT_SECONDS = REPLAY_SECONDS = 20.0
TOLD = ("queued", "sent", "retry", "failed", "shredded", "deleted", "made", "not_made", "replayed")
"""The counts that the log tells, where they are not 0."""
THOROUGH_MINUTES = 15
"""How often a sweep also looks for students who changed school, and what is past its days is cleaned away."""
AWAY = (OperationalError, InterfaceError)
PACKAGE = Path(__file__).resolve().parents[1]


@dataclass
class Tick:
    """One tick under a scheduler's name: each part by itself, so that one that fails holds up no other."""

    name: str
    now: datetime
    words: list[str] = field(default_factory=list)
    failed: bool = False

    def part(self, name: str, act: Callable[[], dict[str, int]]) -> dict[str, int] | None:
        """Carry out one part; None when it failed, which is then in the database for all to see."""
        try:
            return act()
        except Exception as error:
            self.failed = True
            words = _words(error)
            self.words.append(f"{name} failed: {words}")
            if not isinstance(error, AWAY):
                self.words.append("".join(traceback.format_tb(error.__traceback__)[-6:]))
            db.session.remove()
            self._keep(lambda: note_failure(self.name, name, words, self.now))
            return None

    def beat(self, sweep_ms: int | None) -> bool:
        """Leave the heartbeat; True when the tick before had failed."""
        return bool(self._keep(lambda: beat(self.name, self.now, sweep_ms)))

    def settle(self) -> None:
        """Note that everything works again."""
        self._keep(lambda: note_recovery(self.name, self.now))

    def _keep(self, write: Callable[[], bool | None]) -> bool | None:
        try:
            return write()
        except Exception as error:
            # what cannot be written down, because the database is away, holds up no mail: the next tick tries again
            self.words.append(f"not written down: {_words(error)}")
            return None
        finally:
            db.session.remove()


def tick(name: str, now: datetime) -> str:
    """Sweep, shred, forget, settle, clean, delete, leave a heartbeat under the scheduler's name, deliver, seal the
    audit log, bring the daily figures up to date, store cached counts, ask for board reports that are due, make them,
    replay rules.

    Returns words for the log, '' for none.
    """
    this = Tick(name, now)
    thorough = now.minute % THOROUGH_MINUTES == 0
    began = time.monotonic()
    swept = this.part("sweep", lambda: sweep(now, thorough=thorough))
    sweep_ms = round((time.monotonic() - began) * 1000) if swept is not None else None
    gone = this.part("shred", lambda: shred(now))
    this.part("forget", lambda: forget_kept(now))
    this.part("held", lambda: settle_due(now))
    this.part("waves", lambda: send_waves(now))
    if thorough:
        this.part("heads", lambda: queue_heads(now))
        this.part("clean", lambda: clean(now))
        this.part("late backup", lambda: tell_late(now))
    deleted = this.part("delete", lambda: carry_out(now))
    had_failed = this.beat(sweep_ms)
    delivering = time.monotonic()
    sent = this.part("deliver", lambda: deliver(now, DELIVER_SECONDS))
    is_all_sent = time.monotonic() - delivering < DELIVER_SECONDS
    this.part("seal", lambda: seal(now))
    this.part("figures", lambda: follow(now, _left(began, FIGURES_SECONDS)))
    this.part("counts", lambda: store_due_counts(now, _left(began, FIGURES_SECONDS)))
    this.part("due reports", lambda: queue_due(now))
    reporting = _left(began, REPORT_SECONDS) if is_all_sent else 0.0
    made = this.part("reports", lambda: make_reports(now, reporting))
    replaying = _left(began, REPLAY_SECONDS) if is_all_sent else 0.0
    replayed = this.part("replay", lambda: carry_on(now, replaying))
    if had_failed and not this.failed:
        this.settle()
    db.session.remove()
    for counts in (swept, sent, gone, deleted, made, replayed):
        this.words += [f"{word} {counts[word]}" for word in TOLD if counts and counts.get(word)]
    return ", ".join(this.words)


def _left(began: float, most: float) -> float:
    """Return the seconds that a part may still take of a tick."""
    return min(most, max(0.0, TICK_SECONDS - (time.monotonic() - began)))


def _words(error: Exception) -> str:
    """What failed and where: the kind and our own line, never the message, which may hold a name."""
    ours = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(PACKAGE)
    ]
    if not ours:
        return type(error).__name__
    return f"{type(error).__name__} at {Path(ours[-1].filename).relative_to(PACKAGE)}:{ours[-1].lineno}"
