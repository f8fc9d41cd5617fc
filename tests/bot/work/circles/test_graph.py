"""What is found to be stuck is what a search through all that could happen finds, in random graphs of waiting."""

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.work.circles.graph import circles, stuck
from tests.sizes import size

MANY = size("random graphs of waiting", small=150, stated=5_000)
NODES = 7

type Graph = dict[int, list[tuple[int, ...]]]

groups = st.lists(
    st.lists(st.integers(0, NODES - 1), min_size=1, max_size=3, unique=True).map(tuple),
    min_size=0,
    max_size=3,
)
graphs = st.dictionaries(st.integers(0, NODES - 1), groups, max_size=NODES)
plain_graphs = st.dictionaries(
    st.integers(0, NODES - 1),
    st.lists(st.integers(0, NODES - 1), unique=True, max_size=3).map(lambda many: [(one,) for one in many]),
    max_size=NODES,
)


def played(graph: Graph) -> set[int]:
    """What is left when all that can end has ended, one after the other, in the order of a real world's luck."""
    waiting = {node: [set(group) for group in wanted] for node, wanted in graph.items()}
    waiting |= {
        other: [] for wanted in graph.values() for group in wanted for other in group if other not in graph
    }
    ended: set[int] = set()
    while True:
        able = [
            node for node in waiting if node not in ended and all(group & ended for group in waiting[node])
        ]
        if not able:
            return set(waiting) - ended
        ended.add(able[-1])


def on_a_circle(graph: Graph) -> set[int]:
    """By brute force over every order of every set of nodes: who stands on a circle of groups of one."""
    edges = {(node, group[0]) for node, wanted in graph.items() for group in wanted}
    nodes = sorted({end for edge in edges for end in edge})
    return {
        node
        for length in range(1, len(nodes) + 1)
        for way in permutations(nodes, length)
        if all((way[at], way[(at + 1) % length]) in edges for at in range(length))
        for node in way
    }


@settings(max_examples=MANY, deadline=None)
@given(graphs)
def test_what_is_stuck_is_what_never_ends(graph: Graph) -> None:
    dead = stuck(graph)
    assert dead == played(graph)
    found = circles(graph)
    assert bool(found) == bool(dead)
    for circle in found:
        assert len(set(circle)) == len(circle)
        for node, after in zip(circle, (*circle[1:], circle[0]), strict=True):
            assert node in dead
            assert any(after in group and dead.issuperset(group) for group in graph[node])


@settings(max_examples=MANY, deadline=None)
@given(plain_graphs)
def test_without_choices_it_is_circles_and_what_waits_for_them(graph: Graph) -> None:
    on = on_a_circle(graph)
    found = circles(graph)
    assert {node for circle in found for node in circle} <= on
    # each tangle is named: whoever is on a circle can walk to a named one and back
    behind = {node for node in stuck(graph) if node in on}
    assert behind == on
    assert bool(found) == bool(on)
    broken = {node: wanted for node, wanted in graph.items() if not any(node in circle for circle in found)}
    assert len(stuck(broken)) < len(stuck(graph)) or not found


def test_a_choice_that_is_left_is_no_circle() -> None:
    assert stuck({1: [(2, 3)], 2: [(1,)]}) == frozenset()  # 3 goes on, so 1 does, so 2 does
    assert circles({1: [(2, 3)], 2: [(1,)], 3: [(1,)]}) in ([(1, 2)], [(1, 3)])
    assert circles({1: [(2,)], 2: [(3,)], 3: [(2,)]}) == [(2, 3)]  # 1 is only behind it
    assert circles({1: [(1,)]}) == [(1,)]


def test_a_long_chain_is_no_recursion() -> None:
    many = 20_000
    assert (
        len(circles({node: [((node + 1) % many,)] for node in range(many)} | {0: [(1,)], 1: [(0,)]})[0]) == 2
    )
