"""Rate limits and the ban after too many invalid requests."""
