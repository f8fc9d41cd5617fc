"""The framework behind cogswarm; plugins import ``cogswarm``, never this package."""
