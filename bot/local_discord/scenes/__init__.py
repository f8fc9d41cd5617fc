"""What the local Discord starts with: scenes in YAML, and crowds of guilds."""
