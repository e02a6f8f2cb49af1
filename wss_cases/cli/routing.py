"""`flask routing`: explains the answer for given facts, and replays a rule set over past incidents."""

import csv
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TextIO

import click
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import select

from wss_cases.cli.common import JSON, SCHOOL, chosen_school, refusals, refuse, show, target, telling
from wss_cases.foundation import clock
from wss_cases.foundation.db import db
from wss_cases.foundation.errors import Refused, Unavailable
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.school_time import today_at
from wss_cases.journal.extension_points import smallest_groups
from wss_cases.journal.rooms import Room
from wss_cases.outcomes.documents import safe_cell
from wss_cases.roster.directory.models import School
from wss_cases.routing.engine.evaluation import recommend
from wss_cases.routing.engine.explain import as_document, in_words
from wss_cases.routing.engine.facts import parse_document
from wss_cases.routing.engine.vocabulary import RuleSetState
from wss_cases.routing.replay.queries import Period, all_routed, check_days, count_routed, shares
from wss_cases.routing.replay.rules import COLUMNS, Change, Replayed, Replayer, Tally, replayed, table_rows
from wss_cases.routing.rule_sets import RuleSet, rule_set_in_force, signs_of, table_of


@dataclass
class Chosen:
    """The rule set to replay and the incidents."""

    rule_set: RuleSet
    period: Period
    schools: dict[int, str]


@click.command("replay")
@click.option("--draft", "name", metavar="NAME", help="The newest draft of the rule set of this name.")
@click.option("--rule-set", "rule_set_id", type=int, metavar="ID", help="Any rule set, by its id.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day; open without it.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day; open without it.")
@SCHOOL
@click.option("--format", "form", type=click.Choice(["json", "csv"]), default="json", help="What to write.")
@with_appcontext
def replay(name: str | None, rule_set_id: int | None, first: Any, last: Any, school: str | None, form: str) -> None:
    """Say which past incidents a rule set would have routed differently. Changes nothing.

    Exit status 1 when it would have broken a promise of the engine.
    """
    if (name is None) == (rule_set_id is None):
        raise click.UsageError("Name either a --draft or a --rule-set.")
    with refusals(as_json=form == "json"):
        schools = {row[0]: row[1] for row in db.session.execute(select(School.id, School.name))}
        chosen = Chosen(_rule_set(name, rule_set_id), _period(first, last, school), schools)
        with target(None) as stream:
            out = io.TextIOWrapper(stream, encoding="utf-8", newline="")
            tally = (_as_json if form == "json" else _as_csv)(chosen, out)
            out.detach()
    total = tally.of()
    click.echo(f"{total.changed} of {total.incidents} incidents would have been routed differently.", err=True)
    if total.broken:
        click.echo(f"In {total.broken} of them a promise of the engine would be broken.", err=True)
        sys.exit(1)


def _rule_set(name: str | None, rule_set_id: int | None) -> RuleSet:
    drafts = RuleSet.state == RuleSetState.DRAFT
    wanted = RuleSet.id == rule_set_id if name is None else (RuleSet.name == name) & drafts
    rule_set = db.session.scalars(select(RuleSet).where(wanted).order_by(RuleSet.number.desc())).first()
    if rule_set is None:
        words = f"a draft of {name}" if name is not None else f"a rule set {rule_set_id}"
        raise Refused("draft" if name is not None else "rule_set", f"There is not {words}.")
    return rule_set


def _period(first: Any, last: Any, school: str | None) -> Period:
    starts_on: date | None = first.date() if first else None
    ends_on: date | None = last.date() if last else None
    check_days(starts_on, ends_on, today_at(None, clock.now()), ("from", "to"))
    return Period(starts_on, ends_on, None if school is None else chosen_school(school)[0])


