"""Cards under a message's text, as a workflow means them; how they fit is seen to where they are sent."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EmbedField:
    """A named value in a card; fields that are ``inline`` may stand beside each other."""

    name: str
    value: str
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Embed:
    """A card under a message's text; its texts are Markdown, and mention nobody.

    ``colour`` is 0xRRGGBB. ``image`` is an https address, or the name of one of the message's files (png, jpg, gif or
    webp). What does not fit (https://discord.com/developers/docs/resources/message#embed-object-embed-limits) goes on
    in further cards and messages, in its order; a title of more than 256 characters, a footer of more than 2,048 and a
    name of more than 256 are cut.
    """

    title: str = ""
    text: str = ""
    url: str = ""
    colour: int | None = None
    fields: tuple[EmbedField, ...] = ()
    footer: str = ""
    author: str = ""
    image: str = ""
