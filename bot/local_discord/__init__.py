"""The local Discord: a Discord-compatible server on loopback for trying the bot, developing plugins and testing.

It speaks Discord's REST API (v10) and gateway to unmodified bots, and serves a small web page where a person
picks who they are and takes part. :func:`bot.local_discord.server.running` runs it inside a program,
``python -m bot.local_discord`` runs it in a process of its own.
"""
