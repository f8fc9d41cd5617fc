"""The server side of MCP: asking people, and Discord as tools, for programs that hold a token."""
