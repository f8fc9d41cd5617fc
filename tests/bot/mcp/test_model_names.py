"""Names of tools for models: within every provider's limits, never shared, found again."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.mcp.model_names import by_model_name, model_name
from bot.mcp.results import ToolInfo

_ALLOWED = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_AWKWARD = st.text(alphabet="ab_-./\u200b\u202eé ", max_size=80)


def test_plain_names_stay_readable() -> None:
    assert model_name("feeds", "search_feeds") == "feeds__search_feeds"
    assert model_name("my-git", "git_log") == "my-git__git_log"


def test_two_servers_cannot_share_a_name_by_where_they_are_cut() -> None:
    names = {
        model_name(*pair) for pair in [("a", "b__c"), ("a__b", "c"), ("a_", "b"), ("a", "_b"), ("a", "b")]
    }
    assert len(names) == 5


@given(st.lists(st.tuples(_AWKWARD, _AWKWARD), unique=True, max_size=30))
def test_any_names_fit_providers_and_lead_back(pairs: list[tuple[str, str]]) -> None:
    tools = [ToolInfo(server, name, "", {}) for server, name in pairs]
    named = by_model_name(tools)
    assert list(named.values()) == tools
    assert all(_ALLOWED.fullmatch(name) for name in named)


def test_a_tool_cannot_take_the_hashed_name_of_another() -> None:
    wanted = model_name("bank", "pay me")
    server, _, rest = wanted.partition("__")
    assert model_name(server, rest) != wanted
