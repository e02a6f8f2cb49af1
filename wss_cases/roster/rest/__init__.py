"""Rosters from a OneRoster REST server."""
