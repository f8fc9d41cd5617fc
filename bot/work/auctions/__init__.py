"""Auctions of tasks: calls, sealed bids, awards and what became of them. Truth is in Postgres; a cog shows it."""
