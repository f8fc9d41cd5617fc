"""Personas, the tool loop and budgets."""
