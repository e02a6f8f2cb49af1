"""`python -m tests.same_pages`: what pages and commands of a checkout say, and whether another says the same.

`record OUT` writes a file for each role, language and address that links reach; `record-commands OUT` one for each
command's help and document; `compare A B` prints what differs between two recordings and ends with 1 if anything does.
"""

from __future__ import annotations

import sys

from tests.same_pages.command_line import add_checkout, add_out, carry_out, make_parser
from tests.same_pages.pages import LANGUAGES, ROLES, VISITOR

INSTANT = "2026-11-27T17:00:00+00:00"


def main(arguments: list[str]) -> int:
    """Carry out a command; returns its exit status."""
    parser, commands = make_parser("tests.same_pages", __doc__)
    pages = commands.add_parser("record")
    pages.add_argument("--role", choices=(*ROLES, VISITOR), action="append", dest="roles")
    pages.add_argument("--language", choices=LANGUAGES, action="append", dest="languages")
    pages.add_argument("--per-route", type=int, default=12, help="addresses of one route")
    pages.add_argument("--per-filter", type=int, default=5, help="addresses with one filter of a route")
    for command in (pages, commands.add_parser("record-commands")):
        add_out(command)
        add_checkout(command, INSTANT)
    return carry_out(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
