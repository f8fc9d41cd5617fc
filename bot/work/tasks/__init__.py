"""Tasks: what a queue holds, who has it, and what becomes of it. Truth is in Postgres; cogs show it."""
