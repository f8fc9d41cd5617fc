"""The client of MCP servers, and the bundled servers."""
