"""What everybody in one place can read in another, against trying everybody there could be."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from bot.mirror.audience import Audience
from bot.mirror.permissions import HISTORY, VIEW, Reader, in_channel, reads
from bot.mirror.picture import CATEGORY, PRIVATE_THREAD, Channel, Guild, Overwrite, Picture, Role
from tests.bot.mirror.pictures import GUILD, ME, MY_ROLE, OWNER, ROLES, everybody_there_could_be, pictures

EVERYBODY = list(everybody_there_could_be())


def _tried(picture: Picture, place: Channel, other: Channel) -> bool:
    return all(
        reads(in_channel(picture, who, other), other)
        for who in EVERYBODY
        if in_channel(picture, who, place) & VIEW
    )


@given(pictures())
@settings(max_examples=150, deadline=None)
def test_it_is_claimed_just_where_it_holds_for_everybody_there_could_be(picture: Picture) -> None:
    audience = Audience(picture)
    for place in picture.channels.values():
        for other in picture.channels.values():
            claimed = audience.all_can_read(place, other)
            assert claimed == _tried(picture, place, other), (place, other)


def _guild(everyone: int, *channels: Channel) -> Picture:
    roles = [Role(GUILD, "@everyone", everyone), *(Role(one, str(one), 0) for one in ROLES)]
    roles.append(Role(MY_ROLE, "me", 0, bot_id=ME))
    return Picture(
        Guild(GUILD, "g", OWNER),
        1,
        ME,
        {role.id: role for role in roles},
        {each.id: each for each in channels},
    )


READ = VIEW | HISTORY
HIDDEN = Overwrite(is_member=False, target_id=GUILD, allow=0, deny=VIEW)
MODS = Overwrite(is_member=False, target_id=ROLES[0], allow=VIEW, deny=0)
NOT_NEWCOMERS = Overwrite(is_member=False, target_id=ROLES[1], allow=0, deny=VIEW)
BOT = Overwrite(is_member=False, target_id=MY_ROLE, allow=VIEW, deny=0)


def _channel(number: int, *overwrites: Overwrite, kind: int = 0) -> Channel:
    return Channel(number, GUILD, None, kind, overwrites=overwrites)


def test_what_people_would_expect() -> None:
    general, mods, also_mods = _channel(100), _channel(101, HIDDEN, MODS, BOT), _channel(102, HIDDEN, MODS)
    older = _channel(103, NOT_NEWCOMERS)
    picture = _guild(READ, general, mods, also_mods, older, _channel(104, kind=CATEGORY))
    audience = Audience(picture)
    assert audience.readable_by_all_of(general) == {100}
    # A moderator who is a newcomer, too, does not see 103.
    assert audience.readable_by_all_of(mods) == {100, 101, 102}
    assert audience.readable_by_all_of(older) == {100, 103}


def test_control_the_rule_of_open_channels_tells_newcomers_what_they_may_not_read() -> None:
    general, older = _channel(100), _channel(103, NOT_NEWCOMERS)
    picture = _guild(READ, general, older)
    newcomer = Reader(29, frozenset({ROLES[1]}))
    assert reads(in_channel(picture, Reader(0), older), older), "it is open to everybody"
    assert in_channel(picture, newcomer, general) & VIEW, "and they see what is answered here"
    assert not reads(in_channel(picture, newcomer, older), older)
    assert not Audience(picture).all_can_read(general, older)


def test_who_sees_a_place_without_its_history_is_not_told_it() -> None:
    no_history = Overwrite(is_member=False, target_id=GUILD, allow=0, deny=HISTORY)
    assert Audience(_guild(READ, _channel(100, no_history))).readable_by_all_of(_channel(100)) == frozenset()


def test_what_is_not_known_is_claimed_by_nobody() -> None:
    general, unknown = _channel(100), Channel(101, GUILD, None, 0)
    audience = Audience(_guild(READ, general, unknown))
    assert audience.readable_by_all_of(general) == {100}
    assert audience.readable_by_all_of(unknown) == frozenset()
    assert audience.readable_by_all_of(Channel(102, GUILD, None, 11)) == frozenset()
    assert audience.readable_by_all_of(Channel(102, GUILD, 999, 11)) == frozenset()
    assert audience.readable_by_all_of(Channel(102, GUILD + 1, 100, 11)) == frozenset()


def test_threads_are_read_as_their_channel_and_private_ones_only_in_themselves() -> None:
    general = _channel(100)
    public, private = Channel(201, GUILD, 100, 11), Channel(202, GUILD, 100, PRIVATE_THREAD)
    other = Channel(203, GUILD, 100, PRIVATE_THREAD)
    audience = Audience(_guild(READ, general))
    assert audience.readable_by_all_of(public) == {100}
    assert audience.readable_by_all_of(private) == {100, 202}
    assert audience.all_can_read(public, general)
    assert audience.all_can_read(private, public)
    assert not audience.all_can_read(public, private)
    assert not audience.all_can_read(other, private)


def test_voice_channels_are_read_by_all_only_of_themselves() -> None:
    general, voice = _channel(100), _channel(101, kind=2)
    audience = Audience(_guild(READ, general, voice))
    assert audience.readable_by_all_of(general) == {100}
    assert audience.readable_by_all_of(voice) == {100, 101}


@pytest.mark.parametrize("restricted", [False, True])
def test_age_restricted_channels_are_for_places_of_the_same_age(*, restricted: bool) -> None:
    adults = replace(_channel(101), nsfw=True)
    place = replace(_channel(100), nsfw=restricted)
    assert (101 in Audience(_guild(READ, place, adults)).readable_by_all_of(place)) is restricted
