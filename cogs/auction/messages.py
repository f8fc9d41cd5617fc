"""Everything that the auction cog says; English."""

SUMMARY = "Auctions of tasks: people and agents bid sealed, the lowest bid gets it, and estimates are held against the end"

MINUTES, MINUTES_HELP = "Minutes for bids", "For how long bids are taken"
DOLLAR, DOLLAR_HELP = "Minutes that a dollar is worth", "How much a bid's cost counts beside its time"
FALLBACK = "Where nobody bids"
FALLBACK_HELP = "Leave the task to people, or let the queue choose the fittest or the less busy of two agents"
VETO_OVER = "Ask before it costs more, in US dollars"
VETO_OVER_HELP = "People can object to a winner who is expected to cost more; 0: never asks"
VETO_MINUTES, VETO_MINUTES_HELP = "Minutes to object", "For how long people can object to a costly winner"
VETO_ROLE = "Who can object"
VETO_ROLE_HELP = "A role; whoever may manage the server always can"
AFTER_VETO = "After an objection"
AFTER_VETO_HELP = "Whether the runner-up gets it or bids are called for again"

AUCTION = "Call for bids: who does this best for the least?"
AUCTION_TEXT, AUCTION_TASK = "What is to be done", "Or a task that is there and that nobody has"
AUCTION_MINUTES = "For how many minutes bids are taken"
AUCTION_QUEUE = "The queue; left out: this channel, or the only queue there is"
AUCTIONS = "See auctions, bid, reckon one again, or end it"
LIST, SHOW = "List auctions", "All about one auction: every bid, who got it and why, and what it then took"
REPLAY = "Reckon an auction again from what is stored, and say whether it is what was awarded"
CANCEL, BID, TAKE_BACK = (
    "End an auction before anybody has the task",
    "Bid in an auction",
    "Take your bid back",
)
WHICH = "Choose one from the list, or type its number"
BID_MINUTES, BID_DOLLARS = "How many minutes it will take you", "What it will cost, in US dollars"

BUTTON_BID, BUTTON_BACK, BUTTON_VETO = "Bid", "Take my bid back", "Object"
FORM_TITLE = "Your bid"
FORM_MINUTES, FORM_MINUTES_HINT = "How many minutes will it take you?", "Such as 20, or 1.5"
FORM_DOLLARS, FORM_DOLLARS_HINT = "What will it cost, in US dollars?", "0 where it costs nothing"

ANNOUNCED = "📋 **{title}**\n-# Task #{number}, asked for by <@{who}>"
CALLED = "Auction {number} has begun: bids are taken until <t:{when}:t>. Follow it in <#{queue}>, in the task's thread."
WHAT = "Please say what is to be done, or choose a task."
NOT_BOTH = "Please write a text or choose a task, not both."
NOT_A_QUEUE = (
    "<#{queue}> is no queue. Somebody who manages this server can make it one with `/cogs config cog:tasks`."
)
NO_QUEUES = "There is no queue on this server yet. Somebody who manages it can make a channel one with `/cogs config cog:tasks`."
WHICH_QUEUE = "Please say which queue: {queues}."
CHOOSE = "I do not know which auction you mean; please choose one from the list that opens while you type."
CHOOSE_TASK = "I do not know which task you mean; please choose one from the list that opens while you type."
GONE = "I do not know that auction any more."
RESERVED = "An auction decides who gets #{number}: bid in its thread, or wait until it closes."

