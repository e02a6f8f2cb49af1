"""The Ed-Fi discipline interchange, data standard 4.0 to 5.2: exporting our records as its file, and importing its
file."""
