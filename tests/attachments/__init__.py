"""Attachments: what is taken, who sees it, what is sealed, and what goes with its record."""
