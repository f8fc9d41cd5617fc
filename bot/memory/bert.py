"""The forward pass of a BERT sentence encoder in numpy: token ids in, one unit vector a text out.

It computes what ``sentence-transformers`` computes for all-MiniLM-L6-v2 (encoder, mean pooling, L2 norm),
so that no torch is needed. Layout of the weights and order of operations: the published ``BertModel``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float32]
type Ids = npt.NDArray[np.int64]

LAYER_NORM_EPSILON = np.float32(1e-12)
MASKED = np.float32(-1e9)
"""Added to the attention scores of padding; its softmax weight becomes exactly zero in float32."""


def erf(x: Floats) -> Floats:
    """Return the error function, absolute error below 5e-7 in float32.

    Abramowitz and Stegun, Handbook of Mathematical Functions, formula 7.1.26.
    """
    size = np.abs(x)
    t = 1 / (1 + np.float32(0.3275911) * size)
    series = np.full_like(t, 1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        series *= t
        series += np.float32(coefficient)
    return np.copysign(1 - series * t * np.exp(-size * size), x).astype(np.float32, copy=False)


def gelu(x: Floats) -> Floats:
    """Return the exact (erf) GELU activation, the one these weights were trained with."""
    return x * np.float32(0.5) * (1 + erf(x * np.float32(0.7071067811865476)))


@dataclass(frozen=True, slots=True)
class Norm:
    """Layer normalisation over the last axis."""

    weight: Floats
    bias: Floats

    def __call__(self, x: Floats) -> Floats:
        """Return ``x`` centred, scaled to unit variance, then weighted."""
        centred = x - x.mean(axis=-1, keepdims=True, dtype=np.float32)
        variance = np.square(centred).mean(axis=-1, keepdims=True, dtype=np.float32)
        return centred * np.reciprocal(np.sqrt(variance + LAYER_NORM_EPSILON)) * self.weight + self.bias


@dataclass(frozen=True, slots=True)
class Dense:
    """A linear layer; ``weight`` is stored input-major, ready for ``x @ weight``."""

    weight: Floats
    bias: Floats

    def __call__(self, x: Floats) -> Floats:
        """Return ``x @ weight + bias``."""
        return x @ self.weight + self.bias


@dataclass(frozen=True, slots=True)
class Layer:
    """One encoder layer; ``attend`` holds query, key and value side by side, for one multiplication."""

    attend: Dense
    attended: Dense
    attention_norm: Norm
    widen: Dense
    narrow: Dense
    output_norm: Norm


@dataclass(frozen=True, slots=True)
class Bert:
    """The encoder's weights; `encode` is a pure function of them and may run in any thread."""

    words: Floats
    places: Floats
    norm: Norm
    layers: tuple[Layer, ...]
    heads: int

    @classmethod
    def of(cls, tensors: Mapping[str, Floats], *, heads: int) -> Self:
        """Build the encoder from a checkpoint's tensors. Raises ``KeyError`` where one is missing."""

        def norm(name: str) -> Norm:
            return Norm(tensors[f"{name}.weight"], tensors[f"{name}.bias"])

        def dense(*names: str) -> Dense:
            weight = np.concatenate([tensors[f"{name}.weight"] for name in names]).T
            return Dense(np.ascontiguousarray(weight), np.concatenate([tensors[f"{n}.bias"] for n in names]))

        def layer(name: str) -> Layer:
            own = f"{name}.attention.self"
            return Layer(
                attend=dense(f"{own}.query", f"{own}.key", f"{own}.value"),
                attended=dense(f"{name}.attention.output.dense"),
                attention_norm=norm(f"{name}.attention.output.LayerNorm"),
                widen=dense(f"{name}.intermediate.dense"),
                narrow=dense(f"{name}.output.dense"),
                output_norm=norm(f"{name}.output.LayerNorm"),
            )

        depth = 1 + max(int(key.split(".")[2]) for key in tensors if key.startswith("encoder.layer."))
        return cls(
            words=tensors["embeddings.word_embeddings.weight"],
            # every text is a first sentence, so its constant segment vector is added to the positions once
            places=tensors["embeddings.position_embeddings.weight"]
            + tensors["embeddings.token_type_embeddings.weight"][0],
            norm=norm("embeddings.LayerNorm"),
            layers=tuple(layer(f"encoder.layer.{number}") for number in range(depth)),
            heads=heads,
        )

    def encode(self, ids: Ids, present: Ids) -> Floats:
        """Return one unit vector a row of ``ids``; ``present`` is 1 for a token and 0 for padding.

        Both are of shape (texts, tokens); at least one token of each row must be present.
        """
        x = self.norm(self.words[ids] + self.places[: ids.shape[1]])
        hidden = np.where(present == 0, MASKED, np.float32(0))[:, None, None, :].astype(np.float32)
        for layer in self.layers:
            x = layer.attention_norm(x + layer.attended(self._attention(layer, x, hidden)))
            x = layer.output_norm(x + layer.narrow(gelu(layer.widen(x))))
        counted = present[:, :, None].astype(np.float32)
        pooled = (x * counted).sum(axis=1) / counted.sum(axis=1)
        return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)

    def _attention(self, layer: Layer, x: Floats, hidden: Floats) -> Floats:
        texts, tokens, width = x.shape
        apart = layer.attend(x).reshape(texts, tokens, 3, self.heads, width // self.heads)
        query, key, value = apart.transpose(2, 0, 3, 1, 4)
        scores = query @ key.swapaxes(-1, -2) * np.float32((width // self.heads) ** -0.5) + hidden
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        return (scores @ value).swapaxes(1, 2).reshape(texts, tokens, width)
