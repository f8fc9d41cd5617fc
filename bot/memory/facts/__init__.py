"""Facts: what the agents of a place are to know, as pinned messages that people can see and take away."""
