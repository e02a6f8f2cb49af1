"""Funding, resources, entries and files of money of safety plans."""
