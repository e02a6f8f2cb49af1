"""The Ed-Fi discipline interchange, data standard 4.0 to 5.2: our records as its file, and its file as our records."""
