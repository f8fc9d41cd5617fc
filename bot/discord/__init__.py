"""The only place that touches nextcord."""
