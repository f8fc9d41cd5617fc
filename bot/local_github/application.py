"""The local GitHub as a web application: the API below ``/api/v3``, as an Enterprise Server has it, and pages."""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.local_github.diffs import changed_files
from bot.local_github.page import pull_page, start_page
from bot.local_github.posting import posted
from bot.local_github.shapes import Json, Shapes
from bot.local_github.world import Pull, Refused, Repo, World, blob_sha

API = "/api/v3"
PER_HOUR = 5_000
_LIMITED = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
_LARGEST_PAGE = 100
_PERMISSION_OF = {"pulls": "pull_requests", "git": "contents", "contents": "contents", "commits": "checks",
                  "check-runs": "checks", "actions": "actions"}  # fmt: skip

type Answer = Callable[["Call"], Response]
type Step = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the next requests that fit.

    ``error`` answers 502 and does nothing, ``after`` does it and answers 502, ``hang`` never answers, ``busy`` is the
    secondary rate limit that says for how many ``seconds`` it holds, ``limited`` the one that does not say, ``stranger``
    does not know the token any more, ``nonsense`` is no JSON, ``other`` gives the content of something else.
    """

    kind: Literal["error", "after", "hang", "busy", "limited", "stranger", "nonsense", "other"]
    method: str
    path: str
    times: int = 1
    seconds: int = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """A recorded request with its answer; ``body`` is None where there was none, ``broken`` says that a fault answered."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: Any
    status: int
    answer: bytes
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token may do; no repositories: all, with every permission."""

    repositories: frozenset[str] = frozenset()
    permissions: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class Call:
    """A request to the API that was let in."""

    request: Request
    repo: Repo
    body: dict[str, Any]

    @property
    def pull_number(self) -> int:
        """The pull request's number in the address."""
        return int(self.request.path_params["number"])

    def page(self, found: list[Json]) -> list[Json]:
        """The part of a list that was asked for."""
        query = self.request.query_params
        size = min(int(query.get("per_page", "30")), _LARGEST_PAGE)
        begin = (int(query.get("page", "1")) - 1) * size
        return found[begin : begin + size]


