"""The pages of the local GitHub: what pull requests there are, and one of them with its diff, checks and reviews."""

from collections.abc import Sequence
from html import escape

from bot.local_github.diffs import changed_files
from bot.local_github.world import Pull, Remark, Repo, World

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2328;background:#fff}
a{color:#0a58ca}pre{background:#f6f8fa;padding:.75rem;overflow:auto;border-radius:6px}
.add{background:#dafbe1;display:block}.del{background:#ffebe9;display:block}.hunk{color:#57606a;display:block}
.same{display:block}.box{border:1px solid #d0d7de;border-radius:6px;padding:.25rem 1rem;margin:1rem 0;white-space:pre-wrap}
button{font:inherit;padding:.4rem .9rem}
"""
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    '<meta name="viewport" content="width=device-width"><style>{style}</style></head><body><main>{body}</main></body></html>'
)


def start_page(world: World, steps: Sequence[str]) -> str:
    """All pull requests, and a button for what happens next."""
    rows = [
        f'<li><a href="/{escape(repo.full_name)}/pull/{pull.number}">{escape(repo.full_name)}#{pull.number}</a> '
        f"{escape(pull.title)} <em>({_state(pull)})</em></li>"
        for repo in world.repos.values()
        for pull in repo.pulls.values()
    ]
    button = (
        f'<form method="post" action="/next"><button>Next: {escape(steps[0])}</button></form>'
        if steps
        else "<p>Nothing more happens here by itself.</p>"
    )
    return _whole("Local GitHub", f"<h1>Local GitHub</h1><ul>{''.join(rows)}</ul>{button}")


def pull_page(repo: Repo, pull: Pull) -> str:
    """One pull request."""
    parts = [
        f'<p><a href="/">All pull requests</a></p><h1>{escape(pull.title)} #{pull.number}</h1>',
        (
            f"<p>{escape(pull.author.login)} wants to merge <code>{escape(pull.branch)}</code> ({_state(pull)}, "
            f"<code>{pull.head.sha[:7]}</code>)</p>"
        ),
        f'<div class="box">{escape(pull.body)}</div>' if pull.body else "",
    ]
    parts += [
        f"<p>Check <b>{escape(run.name)}</b>: {escape(run.conclusion or run.status)} {escape(run.title)}</p>"
        for run in pull.checks
        if run.head == pull.head.sha
    ]
    for review in pull.reviews:
        remarks = "".join(_remark(one) for one in review.remarks)
        parts.append(
            f'<div class="box"><b>{escape(review.by.login)}</b> {escape(review.state)} at '
            f"<code>{review.commit[:7]}</code>\n{escape(review.body)}{remarks}</div>"
        )
    for file in changed_files(repo.base, pull.head):
        lines = "".join(_line(line) for line in (file.patch or "No text.").split("\n"))
        parts.append(f"<h2>{escape(file.path)}</h2><pre>{lines}</pre>")
    return _whole(f"{repo.full_name}#{pull.number}", "".join(parts))


def _remark(one: Remark) -> str:
    return f"<p><code>{escape(one.path)}:{one.line}</code> {escape(one.body)}</p>"


def _line(line: str) -> str:
    kind = {"+": "add", "-": "del", "@": "hunk"}.get(line[:1], "same")
    return f'<span class="{kind}">{escape(line) or "&nbsp;"}</span>'


def _state(pull: Pull) -> str:
    if pull.merged_at is not None:
        return "merged"
    return "draft" if pull.draft and pull.state == "open" else pull.state


def _whole(title: str, body: str) -> str:
    return _PAGE.format(title=escape(title), style=_STYLE, body=body)
