"""The examples in docs/models.md and in the plugin's README are configurations that load and open."""

import re
from pathlib import Path

import pytest
from cogswarm_llamacpp import cogswarm_backends

from bot.config.load import load_config
from bot.llm.factory import BUILT_IN, open_backend

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT / "docs/models.md"
README = ROOT / "plugins/llamacpp/README.md"
REGISTRY = {**BUILT_IN, **cogswarm_backends()}


def examples(file: Path) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", file.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_there_is_one_for_each_provider() -> None:
    text = "".join(examples(DOCUMENT) + examples(README))
    assert set(re.findall(r"backend: (\w+)", text)) == REGISTRY.keys() - {"offline"}


@pytest.mark.parametrize("example", [*examples(DOCUMENT), *examples(README)])
async def test_an_example_loads_and_opens(example: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(example, "utf-8")
    names = dict.fromkeys(["DISCORD_TOKEN", *re.findall(r"\$\{(\w+)\}", example)], "sk-made-up-key")
    loaded = load_config(file, names)
    assert len(loaded.config.models) > 1
    for model in loaded.config.models.values():
        backend = open_backend(
            model.backend,
            api_key=model.api_key,
            base_url=model.base_url or "",
            api=model.api,
            pull=model.pull,
            registry=REGISTRY,
        )
        await backend.aclose()


def test_every_option_of_a_model_is_explained() -> None:
    text = DOCUMENT.read_text("utf-8")
    for key in ("base_url", "api", "pull", "timeouts", "price", "options", "api_key"):
        assert f"{key}:" in text
