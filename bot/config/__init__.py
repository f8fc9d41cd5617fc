"""The configuration: typed models of ``config.yaml``, its loading, secrets by reference, its JSON schema."""
