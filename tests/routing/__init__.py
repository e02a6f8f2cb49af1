"""Tests of the routing engine."""
