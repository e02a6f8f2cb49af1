"""Asking, answering and ending a review of a police notification, and the repair that follows."""
