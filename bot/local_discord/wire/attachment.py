"""Files of messages: as attachments, and in the pictures of embeds and components that show them.

Inside a message a file is called ``attachment://<its name>``; what is sent out has its address instead, and a file
that an embed shows is not listed a second time among the attachments, as at Discord.
https://discord.com/developers/docs/reference#uploading-files
"""

from urllib.parse import quote

from bot.local_discord.model import Attachment, Json
from bot.local_discord.wire.view import View

ATTACHED = "attachment://"
SPOILER = 1 << 3
_PICTURES = (("image", "url"), ("thumbnail", "url"), ("footer", "icon_url"), ("author", "icon_url"))
"""Where an embed has a picture."""


def address_of(view: View, attachment: Attachment) -> str:
    """Where the bytes of a file are served."""
    name = quote(attachment.filename)
    return f"{view.base_url}/attachments/{attachment.channel_id}/{attachment.id}/{name}"


def attachment_object(view: View, attachment: Attachment, *, ephemeral: bool = False) -> Json:
    """A file; both of its links lead to this server."""
    url = address_of(view, attachment)
    data: Json = {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": attachment.size,
        "url": url,
        "proxy_url": url,
        "content_type": attachment.content_type,
        "flags": SPOILER if attachment.spoiler else 0,
    }
    if attachment.title is not None:
        data["title"] = attachment.title
    if attachment.description is not None:
        data["description"] = attachment.description
    if attachment.width is not None and attachment.height is not None:
        data |= {"width": attachment.width, "height": attachment.height}
    if ephemeral:
        data["ephemeral"] = True
    return data


def listed(attachments: tuple[Attachment, ...], embeds: tuple[Json, ...]) -> list[Attachment]:
    """The files that no embed of the message shows."""
    in_embeds = {
        url.removeprefix(ATTACHED)
        for embed in embeds
        for part, link in _PICTURES
        if (url := str(embed.get(part, {}).get(link, ""))).startswith(ATTACHED)
    }
    return [attachment for attachment in attachments if attachment.filename not in in_embeds]


def shown_embed(view: View, embed: Json, attachments: tuple[Attachment, ...]) -> Json:
    """An embed with the addresses of the files it shows; a picture that is not there is left out."""
    shown = dict(embed)
    for part, link in _PICTURES:
        url = embed.get(part, {}).get(link)
        if url is None:
            continue
        others = {name: value for name, value in embed[part].items() if name != link}
        found = _found(url, attachments)
        if found is not None:
            real = address_of(view, found)
            sides = {"width": found.width, "height": found.height}
            size = sides if part in ("image", "thumbnail") and found.width is not None else {}
            shown[part] = {**others, link: real, f"proxy_{link}": real, **size}
        elif not url.startswith(ATTACHED):
            shown[part] = {**others, link: url, f"proxy_{link}": url}
        elif others:
            shown[part] = others
        else:
            del shown[part]
    return shown


def _found(url: str, attachments: tuple[Attachment, ...]) -> Attachment | None:
    if not url.startswith(ATTACHED):
        return None
    name = url.removeprefix(ATTACHED)
    return next((each for each in attachments if each.filename == name), None)


def shown_component(view: View, component: Json, attachments: tuple[Attachment, ...]) -> Json:
    """A component with the addresses of the files that it and those in it show."""
    shown = dict(component)
    for field in ("components", "items"):
        if field in component:
            shown[field] = [shown_component(view, each, attachments) for each in component[field]]
    for field in ("media", "file"):
        if isinstance(component.get(field), dict):
            shown[field] = _shown_media(view, component[field], attachments)
    if "accessory" in component:
        shown["accessory"] = shown_component(view, component["accessory"], attachments)
    if "file" in shown and (found := _found(str(component["file"].get("url", "")), attachments)) is not None:
        shown |= {"name": found.filename, "size": found.size}
    return shown


def _shown_media(view: View, media: Json, attachments: tuple[Attachment, ...]) -> Json:
    found = _found(str(media.get("url", "")), attachments)
    if found is None:
        return media
    real = address_of(view, found)
    known: Json = {"width": found.width, "height": found.height, "content_type": found.content_type}
    known["attachment_id"] = str(found.id)
    return {**media, "url": real, "proxy_url": real, **known}
