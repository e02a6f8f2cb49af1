"""`flask export`: what other systems, the federal and the State's collections take."""

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from wss_cases.access.actor import SYSTEM
from wss_cases.cli.common import FILE, SCHOOL, YEAR, chosen_scope, refusals, refuse, school_numbers, target, telling
from wss_cases.foundation import clock
from wss_cases.foundation.files.whole_file import whole_file
from wss_cases.foundation.i18n import force_locale
from wss_cases.outcomes.collections.federal import for_upload
from wss_cases.outcomes.collections.state import CHANGED_COLUMNS, KINDS, state_students
from wss_cases.outcomes.documents import TYPES, Report, rendered
from wss_cases.outcomes.edfi.common import NEWEST, VERSIONS, Left, Tally
from wss_cases.outcomes.edfi.restorative import export_edfi
from wss_cases.outcomes.exports.export_log import Recipient, note_command
from wss_cases.outcomes.exports.report_files import COLLECTIONS

group = AppGroup("export", help="Files for other systems.")
WHOM = click.option("--for", "whom", help="Who gets the file: each student in it gets a disclosure record.")
INTEREST = click.option("--interest", help="By which right, e.g. '34 CFR 99.31(a)(3)'; with --for.")
PURPOSE = click.option("--purpose", help="What for; with --for.")
IDS = click.option("--ids", type=FILE, help="CSV of school_id, federal (12 digits) and state (15 digits).")
FORMAT = click.option("--format", "form", type=click.Choice(list(TYPES)), default="csv", help="csv without it.")
OUTPUT = click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of stdout.")
STANDARD = click.option(
    "--standard", type=click.Choice(list(VERSIONS)), default=NEWEST.name, show_default=True,
    help="Version of the data standard.",
)  # fmt: skip
UPLOAD = click.option("--upload", is_flag=True, help="Its own columns alone, of the schools whose number is known.")


@group.command("edfi")
@YEAR
@SCHOOL
@OUTPUT
@STANDARD
@click.option(
    "--restorative",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A second file, for the restorative outcomes that the interchange has no place for.",
)
@WHOM
@INTEREST
@PURPOSE
def edfi(
    year: str, school: str | None, output: Path | None, standard: str, restorative: Path | None, whom: str | None,
    interest: str | None, purpose: str | None,
) -> None:  # fmt: skip
    """Write the decided reports and removals of a school year as an Ed-Fi InterchangeStudentDiscipline.

    It names students by their numbers: keep it encrypted, and send it only to whom the law lets you.
    """
    recipient = _recipient(whom, interest, purpose)
    with _refusals(), ExitStack() as files:
        stream = files.enter_context(target(output))
        second = files.enter_context(whole_file(restorative)) if restorative else None
        scope, _name = chosen_scope(year, school)
        version = VERSIONS[standard]
        tally = export_edfi(SYSTEM, scope, stream, second, clock.now(), _progress, recipient, version)
    _tell(tally)


def _recipient(*options: str | None) -> Recipient | None:
    words = [(text or "").strip() for text in options]
    if not any(words):
        return None
    if not all(words) or len(words[0]) > 200 or max(map(len, words)) > 300:
        raise click.UsageError("--for (at most 200 characters), --interest and --purpose (300) go together.")
    return Recipient(*words)


def _collection(name: str, what: str, *options: Callable[[click.Command], object]) -> None:
    @group.command(name, help=what)
    @YEAR
    @SCHOOL
    @OUTPUT
    @IDS
    @FORMAT
    def command(
        year: str, school: str | None, output: Path | None, ids: Path | None, form: str, upload: bool = False
    ) -> None:
        with _refusals(), telling(f"counting {year}"), target(output) as stream:
            known = school_numbers(ids)
            scope, _name = chosen_scope(year, school)
            report = COLLECTIONS[name](SYSTEM, scope, school, known)
            if upload:
                report = for_upload(report)
            # no mark before the first column: the upload would take it for a part of the name
            stream.write(rendered(report, form).removeprefix(BOM_UTF8 if upload else b""))
            note_command(SYSTEM, report, form, year, clock.now())
        _tell_about(report)

    for option in options:
        option(command)


def _tell_about(report: Report) -> None:
    for title, words in report.about:
        click.echo(f"{title}: {words}", err=True)


_collection("crdc", "Write the federal counts (CRDC) of a school year, a row for each school.", UPLOAD)
_collection("state", "Write the State's counts of removals and police referrals, four rows for each school.")


@group.command("state-students")
@YEAR
@SCHOOL
@OUTPUT
@IDS
@FORMAT
@click.option("--action", "codes", multiple=True, metavar="KIND=CODE", help="The State's code for a kind of removal.")
@WHOM
@INTEREST
@PURPOSE
def of_students(
    year: str, school: str | None, output: Path | None, ids: Path | None, form: str, codes: tuple[str, ...],
    whom: str | None, interest: str | None, purpose: str | None,
) -> None:  # fmt: skip
    """Write the State's file of students: a row for each student and removal of a school year.

    With --output, a second file beside it (NAME.changed-names.csv) lists the names that the State's letters changed.
    Both name students: keep them encrypted, and send them only to whom the law lets you.
    """
    recipient = _recipient(whom, interest, purpose)
    given = dict(one.split("=", 1) for one in codes if "=" in one)
    if set(given) - set(KINDS) or len(given) < len(codes):
        raise click.BadParameter(f"write KIND=CODE, each of {', '.join(KINDS)} once", param_hint="--action")
    with _refusals(), telling(f"reading {year}"), target(output) as stream, ExitStack() as files:
        known = school_numbers(ids)
        scope, _name = chosen_scope(year, school)
        report, students = state_students(SYSTEM, scope, school, known, given)
        stream.write(rendered(report, form))
        if output is not None:
            beside = files.enter_context(whole_file(output.with_suffix(".changed-names.csv")))
            rows = [list(name.values()) for name in report.document["changed_names"]]
            beside.write(rendered(replace(report, columns=CHANGED_COLUMNS, rows=rows), "csv"))
        what = "The State's file of students: name, birth date, school, removals and incident type"
        note_command(SYSTEM, report, form, year, clock.now(), (recipient, students, what) if recipient else None)
    _tell_about(report)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        with refusals():
            yield
    except BrokenPipeError:
        refuse("output", "Whoever was reading stopped before the end.")
    except OSError as error:
        refuse("output", f"{error.filename or 'The file'} cannot be written: {error.strerror}")


def _progress(done: int, whole: int, written: int) -> None:
    click.echo(f"school {done:,} of {whole:,}: {written:,} written", err=True)


def _tell(tally: Tally) -> None:
    for name, number in tally.written.items():
        click.echo(f"{name}: {number:,}", err=True)
    with force_locale("en"):
        lines: list[tuple[Any, ...]] = [
            (str(Left(why).label), code, number) for (why, code), number in sorted(tally.left.items())
        ]
    for words, code, number in lines:
        click.echo(f"left out – {words}{f' [{code}]' if code else ''}: {number:,}", err=True)
