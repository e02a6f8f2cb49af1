"""What the scheduler does: its tick once a minute, and what runs beside it."""

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import InterfaceError, OperationalError

from wss_cases.accounts.people.held import settle_due
from wss_cases.accounts.sign_in.saved_forms import forget_kept
from wss_cases.board.report.queries import board_but_equity
from wss_cases.board.stored_reports import queue_due
from wss_cases.foundation import clock, connecting
from wss_cases.foundation.db import db
from wss_cases.foundation.operations import Share
from wss_cases.intake.rerouting import route_by_new_rules
from wss_cases.jobs.stored_pdfs import make_pdfs
from wss_cases.journal.audit.actions import seal
from wss_cases.journal.months import make_months
from wss_cases.mail.audit_heads import queue_heads
from wss_cases.mail.delivery.queue import deliver
from wss_cases.mail.monitoring import beat, note_failure, note_recovery
from wss_cases.mail.push.sending import deliver_push
from wss_cases.mail.webhooks.messages import deliver_webhooks
from wss_cases.outcomes.cache_refresh import store_due_counts
from wss_cases.outcomes.counting.daily_figures.actions import follow
from wss_cases.outcomes.counting.totals import count_asked, waits
from wss_cases.outcomes.edfi.pushing import push_due
from wss_cases.pathways.circles.notes.shredding import shred
from wss_cases.records.retention.deletion.pages import carry_out
from wss_cases.records.retention.schedule import clean
from wss_cases.roster.drops import take_drops
from wss_cases.roster.rest import pull_roster
from wss_cases.roster.staff_accounts.pages import keep_tallies, send_waves
from wss_cases.roster.uploads import take_uploads
from wss_cases.routing.replay.actions import carry_on
from wss_cases.setup.backups import take_backup, tell_late
from wss_cases.surveys.mailing import deliver_invitations
from wss_cases.surveys.results import count_due
from wss_cases.workday.sweep import sweep

DELIVER_SECONDS = 45.0
TICK_SECONDS = 55.0
"""What a tick may take, so that the next one begins on its minute: what can wait gets what mail leaves of it."""
SWEEP_SECONDS = 20.0
FIGURES_SECONDS = REPORT_SECONDS = REPLAY_SECONDS = DELETE_SECONDS = 20.0
SMALL_SECONDS = 5.0
"""What each of the parts may take that nobody waits for within the minute: days of notes, old rows, accounts."""
BEAT_SECONDS = 20.0
"""The heartbeat is left again after the part that ends so long after the last."""
TOLD = ("queued", "sent", "retry", "failed", "shredded", "deleted", "made", "not_made", "routed", "replayed")
"""The counts that the log tells, where they are not 0."""
THOROUGH_MINUTES = 15
"""How often a sweep also looks for students who changed school, and what is past its days is cleaned away."""
BY_MONTH = {"board": board_but_equity}
"""What rooms above the outcomes count of the months that are over."""
AWAY = (OperationalError, InterfaceError)
PACKAGE = Path(__file__).resolve().parents[1]


