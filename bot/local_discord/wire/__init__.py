"""One builder for each object that Discord sends; each sends every field that Discord's API description has."""