def _run(chosen: Chosen, tell: Callable[[Replayed], None]) -> Tally:
    """Replay with progress on standard error, and print each incident that changed or broke an invariant."""
    replayer, tally, total = (
        Replayer(table_of(chosen.rule_set), signs_of(chosen.rule_set)),
        Tally(),
        count_routed(chosen.period),
    )
    done = 0
    with telling(f"{done:,} of {total:,} incidents") as say:
        for batch in all_routed(chosen.period):
            for one in replayed(replayer, batch):
                tally.add(one)
                if one.changes or one.broken or not one.is_read:
                    tell(one)
            done += len(batch)
            say(f"{done:,} of {total:,} incidents")
    return tally


def _as_json(chosen: Chosen, out: TextIO) -> Tally:
    """Write the document while it is computed: the incidents first, the counts at the end."""
    out.write('{"incidents": [')
    written = 0

    def tell(one: Replayed) -> None:
        nonlocal written
        entry = {
            "incident": one.incident.reference,
            "school": chosen.schools[one.incident.school_id],
            "changes": [_change(change) for change in one.changes],
            "broken": list(one.broken),
            "readable": one.is_read,
        }
        out.write(f"{',' if written else ''}\n {json.dumps(entry, ensure_ascii=False)}")
        written += 1

    tally = _run(chosen, tell)
    out.write(f"\n],{json.dumps(_summary(chosen, tally), ensure_ascii=False, indent=1)[1:]}\n")
    return tally


def _change(change: Change) -> dict[str, Any]:
    return {
        "change": str(change.kind),
        "what": change.what,
        "for": change.person or None,
        "before": change.before,
        "after": change.after,
        "rules": change.rules,
    }


def _summary(chosen: Chosen, tally: Tally) -> dict[str, Any]:
    total, period = tally.of(), chosen.period
    last = period.ends_on or today_at(None, clock.now())
    fewest = smallest_groups(clock.school_year(last))
    return {
        "ruleset": {
            "id": chosen.rule_set.id, "name": chosen.rule_set.name, "version": chosen.rule_set.number,
        },
        "from": period.starts_on and period.starts_on.isoformat(),
        "to": period.ends_on and period.ends_on.isoformat(),
        "school": chosen.schools[period.school_id] if period.school_id is not None else None,
        "count": total.incidents,
        "changed": total.changed,
        "broken": total.broken,
        "unreadable": total.unread,
        "texts_read": False,
        "changes": dict(sorted(total.changes.items())),
        "by_school": {
            chosen.schools[int(school_id)]: {"count": one.incidents, "changed": one.changed}
            for school_id, one in tally.schools.items()
        },
        "by_version": {version: pair[0] for version, pair in tally.by.get("version", {}).items()},
        "shares": {name: shares(parts, fewest) for name, parts in tally.by.items() if name != "version"},
    }  # fmt: skip


def _as_csv(chosen: Chosen, out: TextIO) -> Tally:
    writer = csv.writer(out)
    writer.writerow(COLUMNS)

    def tell(one: Replayed) -> None:
        school = chosen.schools[one.incident.school_id]
        for row in table_rows(one.incident.reference, school, one.changes, one.broken, one.is_read):
            writer.writerow(map(safe_cell, row))

    return _run(chosen, tell)


group = AppGroup("routing", help="Routing rules.")
group.add_command(replay)


@group.command("explain")
@click.argument("facts", type=click.File("rb"))
@JSON
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", help="Language of the sentences.")
def explain(facts: Any, as_json: bool, lang: str) -> None:
    """Say what is recommended for the facts in a JSON file (one object, or a list; - reads standard input)."""
    try:
        with refusals(as_json, of_database="ruleset"):
            given, is_list = parse_document(facts.read())
            table = table_of(rule_set_in_force(today_at(None, clock.now())))
    except Unavailable as error:
        refuse("ruleset", f"{error} Run: {error.command}", as_json)
    answers = [recommend(table, one) for one in given]
    if as_json:
        documents = [as_document(answer, lang) for answer in answers]
        show({"results": documents} if is_list else documents[0])
        return
    with force_locale(lang):
        click.echo("\n\n".join("\n".join(in_words(answer, lang)) for answer in answers))


ROOM = Room(commands=(group,))
