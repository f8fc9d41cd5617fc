"""Faults on demand, and the seeded scripts that play them."""
