"""`flask routing`: what the rules recommend for given facts."""

import json
import sys
from typing import Any, NoReturn

import click
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from wss_cases.cli.routing.replay import replay
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Refused, Unavailable
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.school_time import today_at
from wss_cases.routing.engine.evaluation import recommend
from wss_cases.routing.engine.explain import as_document, in_words
from wss_cases.routing.engine.facts import parse_document
from wss_cases.routing.engine.table import DecisionTable
from wss_cases.routing.rule_sets.queries import rule_set_in_force, table_of

group = AppGroup("routing", help="Routing rules.")
group.add_command(replay)


@group.command("explain")
@click.argument("facts", type=click.File("rb"))
@click.option("--json", "as_json", is_flag=True, help="Print only one JSON document.")
@click.option("--lang", type=click.Choice(["en", "es"]), default="en", help="Language of the sentences.")
def explain(facts: Any, as_json: bool, lang: str) -> None:
    """Say what is recommended for the facts in a JSON file (one object, or a list; - reads standard input)."""
    try:
        given, is_list = parse_document(facts.read())
        table = _table_in_force()
    except Refused as refused:
        _refuse(refused.field, refused.message, as_json)
    except Unavailable as error:
        _refuse("ruleset", f"{error} Run: {error.command}", as_json)
    except SQLAlchemyError:
        _refuse("ruleset", "The database cannot be read or has no schema yet. Run: flask db upgrade", as_json)
    answers = [recommend(table, one) for one in given]
    if as_json:
        documents = [as_document(answer, lang) for answer in answers]
        click.echo(json.dumps({"results": documents} if is_list else documents[0], ensure_ascii=False, indent=2))
        return
    with force_locale(lang):
        click.echo("\n\n".join("\n".join(in_words(answer, lang)) for answer in answers))


def _table_in_force() -> DecisionTable:
    with force_locale("en"):
        return table_of(rule_set_in_force(today_at(None, clock.now())))


def _refuse(field: str, message: str, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(json.dumps({"error": {"field": field, "message": message}}, ensure_ascii=False, indent=2))
    click.echo(f"Refused: {message}", err=True)
    sys.exit(1)
