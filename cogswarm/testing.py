"""What plugin authors may import in their tests; the fixtures come with the pytest plugin ``cogswarm``."""

from bot.testing.bots import BotDidNotStart, BotWith
from bot.testing.conversation import Conversation
from bot.testing.fake_clock import FakeClock
from bot.testing.heard import Heard
from bot.testing.members import Members
from bot.testing.person import Person
from bot.testing.place import DiscordRefused, LocalDiscord, LocalDiscordConfig, LocalDiscordSettings, Outcome
from bot.testing.plugin_check import AssertPluginOk
from bot.testing.scripted_model import Asked, Held, ScriptedModel
from bot.testing.witness import NeverHappened, ScriptFailed

__all__ = [
    "Asked",
    "AssertPluginOk",
    "BotDidNotStart",
    "BotWith",
    "Conversation",
    "DiscordRefused",
    "FakeClock",
    "Heard",
    "Held",
    "LocalDiscord",
    "LocalDiscordConfig",
    "LocalDiscordSettings",
    "Members",
    "NeverHappened",
    "Outcome",
    "Person",
    "ScriptFailed",
    "ScriptedModel",
]
