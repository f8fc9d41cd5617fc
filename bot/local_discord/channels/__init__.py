"""Channels and threads: their fields, changes, and the archive."""
