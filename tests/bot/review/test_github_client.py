"""The client of GitHub over loopback HTTP: what it reads, what it posts once, and what it makes of every failure."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from bot.clock import Clock
from bot.config.github import GitHubSection
from bot.errors import ConfigError, UserError
from bot.local_github.application import Fault, LocalGitHub
from bot.local_github.server import TOKEN, api_of
from bot.local_github.world import Repo
from bot.review.github import (
    GitHubBusy,
    GitHubError,
    GitHubRefused,
    GitHubTimedOut,
    HeadMoved,
    NotLetIn,
    NotThere,
    PullEnded,
)
from bot.review.github_client import GitHubClient, github_opened
from bot.review.pull_request import Check, InlineComment, NewReview, PullId, Repository
from tests.bot.review.conftest import NAME, no_pause

SHOP = Repository("octo-org", "shop")
ONE = PullId(SHOP, 1)
CHANGE = {"shop/cart.py": "def total(items):\n    print(items)\n    return sum(items)\n"}


async def test_a_pull_request_its_files_texts_tests_and_checks(
    host: LocalGitHub, repo: Repo, github: GitHubClient
) -> None:
    files = {
        **CHANGE,
        "logo.png": b"\0\1",
        "big.txt": "x" * 600_000,
        "README.md": None,
        "a b/ü.py": "x = 1\n",
    }
    pull = host.world.open(repo, "Count more", files, body="Please", fork="mona/shop", draft=True)
    pull.labels.append("urgent")
    host.world.check(repo, pull, "tests", "failure", "2 failed")
    host.world.check(repo, pull, "lint", None)

    seen = await github.pull(ONE)
    assert (seen.title, seen.author, seen.head, seen.state, seen.draft) == (
        "Count more", "mona", pull.head.sha, "open", True,
    )  # fmt: skip
    assert seen.labels == ("urgent",)
    assert seen.is_from_fork
    assert seen.changed_files == 5

    changed = await github.changed(seen)
    assert {one.path: one.change for one in changed} == {
        "README.md": "removed", "shop/cart.py": "modified", "logo.png": "added", "big.txt": "added", "a b/ü.py": "added",
    }  # fmt: skip
    texts = {one.path: one for one in await github.texts(seen, changed)}
    assert texts["shop/cart.py"].text == CHANGE["shop/cart.py"]
    assert texts["a b/ü.py"].text == "x = 1\n"
    assert "README.md" not in texts
    assert (texts["logo.png"].text, texts["logo.png"].why) == (None, "is no text")
    assert texts["big.txt"].why == "is larger than 512 KB"
    assert list(await github.tests(seen, changed)) == ["tests/test_cart.py"]
    checks = {one.name: one for one in await github.checks(seen)}
    assert (checks["tests"].state, checks["tests"].said, checks["lint"].state) == (
        "failed",
        "2 failed",
        "running",
    )

    await github.rerun(seen, checks["tests"])
    assert pull.checks[0].reruns == 1
    with pytest.raises(UserError):
        await github.rerun(seen, Check("other", "failed"))
    await github.dispatch(SHOP, "tests.yml", {"head": seen.head})
    assert repo.dispatched == [("tests.yml", "main", {"head": seen.head})]
    with pytest.raises(UserError):
        await github.dispatch(SHOP, "../tests")
    assert await github.file(SHOP, "README.md") == "# Shop\n"
    assert await github.file(SHOP, "CONTRIBUTING.md") is None


async def test_a_list_says_when_nothing_is_new(host: LocalGitHub, repo: Repo, github: GitHubClient) -> None:
    pull = host.world.open(repo, "One", CHANGE)
    first = await github.open_pulls(SHOP)
    assert [one.head for one in first.pulls] == [pull.head.sha]
    assert (await github.open_pulls(SHOP, first.etag)).unchanged
    host.world.push(repo, pull, {"new.py": "x = 1\n"})
    assert [one.head for one in (await github.open_pulls(SHOP, first.etag)).pulls] == [pull.head.sha]


async def test_long_lists_are_read_page_by_page(host: LocalGitHub, repo: Repo, github: GitHubClient) -> None:
    host.world.open(repo, "Many", {f"m{one:03}.py": f"x = {one}\n" for one in range(230)})
    changed = await github.changed(await github.pull(ONE))
    assert len({one.path for one in changed}) == 230
    assert [one.query for one in host.asked if one.path.endswith("/files")] == [
        f"per_page=100&page={page}" for page in (1, 2, 3)
    ]


async def test_files_are_of_the_head_or_not_taken(
    host: LocalGitHub, repo: Repo, github: GitHubClient
) -> None:
    pull = host.world.open(repo, "One", CHANGE)
    seen = await github.pull(ONE)
    changed = await github.changed(seen)
    host.faults.append(Fault("other", "GET", "/git/blobs/"))
    with pytest.raises(GitHubError, match="something else"):
        await github.texts(seen, changed)
    host.world.push(repo, pull, {"new.py": "x = 1\n"})
    with pytest.raises(HeadMoved):
        await github.changed(seen)


async def test_a_review_stands_there_once_whatever_is_answered(
    host: LocalGitHub, repo: Repo, github: GitHubClient
) -> None:
    pull = host.world.open(repo, "One", CHANGE)
    review = NewReview(
        "request_changes", pull.head.sha, "Look again.", (InlineComment("shop/cart.py", 2, "Left over?"),)
    )
    host.faults.append(Fault("error", "POST", "/reviews"))
    with pytest.raises(GitHubError):
        await github.post_review(ONE, review, "k1")
    assert pull.reviews == []

    host.faults.append(Fault("after", "POST", "/reviews"))
    posted = await github.post_review(ONE, review, "k1")
    assert posted.found
    again = await github.post_review(ONE, review, "k1")
    assert (again.id, again.found) == (posted.id, True)
    (stands,) = pull.reviews
    assert (stands.state, stands.commit, stands.remarks[0].line) == ("CHANGES_REQUESTED", pull.head.sha, 2)
    assert stands.body.startswith("Look again.\n")

    off_the_diff = NewReview("comment", pull.head.sha, "x", (InlineComment("shop/cart.py", 90, "?"),))
    with pytest.raises(GitHubRefused, match="must be part of the diff"):
        await github.post_review(ONE, off_the_diff, "k2")
    host.world.push(repo, pull, {"new.py": "x = 1\n"})
    with pytest.raises(HeadMoved):
        await github.post_review(ONE, review, "k3")
    host.world.close(repo, pull, merge=True)
    late = NewReview("approve", pull.head.sha, "Fine")
    with pytest.raises(PullEnded) as ended:
        await github.post_review(ONE, late, "k4")
    assert ended.value.state == "merged"
    assert len(pull.reviews) == 1
    posts = [
        one.body["commit_id"] for one in host.asked if one.method == "POST" and one.path.endswith("/reviews")
    ]
    assert set(posts) == {review.head}


async def test_reading_is_tried_again_and_every_failure_has_its_sentence(
    host: LocalGitHub, repo: Repo, github: GitHubClient
) -> None:
    host.world.open(repo, "One", CHANGE)
    host.faults.append(Fault("error", "GET", "/pulls/1$", times=2))
    assert (await github.pull(ONE)).title == "One"
    host.faults.append(Fault("error", "GET", "/pulls/1$", times=3))
    with pytest.raises(GitHubError, match="out of order just now"):
        await github.pull(ONE)
    host.faults.append(Fault("nonsense", "GET", "/pulls/1$"))
    with pytest.raises(GitHubError, match="cannot be read"):
        await github.pull(ONE)
    with pytest.raises(NotThere):
        await github.pull(PullId(SHOP, 99))
    with pytest.raises(NotThere):
        await github.pull(PullId(Repository("octo-org", "other"), 1))


async def test_the_rate_limit_holds_for_everything_that_comes_after(host: LocalGitHub, repo: Repo) -> None:
    host.world.open(repo, "One", CHANGE)
    now = [100.0]
    section = GitHubSection(api_url=api_of(host), access_token=SecretStr(TOKEN))
    async with github_opened(section, Clock(monotonic=lambda: now[0], sleep=no_pause)) as github:
        host.faults.append(Fault("busy", "GET", "/pulls/1$"))
        with pytest.raises(GitHubBusy) as caught:
            await github.pull(ONE)
        assert caught.value.seconds == 60
        before = len(host.asked)
        now[0] += 59
        with pytest.raises(GitHubBusy):
            await github.pull(ONE)
        assert len(host.asked) == before, "GitHub was asked although it wants to be left alone"
        now[0] += 2
        assert (await github.pull(ONE)).title == "One"
        # A limit that does not say how long it holds: GitHub wants at least a minute.
        host.faults.append(Fault("limited", "GET", "/pulls/1$"))
        with pytest.raises(GitHubBusy) as unsaid:
            await github.pull(ONE)
        assert unsaid.value.retry_after == 60


async def test_what_hangs_is_given_up(host: LocalGitHub, repo: Repo) -> None:
    host.world.open(repo, "One", CHANGE)
    section = GitHubSection(api_url=api_of(host), access_token=SecretStr(TOKEN), request_seconds=0.05)
    async with github_opened(section, Clock(sleep=no_pause)) as github:
        host.faults.append(Fault("hang", "GET", "/pulls/1$", times=3))
        with pytest.raises(GitHubTimedOut):
            await github.pull(ONE)
    host.hung.set()


async def test_a_wrong_token_and_an_unreachable_host(host: LocalGitHub) -> None:
    section = GitHubSection(api_url=api_of(host), access_token=SecretStr("github_pat_wrong"))
    async with github_opened(section, Clock(sleep=no_pause)) as github:
        with pytest.raises(GitHubRefused, match="does not accept") as refused:
            await github.pull(ONE)
        assert "github_pat_wrong" not in str(refused.value)
    nowhere = GitHubSection(api_url="http://127.0.0.1:1/api/v3", access_token=SecretStr(TOKEN))
    async with github_opened(nowhere, Clock(sleep=no_pause)) as github:
        with pytest.raises(GitHubError, match="could not be reached"):
            await github.pull(ONE)


async def test_an_app_takes_tokens_for_one_repository_and_gives_the_writing_ones_back(
    host: LocalGitHub, repo: Repo
) -> None:
    key = _private_key()
    host.app_id = 7
    host.world.repository("octo-org/secret", {"a.py": "x = 1\n"}, private=True)
    host.tokens.clear()
    pull = host.world.open(repo, "One", CHANGE)
    section = GitHubSection(api_url=api_of(host), app_id=7, private_key=SecretStr(key))
    async with github_opened(section, Clock(sleep=no_pause)) as github:
        await github.changed(await github.pull(ONE))
        reading = dict(host.tokens)
        await github.post_review(ONE, NewReview("comment", pull.head.sha, "Fine"), "k")
        alive = dict(host.tokens)
        asked = [one.body for one in host.asked if one.path.endswith("/access_tokens")]
        # A token that somebody took back in the middle is asked for anew, once; nothing was done by then.
        host.tokens.clear()
        assert (await github.pull(ONE)).title == "One"
        host.faults.append(Fault("stranger", "POST", "/reviews"))
        await github.post_review(ONE, NewReview("comment", pull.head.sha, "Fine, too"), "l")
        host.faults.append(Fault("stranger", "GET", "/pulls/1$", times=2))
        with pytest.raises(NotLetIn):
            await github.pull(ONE)
    assert [one.body.partition("\n")[0] for one in pull.reviews] == ["Fine", "Fine, too"]
    assert [one["repositories"] for one in asked] == [["shop"], ["shop"]]
    assert set(asked[0]["permissions"].values()) == {"read"}
    assert asked[1]["permissions"] == {"pull_requests": "write"}
    assert alive == reading, "a token that may write was left alive"
    assert {one.repositories for one in reading.values()} == {frozenset({NAME})}
    with pytest.raises(ConfigError):
        async with github_opened(
            GitHubSection(api_url=api_of(host), app_id=7, private_key=SecretStr("no key at all")), Clock()
        ):
            pass


def _private_key() -> str:
    made = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    return made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()
