"""The plugin's own test, with the fixtures that cogswarm ships."""
from cogswarm_standup import standup

async def test_it(bot_with, member):
    await bot_with(standup)
    await member.say("login page shipped")
    thread = await member.slash("standup")
    assert "login page" in (await thread.next()).text
