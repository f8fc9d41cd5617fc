"""How an answer is wanted, and what holds where it is given."""

from pydantic import BaseModel

from cogs.chat.asks import Ask


class Wish(BaseModel):
    """How an answer is wanted; said when it was asked for."""

    agent: str
    ask: Ask
    bot_id: int
    home: int
    """The channel, also where it is asked in a thread of it."""
    history: int
    memory: bool
    reads: bool
    """The agent may read this channel."""
    opens: bool = False
    """A thread is opened for it, in which nothing was said yet."""
    quotes: bool = False
    """What was asked stands nowhere yet."""
    header: bool = False
    """It is answered among others, so it says whom it answers."""
    locale: str = ""
    by_bot: str = ""
    """The name of the bot that asked."""


class Told(BaseModel):
    """What holds in a place."""

    since: int | None = None
    model: str | None = None
