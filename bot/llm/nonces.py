"""The nonces that mark untrusted text in a prompt: unguessable outside, the same throughout a conversation."""

import secrets
from collections.abc import Callable
from hashlib import blake2b

from bot.llm.protocol import Request

type Nonces = Callable[[Request], str]


def conversation_nonces() -> Nonces:
    """A function that gives each conversation its nonce, under a key that only this process knows.

    The same in every round, because a provider's prompt cache finds only a prompt that begins with the very
    same text. That a model may repeat it to people does no harm: `build_prompt` removes it from all they write.
    """
    key = secrets.token_bytes(32)

    def nonce(request: Request) -> str:
        first = request.turns[0].text if request.turns else ""
        text = f"{request.instructions}\0{first}".encode("utf-8", "surrogatepass")
        return blake2b(text, key=key, digest_size=8).hexdigest()

    return nonce
