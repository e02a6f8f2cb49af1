"""`flask routing replay`: what a rule set would have done to past incidents."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn, TextIO

import click
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.access.actor import SYSTEM
from wss_cases.cli.common.output import target, telling
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import smallest_groups
from wss_cases.outcomes.counting.scope.queries import school_named
from wss_cases.outcomes.documents.rendering import safe_cell
from wss_cases.roster.directory.models import School
from wss_cases.routing.engine.states import RuleSetState
from wss_cases.routing.replay.differences import COLUMNS, Change, table_rows
from wss_cases.routing.replay.group_shares import shares
from wss_cases.routing.replay.queries import Period, all_routed, count_routed
from wss_cases.routing.replay.replayer import Replayed, Replayer, Tally, replayed
from wss_cases.routing.replay.rules import check_days
from wss_cases.routing.rule_sets.models import RuleSet
from wss_cases.routing.rule_sets.queries import table_of


@dataclass
class Asked:
    """What is replayed over which incidents."""

    rule_set: RuleSet
    period: Period
    schools: dict[int, str]


@click.command("replay")
@click.option("--draft", "name", metavar="NAME", help="The newest draft of the rule set of this name.")
@click.option("--rule-set", "rule_set_id", type=int, metavar="ID", help="Any rule set, by its id.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day; open without it.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day; open without it.")
@click.option("--school", help="Number, code or id of one school; all schools without it.")
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", help="What to write.")
@with_appcontext
def replay(name: str | None, rule_set_id: int | None, first: Any, last: Any, school: str | None, form: str) -> None:
    """Say which past incidents a rule set would have routed differently. Changes nothing.

    Exit status 1 when it would have broken a promise of the engine.
    """
    if (name is None) == (rule_set_id is None):
        raise click.UsageError("Name either a --draft or a --rule-set.")
    try:
        with force_locale("en"):
            asked = Asked(_rule_set(name, rule_set_id), _period(first, last, school), _schools())
            with target(None) as stream:
                out = io.TextIOWrapper(stream, encoding="utf-8", newline="")
                tally = (_as_json if form == "json" else _as_csv)(asked, out)
                out.detach()
    except Refused as refused:
        _refuse(refused.field, refused.message, form)
    except SQLAlchemyError:
        _refuse("database", "The database cannot be read or has no schema yet. Run: flask db upgrade", form)
    total = tally.of()
    click.echo(f"{total.changed} of {total.incidents} incidents would have been routed differently.", err=True)
    if total.broken:
        click.echo(f"In {total.broken} of them a promise of the engine would be broken.", err=True)
        sys.exit(1)


def _rule_set(name: str | None, rule_set_id: int | None) -> RuleSet:
    drafts = RuleSet.state == RuleSetState.DRAFT
    wanted = RuleSet.id == rule_set_id if name is None else (RuleSet.name == name) & drafts
    found = db.session.scalars(select(RuleSet).where(wanted).order_by(RuleSet.number.desc())).first()
    if found is None:
        words = f"a draft of {name}" if name is not None else f"a rule set {rule_set_id}"
        raise Refused("draft" if name is not None else "rule_set", f"There is not {words}.")
    return found


def _period(first: Any, last: Any, school: str | None) -> Period:
    starts_on: date | None = first.date() if first else None
    ends_on: date | None = last.date() if last else None
    check_days(starts_on, ends_on, today_at(None, clock.now()), ("from", "to"))
    if school is None:
        return Period(starts_on, ends_on)
    found = school_named(SYSTEM, school)
    if found is None:
        raise Refused("school", f"There is no school {school}.")
    return Period(starts_on, ends_on, found[0])


def _schools() -> dict[int, str]:
    return {row[0]: row[1] for row in db.session.execute(select(School.id, School.name))}


def _run(asked: Asked, tell: Callable[[Replayed], None]) -> Tally:
    """Replay with progress on standard error, telling each incident that changed or in which a promise broke."""
    replayer, tally, total = Replayer(table_of(asked.rule_set)), Tally(), count_routed(asked.period)
    done = 0
    with telling(f"{done:,} of {total:,} incidents") as say:
        for batch in all_routed(asked.period):
            for one in replayed(replayer, batch):
                tally.add(one)
                if one.changed or one.broken or not one.is_read:
                    tell(one)
            done += len(batch)
            say(f"{done:,} of {total:,} incidents")
    return tally


def _as_json(asked: Asked, out: TextIO) -> Tally:
    """Write the document as it is found: the incidents first, the counts once they are known."""
    out.write('{"incidents": [')
    told = 0

    def tell(one: Replayed) -> None:
        nonlocal told
        entry = {
            "incident": one.incident.reference,
            "school": asked.schools[one.incident.school_id],
            "changes": [_change(change) for change in _changes(one)],
            "broken": list(one.broken),
            "readable": one.is_read,
        }
        out.write(f"{',' if told else ''}\n {json.dumps(entry, ensure_ascii=False)}")
        told += 1

    tally = _run(asked, tell)
    out.write(f"\n],{json.dumps(_summary(asked, tally), ensure_ascii=False, indent=1)[1:]}\n")
    return tally


def _changes(one: Replayed) -> Iterator[Change]:
    for outcome in one.outcomes:
        yield from outcome.changes


def _change(change: Change) -> dict[str, Any]:
    return {
        "change": str(change.kind),
        "what": change.what,
        "for": change.person or None,
        "before": change.before,
        "after": change.after,
        "rules": change.rules,
    }


def _summary(asked: Asked, tally: Tally) -> dict[str, Any]:
    total, period = tally.of(), asked.period
    last = period.ends_on or today_at(None, clock.now())
    fewest = smallest_groups(clock.school_year(last))
    return {
        "ruleset": {
            "id": asked.rule_set.id, "name": asked.rule_set.name, "version": asked.rule_set.number,
        },
        "from": period.starts_on and period.starts_on.isoformat(),
        "to": period.ends_on and period.ends_on.isoformat(),
        "school": asked.schools[period.school_id] if period.school_id is not None else None,
        "count": total.incidents,
        "changed": total.changed,
        "broken": total.broken,
        "unreadable": total.unread,
        "changes": dict(sorted(total.changes.items())),
        "by_school": {
            asked.schools[int(school_id)]: {"count": one.incidents, "changed": one.changed}
            for school_id, one in tally.schools.items()
        },
        "by_version": {version: pair[0] for version, pair in tally.by.get("version", {}).items()},
        "shares": {name: shares(parts, fewest) for name, parts in tally.by.items() if name != "version"},
    }  # fmt: skip


def _as_csv(asked: Asked, out: TextIO) -> Tally:
    writer = csv.writer(out)
    writer.writerow(COLUMNS)

    def tell(one: Replayed) -> None:
        school = asked.schools[one.incident.school_id]
        for row in table_rows(one.incident.reference, school, _changes(one), one.broken, one.is_read):
            writer.writerow(map(safe_cell, row))

    return _run(asked, tell)


def _refuse(field: str, message: str, form: str) -> NoReturn:
    if form == "json":
        click.echo(json.dumps({"error": {"field": field, "message": message}}, ensure_ascii=False, indent=2))
    click.echo(f"Refused: {message}", err=True)
    sys.exit(1)
