"""Rosters in a watched folder."""
