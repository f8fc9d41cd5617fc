"""The demo: a local Discord, a small library and the bot, started together so that a newcomer can try it."""
