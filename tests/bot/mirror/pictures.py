"""Guilds as hypothesis makes them, and who there could be in them."""

from collections.abc import Iterator
from itertools import combinations

from hypothesis import strategies as st

from bot.mirror.permissions import ADMINISTRATOR, HISTORY, VIEW, Reader
from bot.mirror.picture import Channel, Guild, Overwrite, Picture, Role

GUILD, OWNER, ME, MY_ROLE = 1, 2, 3, 4
ROLES = (11, 12, 13, 14)
PEOPLE = (21, 22)
STRANGER = 29
"""A member of whom no channel says anything."""

few_bits = st.sampled_from([0, VIEW, HISTORY, VIEW | HISTORY])
role_bits = st.one_of(few_bits, few_bits, few_bits, st.just(ADMINISTRATOR))


@st.composite
def overwrites(draw: st.DrawFn) -> tuple[Overwrite, ...]:
    targets = draw(
        st.lists(st.sampled_from([GUILD, MY_ROLE, *ROLES, OWNER, ME, *PEOPLE]), unique=True, max_size=5)
    )
    return tuple(
        sorted(
            Overwrite(target in {OWNER, ME, *PEOPLE}, target, draw(few_bits), draw(few_bits))
            for target in targets
        )
    )


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    roles = [Role(GUILD, "@everyone", draw(role_bits)), Role(MY_ROLE, "me", draw(role_bits), bot_id=ME)]
    roles += [Role(role_id, str(role_id), draw(role_bits)) for role_id in ROLES]
    channels = [
        Channel(100 + number, GUILD, None, draw(st.sampled_from([0, 5, 15])), overwrites=draw(overwrites()))
        for number in range(3)
    ]
    return Picture(
        Guild(GUILD, "g", OWNER),
        1,
        ME,
        {role.id: role for role in roles},
        {each.id: each for each in channels},
    )


def everybody_there_could_be() -> Iterator[Reader]:
    """Members with any roles; the bot's own role is nobody else's."""
    for person in (OWNER, STRANGER, *PEOPLE):
        for count in range(len(ROLES) + 1):
            for roles in combinations(ROLES, count):
                yield Reader(person, frozenset(roles))
