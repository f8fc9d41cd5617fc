"""The default embedder: all-MiniLM-L6-v2 on this machine's processor, without torch or a network."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file  # pyright: ignore[reportUnknownVariableType] # its os.PathLike is bare
from threadpoolctl import ThreadpoolController
from tokenizers import Encoding, Tokenizer

from bot.memory.bert import Bert, Floats
from bot.memory.embedder import MINILM, EmbedderUnavailable, EmbeddingSpace, Vector, tidy
from bot.memory.weights import check_weights, model_folder

HEADS = 12
MAX_TOKENS = 256
"""The model's own limits (its config.json and sentence_bert_config.json)."""

MAX_CHARACTERS = 16_000
"""What is tokenised of a text: far more than 256 tokens of anything people write, and bounded for the rest."""

TOKENS_A_BATCH = 512
"""Padded tokens of one forward pass: some 25 MB of memory and about a quarter second of one processor; a third quicker
than with four times as many, which no processor's cache holds."""


class MiniLm:
    """Embeds English text in 384 dimensions, in one thread of its own, one batch at a time.

    Several callers take turns batch by batch, so that a question is not kept waiting by a long job.
    Text beyond 256 tokens is not seen by the model.
    """

    def __init__(self, bert: Bert, tokenizer: Tokenizer, thread: ThreadPoolExecutor) -> None:
        self._bert = bert
        self._tokenizer = tokenizer
        self._thread = thread
        self._pools = ThreadpoolController()

    @classmethod
    async def load(cls, folder: Path | None = None) -> Self:
        """Check and load the installed weights (or those in ``folder``). Raises `EmbedderUnavailable`."""
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedder")
        try:
            bert, tokenizer = await asyncio.get_running_loop().run_in_executor(thread, _load, folder)
        except BaseException:
            thread.shutdown(wait=False)
            raise
        return cls(bert, tokenizer, thread)

    @property
    def space(self) -> EmbeddingSpace:
        """The model's space."""
        return MINILM

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Embed ``texts``, one unit vector each, in order. Raises `EmbedderUnavailable` after `aclose`."""
        loop = asyncio.get_running_loop()
        vectors: list[Vector] = [[]] * len(texts)
        try:
            tokens = await loop.run_in_executor(self._thread, self._tokens, texts)
            for batch in batches([len(encoding.ids) for encoding in tokens]):
                made = await loop.run_in_executor(
                    self._thread, self._encode, [tokens[place] for place in batch]
                )
                for place, vector in zip(batch, made, strict=True):
                    vectors[place] = vector
        except RuntimeError as error:
            raise EmbedderUnavailable("The offline embedder was closed; start the bot again.") from error
        return vectors

    async def aclose(self) -> None:
        """End the thread after the batch it works on; what waits is cancelled."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _tokens(self, texts: Sequence[str]) -> list[Encoding]:
        return self._tokenizer.encode_batch([tidy(text, MAX_CHARACTERS) for text in texts])

    def _encode(self, tokens: Sequence[Encoding]) -> list[Vector]:
        width = max(len(encoding.ids) for encoding in tokens)
        ids = np.zeros((len(tokens), width), dtype=np.int64)
        present = np.zeros_like(ids)
        for row, encoding in enumerate(tokens):
            ids[row, : len(encoding.ids)] = encoding.ids
            present[row, : len(encoding.ids)] = 1
        # two threads save little, and on a busy machine they spin for each other: 12 ms became 330 ms
        with self._pools.limit(limits=1, user_api="blas"):  # pyright: ignore[reportUnknownMemberType] # untyped
            vectors: list[Vector] = self._bert.encode(ids, present).tolist()
        return vectors


def batches(lengths: Sequence[int], limit: int = TOKENS_A_BATCH) -> Iterator[list[int]]:
    """Yield places of ``lengths`` in groups of similar length, each at most ``limit`` when padded."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[place] > limit:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _load(folder: Path | None) -> tuple[Bert, Tokenizer]:
    folder = folder or model_folder()
    check_weights(folder)
    try:
        tensors: dict[str, Floats] = load_file(folder / "model.safetensors")
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        bert = Bert.of(tensors, heads=HEADS)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise EmbedderUnavailable(
            f"The offline embedding model cannot be loaded ({error}); uninstall and install it again."
        ) from error
    # the published file pads everything to 128 tokens and cuts there; padding is added batch by batch here
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)  # pyright: ignore[reportUnknownMemberType] # its **kwargs are untyped
    return bert, tokenizer
