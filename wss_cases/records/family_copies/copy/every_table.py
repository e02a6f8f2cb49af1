"""Every table of this room."""

from wss_cases.records.family_copies.copy.models import FamilyRelease, FamilyReleaseCopy
from wss_cases.records.retention.core.models import (
    DeletionItem,
    RecordDeletion,
    RecordReview,
    RemovedFigure,
    RetentionRule,
)

__all__ = [
    "DeletionItem",
    "FamilyRelease",
    "FamilyReleaseCopy",
    "RecordDeletion",
    "RecordReview",
    "RemovedFigure",
    "RetentionRule",
]
