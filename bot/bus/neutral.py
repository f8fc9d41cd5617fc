"""Makes what a bus says safe to show: it mentions nobody, invites nowhere, and a link shows where it leads."""

import re

_INVISIBLE = re.compile(
    r"[\u0000-\u0008\u000b-\u001f\u007f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
_MENTION = re.compile(r"<(?=[@#:!/]|a:|t:|id:)")
_EVERYBODY = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_INVITE = re.compile(
    r"(?:https?://)?(?:www\.|ptb\.|canary\.)?"
    r"(?:discord\s*\.\s*(?:gg|me|io|li)|discord(?:app)?\s*\.\s*com\s*/\s*invite|dsc\s*\.\s*gg|invite\s*\.\s*gg)"
    r"\s*/\s*[\w-]{1,100}",
    re.IGNORECASE,
)
_MASKED = re.compile(
    r"!?\[([^\]\n]{0,300})\]\(\s*<?(https?://[^)\s>]{1,1500})>?(?:\s+\"[^\"\n]{0,200}\")?\s*\)", re.IGNORECASE
)
NO_INVITE = "[an invitation was here]"


def neutral(text: str) -> str:
    """``text`` as it may be shown; what is said stays readable."""
    text = _INVISIBLE.sub("", text)
    text = _MASKED.sub(r"\1 (\2)", text)
    text = _INVITE.sub(NO_INVITE, text)
    text = _MENTION.sub("<\u200b", text)
    return _EVERYBODY.sub("@\u200b", text)
