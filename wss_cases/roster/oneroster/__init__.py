"""Importing a roster: OneRoster 1.1 and 1.2, and School Data Sync 2.1."""
