"""The local Discord's own names, as tests of plugins may use them."""

from bot.local_discord.client.member import DiscordRefused, Outcome
from bot.local_discord.server import Config as LocalDiscordConfig
from bot.local_discord.server import LocalDiscord
from bot.local_discord.settings import Settings as LocalDiscordSettings

__all__ = ["DiscordRefused", "LocalDiscord", "LocalDiscordConfig", "LocalDiscordSettings", "Outcome"]