@dataclass
class Tick:
    """One tick under a scheduler's name. Each part runs by itself, so that a failing one delays no other."""

    name: str
    now: datetime
    words: list[str] = field(default_factory=list)
    failed: bool = False
    had_failed: bool = False
    began: float = field(default_factory=time.monotonic)
    beaten: float = field(default_factory=time.monotonic)

    def part(self, name: str, act: Callable[[], dict[str, int]]) -> dict[str, int] | None:
        """Run one part; None when it failed, which is then stored for all to see."""
        try:
            return act()
        except Exception as error:
            words = words_of(error)
            db.session.remove()
            self.complain(name, words)
            if not isinstance(error, AWAY):
                self.words.append("".join(traceback.format_tb(error.__traceback__)[-6:]))
            return None
        finally:
            if time.monotonic() - self.beaten > BEAT_SECONDS:
                self.beat(clock.now())

    def complain(self, name: str, words: str) -> None:
        """Store that a part failed, or left something that someone must look at."""
        self.failed = True
        self.words.append(f"{name} failed: {words}")
        self._keep(lambda: note_failure(self.name, name, words, self.now))

    def beat(self, now: datetime, sweep_ms: int | None = None) -> None:
        """Write the heartbeat, and read whether the tick before had failed."""
        failed = self._keep(lambda: beat(self.name, now, sweep_ms))
        self.had_failed, self.beaten = self.had_failed or bool(failed), time.monotonic()

    def left(self, most: float) -> float:
        """The seconds that a part may still take of this tick."""
        return min(most, max(0.0, TICK_SECONDS - (time.monotonic() - self.began)))

    def share(self, most: float) -> Share:
        """The share of this tick for a part that works step by step: one step at least."""
        return Share(self.left(most))

    def settle(self) -> None:
        """Store that everything works again."""
        self._keep(lambda: note_recovery(self.name, self.now))

    def _keep(self, write: Callable[[], bool | None]) -> bool | None:
        try:
            return write()
        except Exception as error:
            # what cannot be stored, because the database is away, delays no email: the next tick tries again
            self.words.append(f"not written down: {words_of(error)}")
            return None
        finally:
            db.session.remove()


def tick(name: str, now: datetime) -> str:
    """Sweep, write a heartbeat under the scheduler's name, deliver; then, as far as the minute goes and each by its
    share: route by new rules, seal the audit log, shred, forget, settle, clean, delete, update the daily figures, store
    cached counts, request board reports that are due, make PDFs, replay rules.

    Only what queues email comes before email and heartbeat. Returns words for the log, '' for none.
    """
    this = Tick(name, now)
    thorough = now.minute % THOROUGH_MINUTES == 0
    told = [_sweep(this, now, thorough)]
    this.part("held", lambda: settle_due(now, this.share(SMALL_SECONDS)))
    this.part("waves", lambda: send_waves(now))
    delivering = time.monotonic()
    told.append(this.part("deliver", lambda: deliver(now, DELIVER_SECONDS)))
    told.append(this.part("rules", lambda: route_by_new_rules(now, this.share(SMALL_SECONDS))))
    this.part("surveys", lambda: count_due(now, this.share(SMALL_SECONDS)))
    told.append(this.part("invitations", lambda: deliver_invitations(now, this.left(SMALL_SECONDS))))
    is_all_sent = time.monotonic() - delivering < DELIVER_SECONDS
    told += _tidy(this, now, thorough)
    this.part("figures", lambda: follow(now, this.left(FIGURES_SECONDS)))
    this.part("counts", lambda: store_due_counts(now, this.left(FIGURES_SECONDS), by_month=BY_MONTH))
    this.part("due reports", lambda: queue_due(now, this.share(SMALL_SECONDS)))
    reporting = this.left(REPORT_SECONDS) if is_all_sent else 0.0
    told.append(this.part("PDFs", lambda: make_pdfs(now, reporting)))
    replaying = this.left(REPLAY_SECONDS) if is_all_sent else 0.0
    told.append(this.part("replay", lambda: carry_on(now, replaying)))
    if this.had_failed and not this.failed:
        this.settle()
    db.session.remove()
    for counts in told:
        this.words += [f"{word} {counts[word]}" for word in TOLD if counts and counts.get(word)]
    return ", ".join(this.words)


def _sweep(this: Tick, now: datetime, thorough: bool) -> dict[str, int] | None:
    """Queue what has come due, and write the heartbeat."""
    began = time.monotonic()
    swept = this.part("sweep", lambda: sweep(now, thorough=thorough, share=this.share(SWEEP_SECONDS)))
    this.beat(now, round((time.monotonic() - began) * 1000) if swept is not None else None)
    return swept


