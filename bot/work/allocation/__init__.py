"""Who gets a task: strategies that are plain functions of what was measured, each award with its reason."""
