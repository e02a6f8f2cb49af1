"""Every table of this room."""

from wss_cases.records.models_release import FamilyRelease, FamilyReleaseCopy
from wss_cases.records.models_retention import (
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
