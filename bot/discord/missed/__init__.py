"""What happened while nobody listened: read back after a restart, and after a reconnect that could not resume."""
