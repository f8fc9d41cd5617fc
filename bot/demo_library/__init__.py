"""A small library of our own texts, for trying the bot without a network.

The texts were written for this project and are dedicated to the public domain (CC0 1.0).
"""

from bot.demo_library.texts import EXAMPLE_QUESTIONS, subjects, topics

__all__ = ["EXAMPLE_QUESTIONS", "subjects", "topics"]
