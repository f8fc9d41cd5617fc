"""Decides whether everybody who can see one place can read another, from roles and overwrites alone.

Nobody's roles are known but the asker's, so what is claimed holds for members with any roles whatever. One bit of one
channel depends on few sets of roles: a member has it who has a role of ``allow``; or who has none of ``deny`` and,
unless everybody has it, one of ``base``. Whoever sees one place and cannot read the other is therefore somebody who
has a role out of each of at most two sets and no role of a third, and whether there can be such a one is decided
exactly: each set must have a role that is not in the third.

What is not claimed though it may be true: roles that nobody has count as if somebody had, a private thread's audience
counts as that of its channel, and a private thread and a voice channel (which members who are timed out cannot enter)
are read by all of no other place than itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bot.mirror.permissions import ADMINISTRATOR, HISTORY, VIEW
from bot.mirror.picture import CATEGORY, PRIVATE_THREAD, VOICE, Channel, Overwrite, Picture

NOBODY: frozenset[int] = frozenset()
_OF_THEIR_OWN = VOICE | {PRIVATE_THREAD}

type Effect = Literal["allow", "deny", "none"]


@dataclass(frozen=True, slots=True)
class _Case:
    """Members with a role out of each of ``hits`` and none of ``avoids``."""

    hits: tuple[frozenset[int], ...] = ()
    avoids: frozenset[int] = NOBODY

    def and_also(self, other: "_Case") -> "_Case":
        return _Case(self.hits + other.hits, self.avoids | other.avoids)

    def possible(self, beyond: frozenset[int]) -> bool:
        """Whether such a member can exist, being none with a role of ``beyond``."""
        return all(roles - self.avoids - beyond for roles in self.hits)


@dataclass(frozen=True, slots=True)
class _Rule:
    """Who has one permission in one channel; see the module."""

    allow: frozenset[int]
    deny: frozenset[int]
    base: frozenset[int]
    everybody: bool

    def granted(self, effect: Effect) -> Iterator[_Case]:
        """The members who have it, if an overwrite of their own does this."""
        if effect == "allow":
            yield _Case()
        elif effect == "none":
            yield _Case((self.allow,))
            yield _Case(() if self.everybody else (self.base,), self.deny)

    def missing(self, effect: Effect) -> Iterator[_Case]:
        """The members who do not have it."""
        if effect == "deny":
            yield _Case()
        elif effect == "none":
            yield _Case((self.deny,), self.allow)
            if not self.everybody:
                yield _Case((), self.allow | self.base)


class Audience:
    """The audiences of one guild's places. Made anew for each version, it is asked for many channels."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._rules: dict[tuple[int, int], _Rule] = {}
        self._bases: dict[int, frozenset[int]] = {}
        mine = frozenset(role.id for role in picture.roles.values() if role.bot_id == picture.me)
        self._passed_over = mine | self._with(ADMINISTRATOR)

    def all_can_read(self, place: Channel, other: Channel) -> bool:
        """Whether everybody who can see ``place`` (and with it an answer given there) can read ``other``."""
        picture = self._picture
        here, there = picture.base_of(place), picture.base_of(other)
        if here is None or there is None or (other.kind in _OF_THEIR_OWN and other.id != place.id):
            return False
        if there.nsfw and not here.nsfw:
            return False
        if picture.everyone & ADMINISTRATOR:
            return True
        if here.overwrites is None or there.overwrites is None:
            return False
        seen = self._rule(here, here.overwrites, VIEW)
        return not any(
            case.and_also(lacking).possible(self._passed_over)
            for bit in (VIEW, HISTORY)
            for own_here, own_there in self._kinds_of_members(here.overwrites, there.overwrites, bit)
            for case in seen.granted(own_here)
            for lacking in self._rule(there, there.overwrites, bit).missing(own_there)
        )

    def readable_by_all_of(self, place: Channel) -> frozenset[int]:
        """The channels (with their public threads) that everybody who can see ``place`` can read; and itself."""
        found = {
            channel.id
            for channel in self._picture.channels.values()
            if channel.kind != CATEGORY and self.all_can_read(place, channel)
        }
        if place.kind == PRIVATE_THREAD and place.parent_id in found:
            found.add(place.id)
        return frozenset(found)

    def _rule(self, channel: Channel, overwrites: tuple[Overwrite, ...], bit: int) -> _Rule:
        key = (channel.id, bit)
        if key not in self._rules:
            of_roles = [o for o in overwrites if not o.is_member]
            everyone = next((o for o in of_roles if o.target_id == self._picture.guild.id), None)
            said = "none" if everyone is None else _effect(everyone, bit)
            of_roles = [o for o in of_roles if o is not everyone]
            self._rules[key] = _Rule(
                allow=frozenset(o.target_id for o in of_roles if o.allow & bit),
                deny=frozenset(o.target_id for o in of_roles if o.deny & bit),
                base=self._with(bit) if said == "none" else NOBODY,
                everybody=said == "allow" or (said == "none" and bool(self._picture.everyone & bit)),
            )
        return self._rules[key]

    def _with(self, bit: int) -> frozenset[int]:
        if bit not in self._bases:
            self._bases[bit] = frozenset(
                role.id
                for role in self._picture.roles.values()
                if role.permissions & bit and role.id != self._picture.guild.id
            )
        return self._bases[bit]

    def _kinds_of_members(
        self, here: tuple[Overwrite, ...], there: tuple[Overwrite, ...], bit: int
    ) -> set[tuple[Effect, Effect]]:
        """What members' own overwrites do to seeing the one place and to ``bit`` in the other, each pair once."""
        exempt = {self._picture.guild.owner_id, self._picture.me}
        in_here: dict[int, Effect] = {o.target_id: _effect(o, VIEW) for o in here if o.is_member}
        in_there: dict[int, Effect] = {o.target_id: _effect(o, bit) for o in there if o.is_member}
        found: set[tuple[Effect, Effect]] = {("none", "none")}
        for member in (in_here.keys() | in_there.keys()) - exempt:
            found.add((in_here.get(member, "none"), in_there.get(member, "none")))
        return found


def _effect(overwrite: Overwrite, bit: int) -> Effect:
    """What an overwrite does to a permission; to allow is applied last."""
    return "allow" if overwrite.allow & bit else "deny" if overwrite.deny & bit else "none"
