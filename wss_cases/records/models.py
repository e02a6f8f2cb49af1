"""Every table of this room."""

from wss_cases.records.models_retention import (
    DeletionItem,
    RecordDeletion,
    RecordReview,
    RemovedFigure,
    RetentionRule,
)

__all__ = ["DeletionItem", "RecordDeletion", "RecordReview", "RemovedFigure", "RetentionRule"]
