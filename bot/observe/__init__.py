"""Logging with redaction, metrics and audit."""
