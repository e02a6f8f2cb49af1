"""The Ed-Fi discipline interchange, data standard 5.2: our records as its file, and its file as our records."""
