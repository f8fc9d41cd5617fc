"""Questions to people: who may answer, what counts, what was approved, and the record of who decided what."""
