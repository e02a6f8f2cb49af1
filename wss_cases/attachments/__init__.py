"""Attachments: photos and PDFs on a report, a consent, an agreement, a notice or a released copy."""
