"""What is on the local GitHub as the JSON that GitHub's REST API (version 2022-11-28) answers with."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.local_github.diffs import Changed, changed_files
from bot.local_github.world import CheckRun, Person, Pull, Repo, Review, blob_sha

type Json = dict[str, Any]
_REPO_LINKS = (
    "archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents",
    "contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags", "git",
    "issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges", "milestones", "notifications",
    "pulls", "releases", "ssh", "stargazers", "statuses", "subscribers", "subscription", "tags", "teams", "trees", "clone",
    "hooks", "svn",
)  # fmt: skip
_USER_LINKS = (
    "followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events", "received_events",
)  # fmt: skip
_PERMISSIONS = {"contents": "read", "pull_requests": "write", "checks": "write", "metadata": "read"}


@dataclass(frozen=True, slots=True)
class Shapes:
    """Builds answers; ``web`` is where pages are, ``api`` where the API is."""

    web: str
    api: str

    def person(self, person: Person) -> Json:
        """An account."""
        url = f"{self.api}/users/{person.login}"
        return {
            "login": person.login, "id": person.id, "node_id": _node("U", person.id), "gravatar_id": "", "url": url,
            "avatar_url": f"{self.web}/avatars/{person.id}", "html_url": f"{self.web}/{person.login}",
            "type": person.kind, "site_admin": False, **{f"{one}_url": f"{url}/{one}" for one in _USER_LINKS},
        }  # fmt: skip

    def repository(self, repo: Repo, full_name: str | None = None) -> Json:
        """A repository, or its fork of that name."""
        owner, _, name = (full_name or repo.full_name).partition("/")
        url, when = f"{self.api}/repos/{owner}/{name}", "2026-01-05T08:00:00Z"
        return {
            "id": repo.id, "node_id": _node("R", repo.id), "name": name, "full_name": f"{owner}/{name}", "url": url,
            "owner": self.person(Person(owner, 300)), "private": repo.private, "description": None, "license": None,
            "html_url": f"{self.web}/{owner}/{name}", "fork": full_name is not None, "mirror_url": None,
            "homepage": None, "language": "Python", "default_branch": repo.default_branch, "archived": False,
            "disabled": False, "has_issues": True, "has_projects": False, "has_wiki": False, "has_pages": False,
            "has_discussions": False, "pushed_at": when, "created_at": when, "updated_at": when, "size": 1,
            "forks": 0, "forks_count": 0, "stargazers_count": 0, "watchers": 0, "watchers_count": 0,
            "open_issues": 0, "open_issues_count": 0, "subscribers_count": 0, "network_count": 0,
            **{f"{one}_url": f"{url}/{one}" for one in _REPO_LINKS},
        }  # fmt: skip

    def pull(self, repo: Repo, pull: Pull, *, whole: bool = True) -> Json:
        """A pull request: whole, or as it stands in lists."""
        url, page = self._pull_url(repo, pull), self.page(repo, pull)
        issue = f"{self.api}/repos/{repo.full_name}/issues/{pull.number}"
        links = {
            "review_comments": f"{url}/comments", "review_comment": f"{url}/comments{{/number}}",
            "comments": f"{issue}/comments", "commits": f"{url}/commits",
            "statuses": f"{self.api}/repos/{repo.full_name}/statuses/{pull.head.sha}",
        }  # fmt: skip
        body: Json = {
            "id": 70_000 + pull.number, "node_id": _node("PR", pull.number), "number": pull.number, "url": url,
            "html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch", "issue_url": issue,
            **{f"{name}_url": href for name, href in links.items()},
            "_links": {name: {"href": href} for name, href in
                       {**links, "self": url, "html": page, "issue": issue}.items()},
            "state": pull.state, "locked": False, "title": pull.title, "body": pull.body or None,
            "user": self.person(pull.author), "draft": pull.draft, "milestone": None, "auto_merge": None,
            "labels": [self._label(repo, name) for name in pull.labels], "author_association": "CONTRIBUTOR",
            "created_at": _at(pull.created_at), "updated_at": _at(pull.updated_at),
            "closed_at": _at(pull.updated_at) if pull.state == "closed" else None,
            "merged_at": _at(pull.merged_at) if pull.merged_at else None, "merge_commit_sha": None,
            "assignee": None, "assignees": [], "requested_reviewers": [], "requested_teams": [],
            "head": self._side(repo, pull.branch, pull.head.sha, pull.author.login, pull.fork),
            "base": self._side(repo, repo.default_branch, repo.base.sha, repo.owner, None),
        }  # fmt: skip
        if whole:
            files = changed_files(repo.base, pull.head)
            body |= {
                "merged": pull.merged_at is not None, "mergeable": True, "rebaseable": True, "mergeable_state": "clean",
                "merged_by": None, "comments": 0, "maintainer_can_modify": False, "commits": len(pull.commits),
                "review_comments": sum(len(one.remarks) for one in pull.reviews),
                "additions": sum(one.additions for one in files), "deletions": sum(one.deletions for one in files),
                "changed_files": len(files),
            }  # fmt: skip
        return body

    def file(self, repo: Repo, head: str, file: Changed) -> Json:
        """A changed file."""
        body: Json = {
            "sha": file.sha, "filename": file.path, "status": file.status, "additions": file.additions,
            "deletions": file.deletions, "changes": file.additions + file.deletions,
            "blob_url": f"{self.web}/{repo.full_name}/blob/{head}/{file.path}",
            "raw_url": f"{self.web}/{repo.full_name}/raw/{head}/{file.path}",
            "contents_url": f"{self.api}/repos/{repo.full_name}/contents/{file.path}?ref={head}",
        }  # fmt: skip
        if file.patch is not None:
            body["patch"] = file.patch
        if file.previous is not None:
            body["previous_filename"] = file.previous
        return body

    def blob(self, repo: Repo, sha: str, content: bytes) -> Json:
        """A file's content."""
        return {
            "sha": sha, "node_id": _node("B", 1), "size": len(content), "encoding": "base64",
            "url": f"{self.api}/repos/{repo.full_name}/git/blobs/{sha}",
            "content": base64.b64encode(content).decode(),
        }  # fmt: skip

    def tree(self, repo: Repo, sha: str, files: Mapping[str, bytes]) -> Json:
        """All files of a commit."""
        url = f"{self.api}/repos/{repo.full_name}/git"
        entries = [
            {"path": path, "mode": "100644", "type": "blob", "sha": blob_sha(content), "size": len(content),
             "url": f"{url}/blobs/{blob_sha(content)}"}
            for path, content in sorted(files.items())
        ]  # fmt: skip
        return {"sha": sha, "url": f"{url}/trees/{sha}", "truncated": False, "tree": entries}

    def review(self, repo: Repo, pull: Pull, review: Review) -> Json:
        """A posted review."""
        page = f"{self.page(repo, pull)}#pullrequestreview-{review.id}"
        url = self._pull_url(repo, pull)
        return {
            "id": review.id, "node_id": _node("PRR", review.id), "user": self.person(review.by), "body": review.body,
            "state": review.state, "html_url": page, "pull_request_url": url, "commit_id": review.commit,
            "submitted_at": _at(review.at), "author_association": "NONE",
            "_links": {"html": {"href": page}, "pull_request": {"href": url}},
        }  # fmt: skip

    def check(self, repo: Repo, run: CheckRun) -> Json:
        """A check run."""
        url = f"{self.api}/repos/{repo.full_name}/check-runs/{run.id}"
        page = f"{self.web}/{repo.full_name}/runs/{run.id}"
        return {
            "id": run.id, "head_sha": run.head, "node_id": _node("CR", run.id), "external_id": None, "url": url,
            "html_url": page, "details_url": page, "status": run.status, "conclusion": run.conclusion,
            "started_at": _at(run.at), "completed_at": _at(run.at) if run.conclusion else None, "name": run.name,
            "check_suite": {"id": run.id + 500_000}, "app": None, "pull_requests": [],
            "output": {"title": run.title or None, "summary": None, "text": None, "annotations_count": 0,
                       "annotations_url": f"{url}/annotations"},
        }  # fmt: skip

    def statuses(self, repo: Repo, sha: str) -> Json:
        """The commit statuses of a commit: none, everything here is a check."""
        url = f"{self.api}/repos/{repo.full_name}"
        return {
            "state": "pending", "statuses": [], "sha": sha, "total_count": 0, "repository": self.repository(repo),
            "commit_url": f"{url}/commits/{sha}", "url": f"{url}/commits/{sha}/status",
        }  # fmt: skip

    def installation(self, repo: Repo, app_id: int) -> Json:
        """Where an App is installed."""
        when = "2026-01-05T08:00:00Z"
        return {
            "id": 40_000 + repo.id, "account": self.person(Person(repo.owner, 300)), "app_id": app_id,
            "repository_selection": "selected", "permissions": _PERMISSIONS, "events": ["pull_request"],
            "access_tokens_url": f"{self.api}/app/installations/{40_000 + repo.id}/access_tokens",
            "repositories_url": f"{self.api}/installation/repositories", "single_file_name": None,
            "html_url": f"{self.web}/settings/installations/{40_000 + repo.id}", "target_id": 300,
            "target_type": "Organization", "created_at": when, "updated_at": when, "app_slug": "cogswarm",
            "suspended_by": None, "suspended_at": None,
        }  # fmt: skip

    def page(self, repo: Repo, pull: Pull) -> str:
        """The address of a pull request's page."""
        return f"{self.web}/{repo.full_name}/pull/{pull.number}"

    def _pull_url(self, repo: Repo, pull: Pull) -> str:
        return f"{self.api}/repos/{repo.full_name}/pulls/{pull.number}"

    def _side(self, repo: Repo, ref: str, sha: str, login: str, fork: str | None) -> Json:
        return {
            "label": f"{login}:{ref}", "ref": ref, "sha": sha, "user": self.person(Person(login, 300)),
            "repo": self.repository(repo, fork),
        }  # fmt: skip

    def _label(self, repo: Repo, name: str) -> Json:
        return {
            "id": 1, "node_id": _node("L", 1), "url": f"{self.api}/repos/{repo.full_name}/labels/{name}", "name": name,
            "description": None, "color": "0e8a16", "default": False, "archived_at": None, "archived_by": None,
        }  # fmt: skip


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _node(kind: str, number: int) -> str:
    return f"{kind}_{number:012d}"
