"""Says when a pull request changes what tools go by: settings of checkers, of CI, of git, or remarks that silence them."""

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from bot.review.checking import ConfigTouched
from bot.review.diff_lines import diff_lines
from bot.review.pull_request import ChangedFile

SETTINGS: Sequence[tuple[str, str]] = (
    ("pyproject.toml", "Python tools"), ("setup.cfg", "Python tools"), ("tox.ini", "Python tools"),
    ("ruff.toml", "ruff"), (".ruff.toml", "ruff"), (".flake8", "flake8"), (".pylintrc", "pylint"), ("pylintrc", "pylint"),
    ("mypy.ini", "mypy"), (".mypy.ini", "mypy"), ("pyrightconfig.json", "pyright"), (".bandit", "bandit"),
    ("bandit.y*ml", "bandit"), (".semgrepignore", "semgrep"), (".semgrep.y*ml", "semgrep"), ("semgrep.y*ml", "semgrep"),
    (".gitleaks.toml", "gitleaks"), (".gitleaksignore", "gitleaks"), (".secrets.baseline", "detect-secrets"),
    ("osv-scanner.toml", "osv-scanner"), (".pre-commit-config.yaml", "pre-commit"), ("conftest.py", "pytest"),
    ("pytest.ini", "pytest"), (".coveragerc", "coverage"), (".eslintrc*", "eslint"), ("eslint.config.*", "eslint"),
    (".rubocop.yml", "rubocop"), (".gitattributes", "git"), (".gitmodules", "git"), (".github/workflows/*", "CI"),
    (".github/actions/*", "CI"), (".gitlab-ci.yml", "CI"), (".github/CODEOWNERS", "who has to review"),
    ("CODEOWNERS", "who has to review"), (".coderabbit.y*ml", "other reviewers"), (".pr_agent.toml", "other reviewers"),
    ("AGENTS.md", "agents"), ("CLAUDE.md", "agents"), (".cursorrules", "agents"),
)  # fmt: skip
"""Names (or paths, where they have a slash) with what goes by them."""

_SILENCING = re.compile(
    r"#\s*(noqa|nosec|nosemgrep|type:\s*ignore|pyright:\s*ignore|pylint:\s*disable)|pragma:\s*allowlist|gitleaks:allow"
    r"|(//|/\*)\s*eslint-disable"
)


def touched(files: Iterable[ChangedFile]) -> tuple[ConfigTouched, ...]:
    """What of it a pull request changes, a file at a time."""
    found: list[ConfigTouched] = []
    for file in files:
        for path in filter(None, (file.path, file.previous_path)):
            of = _settings_of(path)
            if of is not None:
                found.append(ConfigTouched(path, of))
        if _silences(file):
            found.append(ConfigTouched(file.path, "a remark that silences a tool"))
    return tuple(dict.fromkeys(found))


def _settings_of(path: str) -> str | None:
    name = PurePosixPath(path).name
    for pattern, of in SETTINGS:
        if "/" in pattern:
            if fnmatchcase(path.lower(), pattern.lower()):
                return of
        elif fnmatchcase(name.lower(), pattern.lower()):
            return of
    return None


def _silences(file: ChangedFile) -> bool:
    if file.patch is None or not diff_lines(file).added:
        return False
    return any(line.startswith("+") and _SILENCING.search(line) for line in file.patch.split("\n"))
