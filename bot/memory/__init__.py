"""What is recalled later: embedders, the memories in Postgres, recall, forgetting, and kept sources."""
