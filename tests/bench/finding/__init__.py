"""Searching and sorting at a district's size."""
