"""Changed files made of texts, for tests that need no code host."""

from collections.abc import Mapping

from bot.local_github.diffs import changed_files
from bot.local_github.world import Commit
from bot.review.pull_request import ChangedFile, FileText


def changes(
    after: Mapping[str, str], before: Mapping[str, str] | None = None
) -> tuple[list[ChangedFile], list[FileText]]:
    """What a pull request changes that makes ``after`` of ``before``, and its files."""
    base = Commit("a" * 40, {path: text.encode() for path, text in (before or {}).items()}, "")
    head = Commit("b" * 40, {path: text.encode("utf-8", "surrogatepass") for path, text in after.items()}, "")
    files = [
        ChangedFile(one.path, one.status, one.additions, one.deletions, one.patch, one.previous, one.sha)
        for one in changed_files(base, head)
    ]
    texts = [FileText(one.path, after[one.path]) for one in files if one.path in after]
    return files, texts
