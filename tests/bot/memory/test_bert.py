"""The numpy forward pass against an independent, slow one, and against published numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.memory.bert import Bert, erf, gelu

WIDTH, HEADS, INNER, WORDS, PLACES, DEPTH = 8, 2, 16, 20, 12, 2


def made_up_weights(seed: int) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    random = np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (WORDS, WIDTH),
        "embeddings.position_embeddings.weight": (PLACES, WIDTH),
        "embeddings.token_type_embeddings.weight": (2, WIDTH),
        "embeddings.LayerNorm.weight": (WIDTH,),
        "embeddings.LayerNorm.bias": (WIDTH,),
    }
    for number in range(DEPTH):
        layer = f"encoder.layer.{number}"
        for name, outputs, inputs in (
            ("attention.self.query", WIDTH, WIDTH),
            ("attention.self.key", WIDTH, WIDTH),
            ("attention.self.value", WIDTH, WIDTH),
            ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", INNER, WIDTH),
            ("output.dense", WIDTH, INNER),
        ):
            shapes[f"{layer}.{name}.weight"] = (outputs, inputs)
            shapes[f"{layer}.{name}.bias"] = (outputs,)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"{layer}.{name}.weight"] = (WIDTH,)
            shapes[f"{layer}.{name}.bias"] = (WIDTH,)
    return {name: random.normal(0, 0.7, shape).astype(np.float32) for name, shape in shapes.items()}


def slowly(
    weights: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]], ids: list[int]
) -> list[float]:
    """Compute one text's vector number by number, in double precision, from the model's definition."""
    w = {name: tensor.astype(np.float64).tolist() for name, tensor in weights.items()}

    def linear(name: str, x: list[float]) -> list[float]:
        return [
            sum(a * b for a, b in zip(row, x, strict=True)) + bias
            for row, bias in zip(w[f"{name}.weight"], w[f"{name}.bias"], strict=True)
        ]

    def norm(name: str, x: list[float]) -> list[float]:
        mean = sum(x) / len(x)
        deviation = math.sqrt(sum((v - mean) ** 2 for v in x) / len(x) + 1e-12)
        return [
            (v - mean) / deviation * a + b
            for v, a, b in zip(x, w[f"{name}.weight"], w[f"{name}.bias"], strict=True)
        ]

    def plus(a: list[float], b: list[float]) -> list[float]:
        return [x + y for x, y in zip(a, b, strict=True)]

    hidden = [
        norm(
            "embeddings.LayerNorm",
            plus(
                plus(
                    w["embeddings.word_embeddings.weight"][token],
                    w["embeddings.position_embeddings.weight"][place],
                ),
                w["embeddings.token_type_embeddings.weight"][0],
            ),
        )
        for place, token in enumerate(ids)
    ]
    size = WIDTH // HEADS
    for number in range(DEPTH):
        layer = f"encoder.layer.{number}"
        query, key, value = (
            [linear(f"{layer}.attention.self.{name}", x) for x in hidden]
            for name in ("query", "key", "value")
        )
        mixed: list[list[float]] = [[] for _ in hidden]
        for head in range(HEADS):
            part = slice(head * size, (head + 1) * size)
            for place, q in enumerate(query):
                raw = [
                    math.exp(sum(a * b for a, b in zip(q[part], k[part], strict=True)) / math.sqrt(size))
                    for k in key
                ]
                mixed[place] += [
                    sum(r * v[part][i] for r, v in zip(raw, value, strict=True)) / sum(raw)
                    for i in range(size)
                ]
        hidden = [
            norm(f"{layer}.attention.output.LayerNorm", plus(x, linear(f"{layer}.attention.output.dense", m)))
            for x, m in zip(hidden, mixed, strict=True)
        ]
        for place, x in enumerate(hidden):
            wide = [
                v * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in linear(f"{layer}.intermediate.dense", x)
            ]
            hidden[place] = norm(f"{layer}.output.LayerNorm", plus(x, linear(f"{layer}.output.dense", wide)))
    pooled = [sum(column) / len(ids) for column in zip(*hidden, strict=True)]
    length = math.hypot(*pooled)
    return [v / length for v in pooled]


@given(
    seed=st.integers(0, 2**32 - 1),
    texts=st.lists(st.lists(st.integers(0, WORDS - 1), min_size=1, max_size=PLACES), min_size=1, max_size=4),
)
def test_equals_the_model_computed_number_by_number(seed: int, texts: list[list[int]]) -> None:
    weights = made_up_weights(seed)
    width = max(map(len, texts))
    ids = np.array([text + [0] * (width - len(text)) for text in texts])
    present = np.array([[1] * len(text) + [0] * (width - len(text)) for text in texts])
    vectors = Bert.of(weights, heads=HEADS).encode(ids, present)
    for text, vector in zip(texts, vectors, strict=True):
        assert vector.tolist() == pytest.approx(slowly(weights, text), abs=2e-5)


def test_erf_is_accurate_everywhere() -> None:
    x = np.concatenate([np.linspace(-6, 6, 100_001), [0.0, -0.0, 1e-20, 50.0, -50.0]]).astype(np.float32)
    exact = np.array([math.erf(float(v)) for v in x])
    assert np.abs(erf(x).astype(np.float64) - exact).max() < 5e-7


def test_gelu_is_the_erf_one_and_not_the_tanh_approximation() -> None:
    x = np.array([-3.0, -1.0, 0.0, 0.5, 2.0, 2.5], dtype=np.float32)
    exact = [float(v) * 0.5 * (1 + math.erf(float(v) / math.sqrt(2))) for v in x]
    tanh = [
        float(v) * 0.5 * (1 + math.tanh(math.sqrt(2 / math.pi) * (float(v) + 0.044715 * float(v) ** 3)))
        for v in x
    ]
    assert gelu(x).tolist() == pytest.approx(exact, abs=1e-6)
    assert gelu(x).tolist() != pytest.approx(tanh, abs=1e-4)


def test_a_missing_tensor_is_named() -> None:
    weights = made_up_weights(1)
    del weights["encoder.layer.1.output.dense.bias"]
    with pytest.raises(KeyError, match=r"encoder\.layer\.1\.output\.dense\.bias"):
        Bert.of(weights, heads=HEADS)