def _tidy(this: Tick, now: datetime, thorough: bool) -> list[dict[str, int] | None]:
    """Seal the audit log, and delete what has expired."""
    if unreadable := (this.part("seal", lambda: seal(now)) or {}).get("unreadable"):
        said = f"sealing goes on; {unreadable} unreadable notes of a wrong clock passed over, see flask audit verify"
        this.complain("seal", said)
    gone = this.part("shred", lambda: shred(now, this.share(SMALL_SECONDS)))
    this.part("forget", lambda: forget_kept(now, this.share(SMALL_SECONDS)))
    if thorough:
        this.part("heads", lambda: queue_heads(now))
        this.part("clean", lambda: clean(now, this.share(SMALL_SECONDS)))
        this.part("months", lambda: make_months(now, this.share(SMALL_SECONDS)))
        this.part("late backup", lambda: tell_late(now))
    return [gone, this.part("delete", lambda: carry_out(now, this.left(DELETE_SECONDS)))]


def words_of(error: Exception) -> str:
    """What failed and where: the error's kind and our own line, never the message, which may hold a name.

    Lines of the session, through which every statement goes, are skipped.
    """
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(PACKAGE) and frame.filename != connecting.__file__
    ]
    if not ours:
        return type(error).__name__
    return f"{type(error).__name__} at {Path(ours[-1].filename).relative_to(PACKAGE)}:{ours[-1].lineno}"


def back_up(name: str, now: datetime) -> str:
    """Make the backup that is due. Returns words for the log, '' for none."""
    this = Tick(name, now)
    counts = this.part("backup", lambda: take_backup(now))
    db.session.remove()
    return ", ".join([*this.words, *(f"backups {word} {number}" for word, number in (counts or {}).items())])


SECONDS = 2.0
"""A person waits for it."""
_COUNTING = threading.Lock()


def count_filters(name: str, now: datetime) -> str:
    """Make the counts that someone waits for, unless this process already does. Returns words for the log, '' for
    none."""
    if not _COUNTING.acquire(blocking=False):
        return ""
    this = Tick(name, now)
    try:
        if waits():
            this.part("filters", lambda: count_asked(now, FIGURES_SECONDS))
    except AWAY:
        pass  # the tick says so, once a minute
    finally:
        db.session.remove()
        _COUNTING.release()
    return ", ".join(this.words)


def send_pushes(name: str, now: datetime) -> str:
    """Send the push messages that are due. Returns words for the log, '' for none."""
    this = Tick(name, now)
    sent = this.part("push", lambda: deliver_push(now, DELIVER_SECONDS)) or {}
    db.session.remove()
    return ", ".join([*this.words, *(f"push {word} {number}" for word, number in sent.items() if number)])


def take_rosters(name: str, now: datetime) -> str:
    """Check and import uploaded rosters, those of the watched folder and the server, judge the staff of a large one,
    and send discipline to the ODS/API when due.

    Returns words for the log, '' for none.
    """
    this = Tick(name, now)
    parts = (
        ("rosters", this.part("rosters", lambda: take_uploads(now))),
        ("rosters", this.part("roster folder", lambda: take_drops(now))),
        ("rosters", this.part("roster server", lambda: pull_roster(now))),
        ("staff", this.part("staff of the roster", lambda: keep_tallies(now))),
        ("ed-fi", this.part("ed-fi", lambda: push_due(now))),
    )
    db.session.remove()
    counts = [(of, word, number) for of, part in parts for word, number in (part or {}).items() if number]
    return ", ".join([*this.words, *(f"{of} {word} {number}" for of, word, number in counts)])


def send_webhooks(name: str, now: datetime) -> str:
    """Send the events that are due. Returns words for the log, '' for none."""
    this = Tick(name, now)
    sent = this.part("webhooks", lambda: deliver_webhooks(now, DELIVER_SECONDS)) or {}
    db.session.remove()
    return ", ".join([*this.words, *(f"webhooks {word} {number}" for word, number in sent.items() if number)])
