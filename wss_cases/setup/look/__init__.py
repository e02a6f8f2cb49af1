"""How the district looks: its colors and its logo."""
