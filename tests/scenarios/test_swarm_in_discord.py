"""What people want from a swarm of agents in Discord, one story each, told as it happens in front of them."""

import pytest

from tests.scenarios.conftest import Swarm

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]


async def test_a_channel_is_a_queue_that_an_agent_works_off(swarm: Swarm) -> None:
    await swarm.makes_queue("code-review-queue", agents="reviewer")
    bo = await swarm.bo.in_channel("code-review-queue")
    review = swarm.model.will_hold("Line 3 divides by zero.")

    asked = await bo.say("Please review pull request 17")

    thread = await bo.in_thread_of(asked)
    await thread.hears("👀 **Reviewer** has it.")
    await review.asked()
    await bo.sees_reaction(asked, "⚙️")  # it is at it
    review.release()
    await thread.hears("Line 3 divides by zero.", by="Reviewer")
    await bo.sees_reaction(asked, "✅")


async def test_each_task_has_a_thread_with_all_that_was_said_about_it(swarm: Swarm) -> None:
    await swarm.makes_queue("requests")
    fence = await swarm.bo.say("Paint the fence\nThe one by the harbour")
    roof = await swarm.bo.say("Mend the roof")

    about_fence = await swarm.chen.in_thread_of(fence)
    about_roof = await swarm.chen.in_thread_of(roof)
    assert swarm.chen.client.channels[fence.id]["name"] == "Paint the fence"
    await about_fence.hears("Task **#1** is 📥 available")
    await about_roof.hears("Task **#2** is 📥 available")
    await swarm.chen.react(fence, "👀")
    await about_fence.hears("has it")
    await about_fence.say("Which colour?")
    await (await swarm.bo.in_thread_of(fence)).say("Green, please")
    await swarm.chen.react(fence, "✅")
    await about_fence.hears("✅ Done by")

    told = " ".join(message.text for message in await about_fence.history())
    for part in ("has it", "Which colour?", "Green, please", "Done by"):
        assert part in told
    assert "colour" not in " ".join(message.text for message in await about_roof.history())
    assert "colour" not in " ".join(message.text for message in await swarm.bo.history())


async def test_two_reach_for_a_task_and_one_has_it(swarm: Swarm) -> None:
    await swarm.makes_queue("requests")
    asked = await swarm.ada.say("Who wants to sort the ropes?")
    await swarm.ada.sees_reaction(asked, "📥")

    await swarm.bo.react(asked, "👀")
    await swarm.ada.sees_reaction(asked, "👀")
    await swarm.chen.react(asked, "👀")

    thread = await swarm.chen.in_thread_of(asked)
    await thread.hears(f"👀 <@{swarm.bo.user_id}> has it.")
    refused = await thread.hears("is taken")
    assert f"<@{swarm.chen.user_id}> #1 is taken: Bo has it." in refused.text


async def test_a_task_goes_to_the_agent_that_can_do_it(swarm: Swarm) -> None:
    await swarm.makes_queue("requests", agents="reviewer\ndesigner\ndeployer")
    swarm.model.will_say("Here is a mockup.")

    await swarm.bo.slash("task", text="A nicer button", needs="ui")
    button = await swarm.bo.hears("A nicer button")
    thread = await swarm.bo.in_thread_of(button)
    await thread.hears("Designer")
    await thread.hears("Here is a mockup.", by="Designer")
    await swarm.bo.sees_reaction(button, "✅")

    await swarm.bo.slash("task", text="A trip to the moon", needs="rocket")
    moon = await swarm.bo.hears("A trip to the moon")
    stuck = await (await swarm.bo.in_thread_of(moon)).hears("It waits")
    assert "needs rocket" in stuck.text


async def test_each_kind_of_work_has_its_queue(swarm: Swarm) -> None:
    queues = {"code-review-queue": "reviewer", "design-tasks": "designer", "deployment-requests": "deployer"}
    for channel, agent in queues.items():
        await swarm.makes_queue(channel, agents=agent)

    for channel, agent in queues.items():
        swarm.model.will_say(f"Done by the {agent}.")
        here = await swarm.bo.in_channel(channel)
        asked = await here.say(f"Work for {channel}")
        await (await here.in_thread_of(asked)).hears(f"Done by the {agent}.", by=agent.capitalize())
        await here.sees_reaction(asked, "✅")

    await swarm.makes_queue("requests")
    await swarm.bo.slash("tasks board")
    board = await swarm.bo.hears("Board of")
    for number in range(3):
        await swarm.bo.say(f"Nobody does number {number}")
    board = await swarm.bo.sees(board, "📥 3 available")  # that a queue grows is seen at once
    assert "The oldest waits since" in board.text


async def test_who_falls_silent_loses_the_task_and_the_next_has_it(swarm: Swarm) -> None:
    await swarm.makes_queue("requests")
    asked = await swarm.bo.say("Watch the pots")
    await swarm.chen.react(asked, "👀")
    thread = await swarm.bo.in_thread_of(asked)
    await thread.hears(f"<@{swarm.chen.user_id}> has it.")

    await swarm.time_passes_in_silence()

    told = await thread.hears("silent for too long, so it is available again")
    assert told.buttons == ["Claim"]
    await thread.click(told, "Claim")
    await thread.hears(f"<@{swarm.bo.user_id}> has it.")
    await swarm.chen.react(asked, "✅")  # too late: it is not Chen's any more
    assert f"<@{swarm.chen.user_id}> Only Bo" in (await thread.hears("Only Bo")).text
    await swarm.bo.react(asked, "✅")
    await thread.hears(f"✅ Done by <@{swarm.bo.user_id}>")
    said = [message.text for message in await thread.history()]
    assert sum("silent for too long" in text for text in said) == 1


