"""Backups: everything in one file, by command or by itself every night, each of these restored for a test."""
