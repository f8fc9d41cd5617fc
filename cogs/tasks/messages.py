"""Everything that the tasks cog says; English."""

from cogswarm import State

SUMMARY = "Turns channels into queues: every message is a task that people and agents claim, do and finish"

QUEUE, QUEUE_HELP = "This channel is a queue", "Every message in it becomes a task with a thread of its own"
STRATEGY = "Who gets a task"
STRATEGY_HELP = "Whoever is first, whoever fits best, or the less busy of two drawn by lot"
AGENTS, AGENTS_HELP = (
    "Agents that work here",
    "One name a line, as in /agents list; none leaves all to people",
)
NEEDS, NEEDS_HELP = (
    "What every task here needs",
    "One capability a line; only agents that have them all are given it",
)
LIMIT, LIMIT_HELP = "Under way at a time", "How many tasks may be worked on at once; 0 is any number"
ATTEMPTS, ATTEMPTS_HELP = "Attempts", "How often agents may try a task before it counts as failed"
SILENCE, SILENCE_HELP = (
    "Silence of agents, in seconds",
    "An agent that shows no life for so long loses its task",
)
HOURS, HOURS_HELP = (
    "Silence of people, in hours",
    "Somebody who says nothing in the thread for so long loses the task",
)
MINUTES, MINUTES_HELP = (
    "Time for a task, in minutes",
    "An agent that needs longer is stopped, and the task offered again",
)
MARKS = "Emoji of the states"
MARKS_HELP = "Eight, one a line: available, claimed, in progress, waiting, in review, blocked, done, failed"
MARKS_WRONG = "Write eight different emoji, one a line, or none at all."

TASK = "Ask for something to be done"
TASK_TEXT = "What is to be done"
TASK_QUEUE = "The queue; left out: this channel, or the only queue there is"
TASK_NEEDS = "What it takes, such as python; several with commas"
MAKE_TASK = "Make this a task"
TASKS = "See the tasks here, their board, and try one again"
LIST, LIST_MINE = "List tasks", "Only those that you have or asked for"
LIST_STATE, LIST_QUEUE = "Only those in one state", "Only those of one queue"
BOARD, BOARD_QUEUE = "Keep one message that shows how a queue stands", "The queue; left out: this channel"
RETRY, SHOW = (
    "Offer a task again that failed, is done or blocked",
    "All about one task: who has it and why, and what came of it",
)
WHICH = "Choose one from the list, or type its number"

STATES: dict[State, str] = {
    "available": "available", "claimed": "claimed", "working": "in progress", "waiting": "waiting for people",
    "review": "in review", "blocked": "blocked", "done": "done", "failed": "failed",
}  # fmt: skip

ANNOUNCED = "📋 **{title}**\n-# Task #{number}, asked for by <@{who}>"
MADE = "That is task #{number}. Follow it in {place}."
ALREADY = "That is a task already."
NOTHING_SAID = "There is no text that could be a task."
NO_QUEUES = "There is no queue on this server yet. Somebody who manages it can make a channel one with `/cogs config`."
WHICH_QUEUE = "Please say which queue: {queues}."
UNDER_MESSAGE = "the thread under the message"
OF_MESSAGE = "the thread in <#{queue}>"

CREATED = "Task **#{number}** is {state}. Claim it with the button, or with {mark} under the message."
CREATED_WAITING = "Task **#{number}** is blocked until {others} is done."
CLAIM = "{mark} {who} has it."
CLAIM_WHY = "{mark} **{who}** has it. {why}"
HAND_OVER = "{mark} {by} handed it over to {who}."
START = ""
WAIT = "{mark} {who} waits for people."
REVIEW = "{mark} Ready to be looked at: finish it, or put {working} to send it back."
FINISH = "{mark} Done by {who}."
FAIL = "{mark} {by} says that it failed."
RELEASE = "{mark} {by} let go of it; it is available again."
RELEASE_WHY = "{mark} {by} let go of it: {why} It is available again."
BLOCK = "{mark} {by} blocked it."
BLOCK_FOR = "{mark} It waits for {why}."
UNBLOCK = "{mark} It is available."
UNBLOCK_FOR = "{mark} {why} is done, so it is available now."
REOPEN = "{mark} {by} opened it again."
EXPIRE = "{mark} Whoever had it was silent for too long, so it is available again."
EXPIRE_WHY = "{mark} That attempt ended: {why} It is available again."
GIVE_UP = "{mark} Given up after {attempts} attempts. `/tasks retry` offers it again."
GIVE_UP_WHY = (
    "{mark} Given up after {attempts} attempts, the last ended: {why} `/tasks retry` offers it again."
)
UNRUNNABLE = "It waits: {why}"
LATE = "A result of {by} came too late, when it had gone to somebody else. It does not count, and is kept:\n>>> {text}"
CHECKPOINT = "So far, before time was up or somebody stopped it:\n>>> {text}"
STOPPED = "time was up, or somebody stopped it."
REFUSED = "<@{who}> {why}"

BUTTON_CLAIM, BUTTON_FINISH, BUTTON_RELEASE = "Claim", "Done", "Let go"
BUTTON_HAND, BUTTON_REOPEN = "Hand over", "Open again"
DONE_THAT = "#{number} is {state} now."
HAND_TO = "Who shall have it?"
MEMBER = "<@{who}>"
PICK = "Pick somebody"
NO_BOTS = "Please pick a person."
GONE = "I do not know that task any more."
CHOOSE = "I do not know which task you mean; please choose one from the list that opens while you type."

FIRST = "{who} was the first with room who can do it."
NO_AGENT = "none of the agents of this queue can work here now ({who})."
AGENT_IS = "{who}: {state}"
AGENT_UNKNOWN = "{who}: there is no such agent"

NONE = "There are no such tasks."
HEAD = "**Tasks**"
LINE = "{mark} **#{number}** {title} · {place}{who} · {when}"
HELD_BY = " · {who}"
STUCK = "\n-# ⚠️ {why}"
MORE = "… and more; narrow it down with the options."
BETWEEN = " · "
BOARD_HEAD = "**Board of <#{queue}>**"
BOARD_COUNTS = "{mark} {count} {state}"
BOARD_OLDEST = "The oldest waits since {when}."
BOARD_EMPTY = "Nothing is waiting and nothing is under way."
BOARD_LIMIT = "At most {limit} at a time."
BOARD_STUCK = "⚠️ {count} waiting: {why}"
BOARD_POSTED = "The board is in <#{queue}>, and is kept current."
NOT_A_QUEUE = "<#{queue}> is no queue."

ABOUT = "**#{number} {title}**\n{mark} {state} since {when} · {place}"
ABOUT_ASKED = "Asked for by <@{who}>"
ABOUT_NEEDS = "Needs: {needs}"
ABOUT_HELD = "In the hands of {who}"
ABOUT_AWARD = "Why: {why}"
ABOUT_CONSIDERED = "-# {name}: {why}"
ABOUT_ATTEMPTS = "{attempts} of {most} attempts by agents"
ABOUT_WAITS = "Waits for {others}"
ABOUT_REASON = "Reason: {why}"
ABOUT_RESULT = {
    "result": "Result",
    "late": "Too late, not counted",
    "checkpoint": "What was known when it was stopped",
}
ABOUT_CAME = "**{kind}** ({who}): {text}"
RETRIED = "#{number} is available again."

PROMPT = "Do this task, and answer with its result.\n\n{title}\n\n{body}"
EARLIER = "What an earlier attempt left behind"
