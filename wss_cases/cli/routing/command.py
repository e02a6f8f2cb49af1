"""`flask routing`: what the rules recommend for given facts."""

from typing import Any

import click
from flask.cli import AppGroup

from wss_cases.cli.common.commands import JSON, refusals, refuse, show
from wss_cases.cli.routing.replay import replay
from wss_cases.foundation import clock
from wss_cases.foundation.errors import Unavailable
from wss_cases.foundation.i18n import force_locale
from wss_cases.foundation.school_time import today_at
from wss_cases.routing.engine.evaluation import recommend
from wss_cases.routing.engine.explain import as_document, in_words
from wss_cases.routing.engine.facts import parse_document
from wss_cases.routing.rule_sets import rule_set_in_force, table_of

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
