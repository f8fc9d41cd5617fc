"""Circles of waiting: work that waits, through however many others, for itself; found, told and broken."""