CALL = "🔔 **Auction {number}: {title}**\nThe lowest bid gets it. {terms}"
CALL_OPEN = "Bids are sealed until <t:{when}:T> (<t:{when}:R>). **{count}** so far."
CALL_CLOSED = "Closed <t:{when}:R>, {bids}. {outcome}"
CALL_CANCELLED = "Ended by somebody before it was decided."
TERMS = (
    "A bid is the minutes until you can begin (measured) + the minutes that you need + {dollar:g} minutes for each dollar. "
    "Where your earlier estimates were too low, it counts for more."
)
CALL_TIES = "-# Ties go to the lowest SHA-256 of `{seed}:bidder`. Before the close nobody can read a bid, the bot included."
BUS_CALL = """\
CALL FOR BIDS: auction {number}. The lowest bid gets the task. Bids are taken until {until}.
Task #{task}: {text}"""
BUS_ASKED = ("CALL FOR BIDS: auction", "[how to answer]")
"""Whoever repeats one of these repeats the call, numbers and all, and does not bid."""
BUS_FORM = """\
[how to answer] Write {{ack_for: <request_id>, ok: true}} and then your bid as JSON: {{"minutes": 12, "dollars": 0.05, \
"confidence": 0.9}}. "minutes" is what the task will take you, "dollars" what it will cost, "confidence" how sure you are, from 0 \
to 1; the last two can be left out. "12 minutes, $0.05, 90% sure" is a bid, too; "no bid" is none. Bids are sealed, and held \
against what the task then takes. Whoever wins is sent the task."""
BUS_NEEDS = "[needs] {needs}"
BUS_NONSENSE = "-# **{agent}** answered the call with something that is no bid, so it does not count."
BUS_DECLINED = "-# **{agent}** does not bid."
BUS_LATE = "-# A bid of **{agent}** was not taken: {why}"
BUS_NOT_HERE = "it may not work here any more."
ONE_BID, BIDS, NO_BIDS = "1 bid", "{count} bids", "nobody bid"
OUTCOMES = {
    "open": "", "decided": "{who} gets it when the queue has room.", "veto": "It may be objected to that {who} gets it.",
    "awarded": "{who} has it.", "settled": "{who} had it.", "nobody": "Nobody is left to do it.",
    "vetoed": "It was objected to.", "taken": "Somebody took the task besides.", "cancelled": "It was ended.",
}  # fmt: skip

PLACED = (
    "Your bid is sealed: **{minutes:g} min**{cost}. {count} so far; you can change it until <t:{when}:t>."
)
PLACED_AGAIN = (
    "Your bid is changed and sealed: **{minutes:g} min**{cost}. You can change it until <t:{when}:t>."
)
PLACED_COST = " and **${dollars:g}**"
PLACED_SEAL = (
    "\n-# Its seal is `{seal}`; the bid and its salt are shown at the close, so that you can check it."
)
BACK = "Your bid in auction {number} is taken back."

