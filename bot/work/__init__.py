"""Runs and steps: work that survives a restart."""