class LocalGitHub:
    """The application's state. ``steps`` are what the button on the start page does, one after the other."""

    def __init__(self, world: World, web: str, tokens: Mapping[str, Grant] | None = None) -> None:
        self.world = world
        self.web = web
        self.shapes = Shapes(web, f"{web}{API}")
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.tokens: dict[str, Grant] = dict(tokens or {})
        self.app_id: int | None = None
        self.steps: list[tuple[str, Step]] = []
        self.hung = asyncio.Event()

    def application(self) -> Starlette:
        """The application."""
        repo = f"{API}/repos/{{owner}}/{{name}}"
        routes = [
            Route("/", self._start),
            Route("/next", self._next, methods=["POST"]),
            Route("/{owner}/{name}/pull/{number:int}", self._page),
            Route(f"{repo}/installation", self._app(self._installation)),
            Route(f"{API}/app/installations/{{id:int}}/access_tokens", self._app(self._token), methods=["POST"]),
            Route(f"{API}/installation/token", self._give_back, methods=["DELETE"]),
            Route(repo, self._api(lambda call: self._json(self.shapes.repository(call.repo)))),
            Route(f"{repo}/pulls", self._api(self._pulls)),
            Route(f"{repo}/pulls/{{number:int}}", self._api(self._pull)),
            Route(f"{repo}/pulls/{{number:int}}/files", self._api(self._files)),
            Route(f"{repo}/pulls/{{number:int}}/reviews", self._api(self._reviews), methods=["GET", "POST"]),
            Route(f"{repo}/git/blobs/{{sha}}", self._api(self._blob)),
            Route(f"{repo}/git/trees/{{sha}}", self._api(self._tree)),
            Route(f"{repo}/contents/{{path:path}}", self._api(self._contents)),
            Route(f"{repo}/commits/{{sha}}/check-runs", self._api(self._checks)),
            Route(f"{repo}/commits/{{sha}}/status", self._api(self._status)),
            Route(f"{repo}/check-runs/{{id:int}}/rerequest", self._api(self._rerun), methods=["POST"]),
            Route(f"{repo}/actions/workflows/{{file}}/dispatches", self._api(self._dispatch), methods=["POST"]),
            Route("/{rest:path}", self._nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]  # fmt: skip
        return Starlette(routes=routes)

    def _api(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            return await self._recorded(request, lambda body: answer(self._let_in(request, body)))

        return handle

    def _app(
        self, answer: Callable[[Request, dict[str, Any]], Response]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            def checked(body: dict[str, Any]) -> Response:
                if self.app_id is None or self._issuer(request) != str(self.app_id):
                    raise Refused(401, "A JSON web token could not be decoded")
                return answer(request, body)

            return await self._recorded(request, checked)

        return handle

    async def _recorded(self, request: Request, answer: Callable[[dict[str, Any]], Response]) -> Response:
        raw = await request.body()
        body: Any = json.loads(raw or b"{}")
        fault = self._fault(request)
        if fault is not None and fault.kind == "hang":
            await self.hung.wait()
        if fault is not None and fault.kind != "after":
            given = _failing(fault)
        else:
            try:
                given = answer(body)
            except Refused as refused:
                given = self._json({"message": refused.message}, refused.status)
            if fault is not None:
                given = _failing(fault)
        self._note(request, body, given, broken=fault is not None)
        return given

    def _note(self, request: Request, body: Any, given: Response, *, broken: bool) -> None:
        asked = Asked(
            request.method, request.url.path.removeprefix(API), request.url.query, dict(request.headers),
            body or None, given.status_code, bytes(given.body), broken,
        )  # fmt: skip
        self.asked.append(asked)

    def _fault(self, request: Request) -> Fault | None:
        path = request.url.path.removeprefix(API)
        for position, fault in enumerate(self.faults):
            if fault.method == request.method and re.search(fault.path, path):
                if fault.times == 1:
                    del self.faults[position]
                else:
                    self.faults[position] = replace(fault, times=fault.times - 1)
                return fault
        return None

    def _let_in(self, request: Request, body: dict[str, Any]) -> Call:
        grant = self.tokens.get(self._bearer(request))
        if grant is None:
            raise Refused(401, "Bad credentials")
        owner, name = str(request.path_params["owner"]), str(request.path_params["name"])
        repo = self.world.find(owner, name)
        if grant.repositories:
            if repo.full_name.lower() not in grant.repositories:
                raise Refused(404, "Not Found")
            part = request.url.path.removeprefix(f"{API}/repos/{owner}/{name}").strip("/").partition("/")[0]
            needed = _PERMISSION_OF.get(part)
            level = grant.permissions.get(needed, "") if needed else "read"
            if not level or (request.method != "GET" and level != "write"):
                raise Refused(403, "Resource not accessible by integration")
        return Call(request, repo, body)

    def _json(self, body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        limits = {"x-ratelimit-limit": str(PER_HOUR), "x-ratelimit-remaining": str(PER_HOUR - 1)}
        return JSONResponse(body, status, headers={**limits, **(headers or {})})

    def _bearer(self, request: Request) -> str:
        return request.headers.get("authorization", "").partition(" ")[2]

    def _issuer(self, request: Request) -> str:
        middle = self._bearer(request).split(".")[1:2]
        try:
            claims: Any = json.loads(base64.urlsafe_b64decode((middle[0] if middle else "") + "=="))
        except ValueError:
            return ""
        return str(claims.get("iss", ""))

    def _installation(self, request: Request, _body: dict[str, Any]) -> Response:
        repo = self.world.find(str(request.path_params["owner"]), str(request.path_params["name"]))
        return self._json(self.shapes.installation(repo, self.app_id or 0))

    def _token(self, request: Request, body: dict[str, Any]) -> Response:
        repos = [one for one in self.world.repos.values() if 40_000 + one.id == request.path_params["id"]]
        if not repos:
            raise Refused(404, "Not Found")
        wanted = [str(one) for one in body.get("repositories") or [repos[0].name]]
        names = frozenset(f"{repos[0].owner}/{one}".lower() for one in wanted)
        token = f"ghs_local{self.world.new_id():08d}"
        permissions = {str(key): str(value) for key, value in dict(body.get("permissions") or {}).items()}
        self.tokens[token] = Grant(names, {"metadata": "read", **permissions})
        until = (self.world.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = {
            "token": token,
            "expires_at": until,
            "permissions": permissions,
            "repository_selection": "selected",
        }
        return self._json(answer, 201)

    async def _give_back(self, request: Request) -> Response:
        def answer(_body: dict[str, Any]) -> Response:
            self.tokens.pop(self._bearer(request), None)
            return Response(status_code=204)

        return await self._recorded(request, answer)

    def _pulls(self, call: Call) -> Response:
        state = call.request.query_params.get("state", "open")
        pulls = [one for one in call.repo.pulls.values() if state in {"all", one.state}]
        pulls.sort(key=lambda one: (one.updated_at, one.number), reverse=True)
        answer = call.page([self.shapes.pull(call.repo, one, whole=False) for one in pulls])
        etag = f'W/"{hashlib.sha256(json.dumps(answer).encode()).hexdigest()}"'
        if call.request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"etag": etag})
        return self._json(answer, headers={"etag": etag})

    def _pull(self, call: Call) -> Response:
        return self._json(self.shapes.pull(call.repo, self._found(call)))

    def _files(self, call: Call) -> Response:
        pull = self._found(call)
        files = changed_files(call.repo.base, pull.head)[:3_000]
        return self._json(call.page([self.shapes.file(call.repo, pull.head.sha, one) for one in files]))

    def _reviews(self, call: Call) -> Response:
        pull = self._found(call)
        if call.request.method == "POST":
            review = posted(self.world, call.repo, pull, call.body)
            return self._json(self.shapes.review(call.repo, pull, review))
        return self._json(call.page([self.shapes.review(call.repo, pull, one) for one in pull.reviews]))

    def _blob(self, call: Call) -> Response:
        wanted = str(call.request.path_params["sha"])
        commits = [call.repo.base, *(one for pull in call.repo.pulls.values() for one in pull.commits)]
        found = next(
            (
                content
                for commit in commits
                for content in commit.files.values()
                if blob_sha(content) == wanted
            ),
            None,
        )
        if found is None:
            raise Refused(404, "Not Found")
        if "raw" in call.request.headers.get("accept", ""):
            return Response(found, media_type="application/vnd.github.raw+json")
        return self._json(self.shapes.blob(call.repo, wanted, found))

    def _tree(self, call: Call) -> Response:
        wanted = str(call.request.path_params["sha"])
        commits = [call.repo.base, *(one for pull in call.repo.pulls.values() for one in pull.commits)]
        for commit in commits:
            if commit.sha == wanted:
                return self._json(self.shapes.tree(call.repo, commit.sha, commit.files))
        raise Refused(404, "Not Found")

    def _contents(self, call: Call) -> Response:
        content = call.repo.base.files.get(str(call.request.path_params["path"]))
        if content is None:
            raise Refused(404, "Not Found")
        return Response(content, media_type="application/vnd.github.raw+json")

    def _checks(self, call: Call) -> Response:
        head = str(call.request.path_params["sha"])
        found = [one for pull in call.repo.pulls.values() for one in pull.checks if one.head == head]
        shown = call.page([self.shapes.check(call.repo, one) for one in found])
        return self._json({"total_count": len(found), "check_runs": shown})

    def _status(self, call: Call) -> Response:
        return self._json(self.shapes.statuses(call.repo, str(call.request.path_params["sha"])))

    def _rerun(self, call: Call) -> Response:
        for pull in call.repo.pulls.values():
            for run in pull.checks:
                if run.id == call.request.path_params["id"]:
                    run.status, run.conclusion, run.reruns = "queued", None, run.reruns + 1
                    return self._json({}, 201)
        raise Refused(404, "Not Found")

    def _dispatch(self, call: Call) -> Response:
        if call.body.get("ref") != call.repo.default_branch:
            raise Refused(422, f"No ref found for: {call.body.get('ref')}")
        inputs = {str(key): str(value) for key, value in dict(call.body.get("inputs") or {}).items()}
        call.repo.dispatched.append((str(call.request.path_params["file"]), call.repo.default_branch, inputs))
        return Response(status_code=204)

    def _found(self, call: Call) -> Pull:
        return self.world.pull(call.repo, call.pull_number)

    async def _start(self, _request: Request) -> Response:
        return HTMLResponse(start_page(self.world, [name for name, _ in self.steps]))

    async def _next(self, _request: Request) -> Response:
        """Do what the script says next."""
        if self.steps:
            self.steps.pop(0)[1]()
        return RedirectResponse("/", 303)

    async def _page(self, request: Request) -> Response:
        try:
            repo = self.world.find(str(request.path_params["owner"]), str(request.path_params["name"]))
            pull = self.world.pull(repo, int(request.path_params["number"]))
        except Refused as refused:
            return HTMLResponse(refused.message, refused.status)
        return HTMLResponse(pull_page(repo, pull))

    async def _nothing(self, request: Request) -> Response:
        def answer(_body: dict[str, Any]) -> Response:
            raise Refused(404, "Not Found")

        return await self._recorded(request, answer)


def _failing(fault: Fault) -> Response:
    match fault.kind:
        case "busy":
            return JSONResponse({"message": _LIMITED}, 403, headers={"retry-after": str(fault.seconds)})
        case "limited":
            return JSONResponse({"message": _LIMITED}, 403)
        case "stranger":
            return JSONResponse({"message": "Bad credentials"}, 401)
        case "nonsense":
            return Response("<html>not what you wanted</html>", media_type="text/html")
        case "other":
            return Response("import os\n", media_type="application/vnd.github.raw+json")
        case _:
            return JSONResponse({"message": "Server Error"}, 502)
