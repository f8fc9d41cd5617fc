"""The backend protocol, the backends, and what stands around a model call: limits, retries, a breaker."""
