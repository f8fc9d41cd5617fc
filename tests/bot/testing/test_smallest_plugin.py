"""The plugin that the documents print is the one in ``plugins/``, whose own test runs with ours."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PLUGIN = ROOT / "plugins" / "standup"


def test_the_documents_print_the_example_as_it_is() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    block = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert block is not None
    code, _, test = block[1].partition("# tests/test_standup.py\n")
    assert code.strip() == (PLUGIN / "src/cogswarm_standup/__init__.py").read_text("utf-8").strip()
    assert (PLUGIN / "tests/test_standup.py").read_text("utf-8").strip().endswith(test.strip())


def test_the_plugin_guide_prints_it_too() -> None:
    text = (ROOT / "docs" / "plugins.md").read_text("utf-8")
    for file in ("src/cogswarm_standup/__init__.py", "tests/test_standup.py"):
        assert (PLUGIN / file).read_text("utf-8").strip() in text
