"""The first rule set, written as data."""
