"""Supports of students from a file of their own, where the roster does not carry them."""
