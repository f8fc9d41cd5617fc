"""What plugin authors may import in their tests; the fixtures come with the pytest plugin ``cogswarm``."""

from bot.testing.kit import BotWith, Conversation, Heard, Person

__all__ = ["BotWith", "Conversation", "Heard", "Person"]
