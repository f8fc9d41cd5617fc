"""What waits for what, as a graph: which of it can never go on, and the circles that are to blame.

Something that waits goes on when it has one of each of its groups: a task that needs two others has two groups of one,
work that goes on when any of three ends has one group of three. What waits for nothing goes on by itself. (For groups of
one this is a cycle in a wait-for graph; with choices it is a knot. Knapp, *Deadlock Detection in Distributed Databases*,
1987, calls them the AND and the AND-OR model.)
"""

from collections import defaultdict, deque
from collections.abc import Collection, Hashable, Mapping, Sequence

type Waits[N: Hashable] = Mapping[N, Sequence[Collection[N]]]
"""The groups that something waits for; what is not in it waits for nothing."""


def stuck[N: Hashable](waits: Waits[N]) -> frozenset[N]:
    """What can never go on, however long one waits; in time that grows with the number of waits."""
    lacking = {node: len(groups) for node, groups in waits.items()}
    wanted: dict[N, list[tuple[N, int]]] = defaultdict(list)
    for node, groups in waits.items():
        for number, group in enumerate(groups):
            for other in set(group):
                wanted[other].append((node, number))
    everything = waits.keys() | wanted.keys()
    going = deque(node for node in everything if not lacking.get(node))
    free, had = set(going), set[tuple[N, int]]()
    while going:
        for node, number in wanted[going.popleft()]:
            if (node, number) in had:
                continue
            had.add((node, number))
            lacking[node] -= 1
            if not lacking[node]:
                free.add(node)
                going.append(node)
    return frozenset(everything - free)


def circles[N: Hashable](waits: Waits[N]) -> list[tuple[N, ...]]:
    """A shortest circle in each tangle of what is stuck: each waits for the one after it, the last for the first.

    What is only behind a circle is in none. Where one circle is broken another may be left in the same tangle.
    """
    dead = stuck(waits)
    # Of a group that is needed and can never come, every member holds up; other groups come, or came, by themselves.
    on = {
        node: [other for group in waits[node] if dead.issuperset(group) for other in dict.fromkeys(group)]
        for node in waits
        if node in dead
    }
    return [_shortest(on, part) for part in _tangles(on) if len(part) > 1 or part[0] in on[part[0]]]


def _tangles[N: Hashable](on: Mapping[N, Sequence[N]]) -> list[list[N]]:
    """The strongly connected parts (Tarjan's algorithm, without recursion)."""
    order: dict[N, int] = {}
    low: dict[N, int] = {}
    path: list[N] = []
    open_: set[N] = set()
    parts: list[list[N]] = []
    for start in on:
        if start in order:
            continue
        work = [(start, iter(on[start]))]
        order[start] = low[start] = len(order)
        path.append(start)
        open_.add(start)
        while work:
            node, others = work[-1]
            for other in others:
                if other not in order:
                    order[other] = low[other] = len(order)
                    path.append(other)
                    open_.add(other)
                    work.append((other, iter(on.get(other, ()))))
                    break
                if other in open_:
                    low[node] = min(low[node], order[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    part: list[N] = []
                    while not part or part[-1] != node:
                        part.append(path.pop())
                        open_.discard(part[-1])
                    parts.append(part[::-1])
    return parts


def _shortest[N: Hashable](on: Mapping[N, Sequence[N]], part: Sequence[N]) -> tuple[N, ...]:
    """A shortest circle within a strongly connected part."""
    inside, best = set(part), tuple[N, ...]()
    for start in part:
        before: dict[N, N] = {}
        ahead = deque([start])
        while ahead and start not in before:
            node = ahead.popleft()
            for other in on[node]:
                if other in inside and other not in before:
                    before[other] = node
                    ahead.append(other)
        way = [start]
        while (node := before[way[-1]]) != start:
            way.append(node)
        way.append(start)
        found = tuple(reversed(way[1:]))
        if not best or len(found) < len(best):
            best = found
    return best
