"""`python -m tests.same_acts`: what the forms and buttons of a checkout write, and whether another writes the same.

`find REQUESTS` looks for a good, a stale, a refused and a forbidden post for each handler; `record OUT --requests
REQUESTS` sends them and writes a file for each; `compare A B` prints what differs between two recordings.
"""

from __future__ import annotations

import sys

from tests.same_pages.command_line import add_checkout, add_out, carry_out, full_path, make_parser

INSTANT = "2026-12-02T17:30:00+00:00"


def main(arguments: list[str]) -> int:
    """Carry out a command; returns its exit status."""
    parser, commands = make_parser("tests.same_acts", __doc__)
    finding, recording = commands.add_parser("find"), commands.add_parser("record")
    finding.add_argument("requests", type=full_path, help="a file of requests; those that it has stay")
    finding.add_argument("--only", nargs="*", default=[], help="endpoints to look for")
    finding.add_argument("--again", nargs="*", default=[], help="endpoints whose requests are followed once more")
    add_out(recording)
    recording.add_argument("--requests", type=full_path, required=True)
    for command in (finding, recording):
        add_checkout(command, INSTANT)
    return carry_out(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
