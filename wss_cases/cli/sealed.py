"""Every table with sealed text, of all rooms: what a new key must reach before an older one can be dropped."""

from typing import Final

from wss_cases.accounts.models_factor import SecondFactor
from wss_cases.accounts.models_kept import KeptForm
from wss_cases.accounts.rules_factor import PURPOSE as SECOND_FACTOR
from wss_cases.accounts.rules_kept import PURPOSE as KEPT_FORM
from wss_cases.journal.actions_rotate import Tables
from wss_cases.outcomes.actions_board import PURPOSE as BOARD_REPORT
from wss_cases.outcomes.models_board import BoardReport
from wss_cases.pathways.circles.notes.models import CircleNote
from wss_cases.pathways.circles.notes.rules import PURPOSE as NOTE
from wss_cases.pathways.circles.questionnaires.actions_answer import PURPOSE as ANSWER
from wss_cases.pathways.circles.questionnaires.models import Questionnaire

SEALED: Final[Tables] = (
    ("notes", CircleNote, NOTE),
    ("questionnaires", Questionnaire, ANSWER),
    ("second_factors", SecondFactor, SECOND_FACTOR),
    ("kept_forms", KeptForm, KEPT_FORM),
    ("board_reports", BoardReport, BOARD_REPORT),
)