async def test_work_goes_to_the_queue_for_what_it_takes(swarm: Swarm) -> None:
    queues = {"design-tasks": "ui", "code-review-queue": "code\nui", "deployment-requests": "infra"}
    for channel, offered in queues.items():
        await swarm.makes_queue(channel, needs=offered)
    design, code = [await swarm.bo.in_channel(name) for name in ("design-tasks", "code-review-queue")]

    told = await (await swarm.bo.slash("task", text="A nicer button", needs="UI")).answer()
    assert f"<#{design.channel_id}>" in told.text  # both could, and this one offers nothing else
    await design.hears("A nicer button")

    told = await (await swarm.bo.slash("task", text="A button that works", needs="ui, code")).answer()
    assert f"<#{code.channel_id}>" in told.text
    await code.hears("A button that works")

    told = await (await swarm.bo.slash("task", text="A trip to the moon", needs="rocket")).answer()
    assert "Please say which queue" in told.text


async def test_the_lowest_bid_has_the_task_and_nobody_sees_bids_before(swarm: Swarm) -> None:
    await swarm.makes_queue("code-review-queue", agents="reviewer")
    await swarm.makes_queue("requests", agents="reviewer\ndeployer", strategy="auction")
    review = swarm.model.will_hold("Line 3 divides by zero.")
    await (await swarm.bo.in_channel("code-review-queue")).say("Please review pull request 17")
    await review.asked()  # so the reviewer is not free

    asked = await swarm.bo.say("Who moves the site to the new server?")
    thread = await swarm.chen.in_thread_of(asked)
    call = await thread.hears("Auction 1")
    await thread.sees(call, "**2** so far")  # the agents bid at once
    form = await thread.click(call, "Bid")
    await thread.submit(form, minutes="25", dollars="0")
    await thread.sees(call, "**3** so far")
    said = " ".join(one.text for one in await thread.history())
    assert "25 min" not in said
    assert "opened now" not in said

    swarm.model.will_say("It is moved.")
    await swarm.bids_are_over()
    opened = await thread.hears("**3 bids**, opened now")
    places = [line for line in opened.text.splitlines() if line[:1].isdecimal()]
    assert [line.split("**")[1] for line in places] == ["Deployer", "Reviewer", f"<@{swarm.chen.user_id}>"]
    assert "until free" in places[1]
    assert "25.0 min" in places[2]
    won = await thread.hears("🏆")
    assert "**Deployer** gets it: the lowest of 3 bids" in won.text
    await thread.hears("It is moved.", by="Deployer")
    await swarm.bo.sees_reaction(asked, "✅")
    review.release()


async def test_two_that_wait_for_each_other_are_told_and_one_lets_go(swarm: Swarm) -> None:
    await swarm.makes_queue("requests")
    hull, mast = await swarm.bo.say("Paint the hull"), await swarm.chen.say("Oil the mast")
    for person, task, thing in ((swarm.bo, hull, "boat"), (swarm.chen, mast, "ladder")):
        await person.sees_reaction(task, "📥")
        await person.react(task, "👀")
        await (await person.in_thread_of(task)).hears("has it")
        number = "1" if task is hull else "2"
        told = await (await person.slash("tasks reserve", task=number, name=thing)).answer()
        assert f"{thing} is reserved for #{number}" in told.text

    told = await (await swarm.bo.slash("tasks reserve", task="1", name="ladder")).answer()
    assert "#2 has ladder now" in told.text
    told = await (await swarm.chen.slash("tasks reserve", task="2", name="boat")).answer()
    assert "#1 has boat now" in told.text
    await swarm.the_bot_looks_around()

    circle = await swarm.somebody_hears("This work waits for itself")
    assert "#1 needs ladder, which #2 has." in circle.text
    assert "#2 needs boat, which #1 has." in circle.text
    assert sorted(circle.buttons) == ["Take boat from #1", "Take ladder from #2"]
    await swarm.bo.click(circle, "Take boat from #1")
    await swarm.bo.sees(circle, "That is over: it can go on.")
    told = await (await swarm.chen.slash("tasks reserve", task="2", name="boat")).answer()
    assert "boat is reserved for #2" in told.text


async def test_a_backlog_calls_for_help_until_it_is_worked_off(swarm: Swarm) -> None:
    await swarm.makes_queue("requests", alarm_tasks="1", alarm_role="Helpers", backup="deployer")
    first = await swarm.bo.say("Sort the ropes")
    await swarm.bo.sees_reaction(first, "📥")
    sorting = swarm.model.will_hold("They are sorted.")
    second = await swarm.bo.say("Count the buoys")

    call = await swarm.bo.hears("Help is needed here")
    assert "2 tasks wait for somebody." in call.text
    assert f"{swarm.role('Helpers')}, can you take some?" in call.text
    assert call.raw["mention_roles"]
    await sorting.asked()  # the agent that helps out has the older one
    await swarm.chen.react(second, "👀")
    await (await swarm.bo.in_thread_of(second)).hears(f"<@{swarm.chen.user_id}> has it.")
    await swarm.bo.sees(call, "Over since")
    sorting.release()
    await (await swarm.bo.in_thread_of(first)).hears("They are sorted.", by="Deployer")
    assert len([one for one in await swarm.bo.history() if "Help is needed" in one.text]) == 1
