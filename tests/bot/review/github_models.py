"""Holds what the local GitHub answered against githubkit's models, which are made from GitHub's own description."""

import re
from collections.abc import Sequence
from typing import Any

from githubkit_schemas.latest import models
from pydantic import TypeAdapter

from bot.local_github.application import Asked

OF: Sequence[tuple[str, str, Any]] = (
    ("GET", r"/repos/[^/]+/[^/]+", models.FullRepository),
    ("GET", r"/repos/[^/]+/[^/]+/installation", models.Installation),
    ("POST", r"/app/installations/\d+/access_tokens", models.InstallationToken),
    ("GET", r"/repos/[^/]+/[^/]+/pulls", list[models.PullRequestSimple]),
    ("GET", r"/repos/[^/]+/[^/]+/pulls/\d+", models.PullRequest),
    ("GET", r"/repos/[^/]+/[^/]+/pulls/\d+/files", list[models.DiffEntry]),
    ("GET", r"/repos/[^/]+/[^/]+/pulls/\d+/reviews", list[models.PullRequestReview]),
    ("POST", r"/repos/[^/]+/[^/]+/pulls/\d+/reviews", models.PullRequestReview),
    ("GET", r"/repos/[^/]+/[^/]+/git/blobs/\w+", models.Blob),
    ("GET", r"/repos/[^/]+/[^/]+/git/trees/\w+", models.GitTree),
    (
        "GET",
        r"/repos/[^/]+/[^/]+/commits/\w+/check-runs",
        models.ReposOwnerRepoCommitsRefCheckRunsGetResponse200,
    ),
    ("GET", r"/repos/[^/]+/[^/]+/commits/\w+/status", models.CombinedCommitStatus),
    ("POST", r"/repos/[^/]+/[^/]+/check-runs/\d+/rerequest", models.EmptyObject),
)
_RAW = "raw"


def unlike_github(asked: Sequence[Asked]) -> list[str]:
    """What was answered and GitHub's models do not take; an answer that no model is known for is one of it."""
    found: list[str] = []
    for one in asked:
        if one.broken or one.status >= 300 or one.status == 204 or _RAW in one.headers.get("accept", ""):
            continue
        model = next(
            (model for method, path, model in OF if method == one.method and re.fullmatch(path, one.path)),
            None,
        )
        if model is None:
            found.append(f"{one.method} {one.path}: no model is known")
            continue
        try:
            TypeAdapter(model).validate_json(one.answer)
        except ValueError as error:
            found.append(f"{one.method} {one.path}: {error}")
    return found
