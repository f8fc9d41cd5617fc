"""Under which name and picture a webhook speaks.

https://discord.com/developers/docs/resources/webhook#create-webhook
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, replace
from urllib.parse import unquote

from bot.local_discord.form import Form, as_snowflake
from bot.local_discord.messages.image_size import KINDS, kind_of
from bot.local_discord.stage import Stage

_FORBIDDEN = re.compile(r"discord|clyde", re.IGNORECASE)
_DATA_URI = re.compile(r"data:image/(png|jpeg|gif|webp);base64,(.+)\Z", re.DOTALL)
_OWN_FILE = re.compile(r"/attachments/\d{1,20}/(\d{1,20})/")
_OWN_AVATAR = re.compile(r"/avatars/\d{1,20}/(\w{1,64})(?:\.\w{2,5})?(?:\?|\Z)", re.ASCII)
LONGEST_IMAGE = 10 * 1024 * 1024


def read_name(form: Form, field: str = "name", *, required: bool = False) -> str | None:
    """A webhook's name: 1 to 80 characters between any white space, none of Discord's own names in it."""
    value = form.data.get(field)
    if isinstance(value, str):
        form = replace(form, data={field: " ".join(value.split())})
    name = form.text(field, least=1, most=80, required=required)
    found = _FORBIDDEN.search(name or "")
    if found:
        message = f'Username cannot contain "{found[0].lower()}"'
        form.refuse(field, "USERNAME_INVALID_CONTAINS", message)
    return name


@dataclass(frozen=True, slots=True)
class Picture:
    """An avatar as it was given."""

    content: bytes

    def keep(self, stage: Stage) -> str:
        """Store it to be served, under the hash that is returned."""
        digest = hashlib.sha256(self.content).hexdigest()[:32]
        stage.files.put(f"avatar-{digest}", self.content)
        return digest


def read_avatar(form: Form) -> Picture | None:
    """An avatar given as a data URI."""
    value = form.text("avatar", most=LONGEST_IMAGE)
    if not value:
        return None
    found = _DATA_URI.match(value)
    try:
        content = base64.b64decode(found[2], validate=True) if found else b""
    except (binascii.Error, ValueError):
        content = b""
    if kind_of(content) not in KINDS:
        form.refuse("avatar", "BINARY_TYPE_UNSUPPORTED", "Unsupported image type given")
        return None
    return Picture(content)


def picture_of(stage: Stage, url: str) -> str:
    """The hash of a picture that lies elsewhere; only one that is served here can be shown, none is fetched."""
    content = _held(stage, url.removeprefix(stage.base_url)) if url.startswith(f"{stage.base_url}/") else None
    if content is not None and kind_of(content) in KINDS:
        return Picture(content).keep(stage)
    return hashlib.sha256(url.encode()).hexdigest()[:32]


def _held(stage: Stage, path: str) -> bytes | None:
    path = unquote(path)
    if found := _OWN_FILE.match(path):
        identifier = as_snowflake(found[1])
        known = stage.world.attachment(identifier or 0)
        return None if known is None else stage.files.get(str(known.id))
    if found := _OWN_AVATAR.match(path):
        return stage.files.get(f"avatar-{found[1]}")
    return None
