"""The `offline` backend: answers by ranking and quoting sentences of the material; no key, no network."""
