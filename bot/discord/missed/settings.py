"""How much of what was missed is read back, and how patiently."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadBackSettings:
    """Bounds and times, in seconds where nothing else is said.

    Attributes:
        minutes: nothing older is read back; 0 switches reading back off, and then nothing is kept for it.
        messages: of each channel at most so many, the newest.
        at_once: how many channels and messages are read at the same time.
        flush: how often it is written down how far each channel was heard.
        hold: how long what is said meanwhile waits for what was said before; after that it goes first.
        first_pause, longest_pause: between attempts while Discord or the database cannot be reached.
        clear: how often what is too old is cleared away.
    """

    minutes: int = 60
    messages: int = 500
    at_once: int = 4
    flush: float = 1.0
    hold: float = 60.0
    first_pause: float = 1.0
    longest_pause: float = 60.0
    clear: float = 3600.0
