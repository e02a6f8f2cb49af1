"""Every table with sealed text, of all rooms: what a new key must reach before an older one can be dropped."""

from typing import Final

from wss_cases.accounts.credentials import PURPOSE as SECOND_FACTOR
from wss_cases.accounts.credentials import SecondFactor
from wss_cases.accounts.sealed_boxes import PURPOSE as SEALED_BOX
from wss_cases.accounts.sealed_boxes import SealingKey
from wss_cases.accounts.sign_in.saved_forms import PURPOSE as KEPT_FORM
from wss_cases.accounts.sign_in.saved_forms import KeptForm
from wss_cases.attachments.attachment import Attachment
from wss_cases.attachments.handling import PURPOSE as ATTACHMENT
from wss_cases.board.stored_reports import BOARD_REPORTS
from wss_cases.followups.core.models import FollowUp
from wss_cases.followups.core.pages import PURPOSE as SAID
from wss_cases.intake.offline.messages import PURPOSE as OFFLINE_ENTRY
from wss_cases.intake.offline.messages import OfflineEntry
from wss_cases.journal.key_rotation import Tables
from wss_cases.mail.push.queries import PushDevice
from wss_cases.mail.push.rules import PURPOSE as PUSH
from wss_cases.mail.webhooks.messages import PURPOSE as WEBHOOK
from wss_cases.mail.webhooks.models import WebhookSecret
from wss_cases.pathways.circles.circle.models import CircleKeeper
from wss_cases.pathways.circles.notes.messages import CircleNote
from wss_cases.pathways.circles.notes.rules import PERIOD
from wss_cases.pathways.circles.notes.rules import PURPOSE as NOTE
from wss_cases.pathways.circles.questionnaires.models import Questionnaire
from wss_cases.pathways.circles.questionnaires.pages import PURPOSE as ANSWER
from wss_cases.plans.plan.paper import PLAN_PDFS
from wss_cases.surveys.rounds import PURPOSE as SURVEY
from wss_cases.surveys.rounds import SurveyTally

SEALED: Final[Tables] = (
    ("notes", CircleNote, NOTE),
    ("keeper_periods", CircleKeeper, PERIOD),
    ("questionnaires", Questionnaire, ANSWER),
    ("check_ins", FollowUp, SAID),
    ("second_factors", SecondFactor, SECOND_FACTOR),
    ("kept_forms", KeptForm, KEPT_FORM),
    ("sealing_keys", SealingKey, SEALED_BOX),
    ("offline_entries", OfflineEntry, OFFLINE_ENTRY),
    ("board_reports", BOARD_REPORTS.model, BOARD_REPORTS.purpose),
    ("plan_pdfs", PLAN_PDFS.model, PLAN_PDFS.purpose),
    ("webhook_secrets", WebhookSecret, WEBHOOK),
    ("push_devices", PushDevice, PUSH),
    ("attachments", Attachment, ATTACHMENT),
    ("survey_tallies", SurveyTally, SURVEY),
)