CLOSED = "**{bids}**, opened now. From the lowest:"
CLOSED_LINE = "{place}. **{name}** — {score} min: {parts}"
CLOSED_REFUSED = "-# {name}'s bid does not count. {why}"
CLOSED_MORE = "-# … and {count} more; `/auctions show` has them all."
PART_WAIT, PART_WORK, PART_MONEY, PART_UNFIT = (
    "{minutes} until free",
    "{minutes} of work",
    "{minutes} for ${dollars:.2f}",
    "{minutes} for what is lacking",
)
PART_DOUBT = " (estimates taken {factor:.1f} times, since earlier ones were too low)"
AWARDED = "🏆 **{who}** gets it: {why}"
WHY_ONLY = "the only bid, {score} min."
WHY_LOWEST = "the lowest of {count} bids, {score} min against {next} of {next_name}."
WHY_NEXT = "the next lowest of {count} bids, {score} min."
WAITS = "⏳ {who} gets it as soon as it can begin. {why}"
VETO_OPEN = "✋ {who} is expected to cost **${cost:.2f}**. Whoever may can object until <t:{when}:T> (<t:{when}:R>); else they get it."
VETOED = "✋ {by} objected to {who}."
LOST = {
    "release": "{who} let go of it, so it is the runner-up's turn.",
    "expire": "{who} was silent for too long, so it is the runner-up's turn.",
    "": "{who} does not have it any more, so it is the runner-up's turn.",
}
NOBODY = {
    "people": "Nobody is left to give it to. Whoever claims it has it.",
    "by_capability": "Nobody is left to give it to. The queue gives it to the agent that fits best.",
    "less_loaded_of_two": "Nobody is left to give it to. The queue gives it to the less busy of two agents.",
}
NOBODY_BID = {
    "people": "Nobody bid. Whoever claims it has it.",
    "by_capability": "Nobody bid. The queue gives it to the agent that fits best.",
    "less_loaded_of_two": "Nobody bid. The queue gives it to the less busy of two agents.",
}
TAKEN_BY, TAKEN = (
    "{who} has taken it besides the auction, which is over with that.",
    "The task is not free any more, so the auction is over.",
)
CANCELLED = "The auction was ended; the queue's own rules hold again."
CANCELLED_BY = "<@{by}> ended the auction; the queue's own rules hold again."
SETTLED = "📏 Said: {said}. Taken: {took}. {learnt}"
SETTLED_TIME, SETTLED_COST = "{minutes} min", ", ${dollars:.4f}"
LEARNT_TRUE = "Their next estimates are taken as they are."
LEARNT_LOW = "Their next estimates are taken {factor:.1f} times, since they were too low."
PICTURE, PICTURE_ALT = "bids.png", "Bids, the lowest first: {said}"
PICTURE_TITLE, PICTURE_SAID = "Bids in minutes, the lowest gets it", "{name} {minutes} minutes"
PICTURE_PARTS = ("until free", "work", "cost", "lacking")

MAY_NOT_VETO = "Only {who} can object to who gets it."
MANAGERS, ROLE = "people who may manage this server", "<@&{role}> and people who may manage this server"
OBJECTED = "You have objected; {then}"
THEN_NEXT, THEN_AGAIN, THEN_OVER = (
    "it is the runner-up's turn.",
    "bids are called for again.",
    "the auction is over.",
)
MAY_NOT_CANCEL = "Only <@{who}>, who called for it, and people who may manage this server can end it."
CANCELLED_THAT = "Auction {number} is over."
STOPPED = "it was stopped"

NONE, HEAD, MORE = "There are no such auctions.", "**Auctions**", "… and more; narrow it down by typing."
LINE = "{mark} **{number}** {title} · {outcome} · <t:{when}:R>"
MARKS = {
    "open": "🔔", "decided": "⏳", "veto": "✋", "awarded": "🏆", "settled": "✅", "nobody": "🤷", "vetoed": "✋",
    "taken": "↪️", "cancelled": "⏹️",
}  # fmt: skip
STATES = {
    "open": "takes bids", "decided": "{who} is waiting for room", "veto": "{who} may be objected to",
    "awarded": "{who} has it", "settled": "{who} had it", "nobody": "nobody", "vetoed": "objected to",
    "taken": "taken besides", "cancelled": "ended",
}  # fmt: skip
STATE_DECIDING = "is being decided"
BETWEEN = " · "

ABOUT = "**Auction {number}: {title}**\n{mark} {outcome} · task #{task} in <#{place}> · called by <@{who}>"
ABOUT_OPEN = "Bids are taken until <t:{when}:T>. **{count}** so far; what they say is sealed."
ABOUT_BIDS = "**Bids**"
ABOUT_SEAL = "-# {name}: seal `{seal}`, salt `{salt}`, bid `{claim}`"
ABOUT_BACK = "-# {name} took the bid back."
ABOUT_HOW = "-# A seal is the SHA-256 of `auction:bidder:salt:bid`; this auction is `{seed}`, the bidders are {bidders}."
ABOUT_LATE = "-# {name} came too late."
REPLAY_SAME = "✅ **Auction {number}** reckoned again from {bids} and the seed gives the same: {winners}."
REPLAY_OTHER = "❌ **Auction {number}** reckoned again is not what was awarded:"
REPLAY_LINE = "- {what}."
REPLAY_NOBODY = "nobody"
