"""The bundled server that reads web pages."""
