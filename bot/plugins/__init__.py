"""Hookspecs, discovery and lifecycle of plugins, and the gate that says what is enabled where."""
