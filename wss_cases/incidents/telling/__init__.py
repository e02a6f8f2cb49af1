"""What only a student tells at home, and the yes of whom it concerns that a family is told."""
