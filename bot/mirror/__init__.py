"""What Discord says of guilds, kept in Postgres: who may read what is decided here, without a gateway."""
