"""The bundled server ``cogswarm-mcp-feeds``: searching and reading RSS and Atom feeds."""
