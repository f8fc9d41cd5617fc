"""Takes reviews as strictly as GitHub does."""

from typing import Any, Literal, cast

from bot.local_github.diffs import changed_files, lines_of
from bot.local_github.world import Pull, Refused, Remark, Repo, Review, World

_STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
_UNPROCESSABLE = 422
LONGEST_BODY = 65_536


def posted(world: World, repo: Repo, pull: Pull, body: dict[str, Any]) -> Review:
    """Add a review. Raises `Refused` where GitHub would."""
    event, commit = body.get("event"), body.get("commit_id") or pull.head.sha
    if event not in _STATES:
        raise Refused(_UNPROCESSABLE, "Unprocessable Entity: event")
    if pull.author.login == world.reviewer.login and event != "COMMENT":
        raise Refused(_UNPROCESSABLE, "Can not approve or request changes on your own pull request")
    if commit not in {one.sha for one in pull.commits}:
        raise Refused(_UNPROCESSABLE, "The commit_id is not part of the pull request")
    text = str(body.get("body") or "")
    remarks = tuple(_remark(one) for one in cast("list[dict[str, Any]]", body.get("comments") or []))
    if (event != "APPROVE" and not text and not remarks) or len(text) > LONGEST_BODY:
        raise Refused(_UNPROCESSABLE, "Unprocessable Entity: body")
    head = next(one for one in pull.commits if one.sha == commit)
    places = {
        (file.path, side, line)
        for file in changed_files(repo.base, head)
        for side, line in lines_of(file.patch)
    }
    for one in remarks:
        lines = {one.line, one.start_line or one.line}
        if any((one.path, one.side, line) not in places for line in lines):
            raise Refused(_UNPROCESSABLE, "pull_request_review_thread.line must be part of the diff")
    review = Review(world.new_id(), world.reviewer, _STATES[event], text, commit, remarks, world.now())
    pull.reviews.append(review)
    world.happened(repo, pull, "pull_request_review", "submitted")
    return review


def _remark(one: dict[str, Any]) -> Remark:
    side: Literal["LEFT", "RIGHT"] = "LEFT" if one.get("side") == "LEFT" else "RIGHT"
    line, body, start = one.get("line"), one.get("body"), one.get("start_line")
    if not isinstance(line, int) or not isinstance(body, str) or not body:
        raise Refused(_UNPROCESSABLE, "Unprocessable Entity: comments")
    return Remark(str(one.get("path")), line, side, body, start if isinstance(start, int) else None)
