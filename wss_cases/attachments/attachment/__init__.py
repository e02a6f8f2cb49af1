"""The attachment itself: its row, its limits, and who may see it."""
