"""How the shipped judge is made and measured."""
