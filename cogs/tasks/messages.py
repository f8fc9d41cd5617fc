"""Everything that the tasks cog says; English."""

from cogswarm import State

SUMMARY = "Turns channels into queues: every message is a task that people and agents claim, do and finish"

QUEUE, QUEUE_HELP = "This channel is a queue", "Every message in it becomes a task with a thread of its own"
STRATEGY = "Who gets a task"
STRATEGY_HELP = (
    "Whoever is first, whoever fits best, the less busy of two drawn by lot, or what other features bring"
)
AGENTS, AGENTS_HELP = (
    "Agents that work here",
    "One name a line, as in /agents list; bus:NAME is an agent of the bus; none leaves all to people",
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
TASK_USES = "What only one task at a time may use, such as a repository; several with commas"
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
FAIL_WHY = "{mark} {by} ended it: {why}"
CANCEL_WHY = "{mark} It was ended: {why}"
CANCEL = "{mark} It was ended."
RELEASE = "{mark} {by} let go of it; it is available again."
RELEASE_WHY = "{mark} {by} let go of it: {why} It is available again."
BLOCK = "{mark} {by} blocked it."
BLOCK_WHY = "{mark} {by} blocked it: {why}"
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
GONE = "I do not know that task any more."
CHOOSE = "I do not know which task you mean; please choose one from the list that opens while you type."

FIRST = "{who} was the first with room who can do it."
NO_AGENT = "none of the agents of this queue can work here now ({who})."
AGENT_IS = "{who}: {state}"
AGENT_UNKNOWN = "{who}: there is no such agent"
BUS_AGENT_AWAY = "{who}: this bot's owner does not let it work here, or the bridge is off"

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
BOARD_NAME = "Board"
BOARD_IN_FORUM = "The board is the post “Board” in <#{queue}>, and is kept current."
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
ABOUT_USES = "Uses: {uses}"
ABOUT_WHOLE = "A part of #{number} {title}"
ABOUT_PART = "-# {mark} #{number} {title} · {place}"
ABOUT_REASON = "Reason: {why}"
ABOUT_RESULT = {
    "result": "Result",
    "late": "Too late, not counted",
    "checkpoint": "What was known when it was stopped",
}
ABOUT_CAME = "**{kind}** ({who}): {text}"
RETRIED = "#{number} is available again."

PROMPT = "Do this task (#{number}), and answer with its result.\n\n{title}\n\n{body}"
BUS_PROMPT = "Task #{number}: {text}"
BUS_FORM = """\
[how to answer] Write {{ack_for: <request_id>, ok: true}} and then the result: that ends the task. If you cannot do it, write \
{{ack_for: <request_id>, ok: false}} and why. {{ack_for: <request_id>}} alone says that you have begun; text that begins with \
"progress:" is shown, and you go on. You have {minutes:g} minutes."""
BUS_KNOWN = "[known] {title}{author}: {text}"
IN_THREAD = "said in the thread"
BUS_REFUSED = "it cannot do it, and says why above."
BUS_REFUSED_SILENTLY = "it cannot do it, and does not say why."
BUS_SILENT = "{who} has not answered, also not when asked a second time."
BUS_GONE = "the question to {who} was taken back."
BUS_NOT_SENT = "it did not reach {who}: {why}"
EARLIER = "What an earlier attempt left behind"
WHOLE = "What all of it is about; yours is one part of it"
BEFORE = "What came of #{number}, which had to be done before: {title}"

ALARM_TASKS, ALARM_TASKS_HELP = "Alarm: waiting tasks", "More than so many waiting call for help; 0: never"
ALARM_MINUTES, ALARM_MINUTES_HELP = (
    "Alarm: minutes of waiting",
    "A task that waits longer calls for help; 0: never",
)
ALARM_ROLE, ALARM_ROLE_HELP = "Alarm: role", "Who is mentioned then; nobody else is"
BACKUP, BACKUP_HELP = "Alarm: agent", "Works here as well until the alarm is over"
SUGGESTS = "Tell people what they could take"
SUGGESTS_HELP = "Whoever has a role called like what a task takes is mentioned once where no agent can do it"

LEADER, LEADER_HELP = "Agent that leads", "It splits what is asked for here among others; empty: nobody does"
BEGINS_PLANS = "Its plans begin by themselves"
BEGINS_PLANS_HELP = "Otherwise whoever asked for the task looks at the plan first"
PARTS, PARTS_HELP = "Parts of a plan", "Into how many parts a task may be split"
LESSONS, LESSONS_HELP = "It may propose what it learnt", "A person decides whether that is kept"

ALARM_NAME = "Help is needed here"
ALARM = "🔔 **Help is needed here.** {why}"
ALARM_DEPTH = "{count} tasks wait for somebody."
ALARM_AGE = "The oldest has waited since <t:{when}:R>."
ALARM_BACKUP = "{agent} works here as well until this is over."
ALARM_CALLED = "<@&{role}>, can you take some?"
ALARM_OVER = "-# Over since <t:{when}:f>."

PICTURE_DEPTH, PICTURE_FLOW = "At a time", "In each hour"
PICTURE_WAITING, PICTURE_RUNNING = "waiting", "under way"
PICTURE_CREATED, PICTURE_DONE = "new", "done"
PICTURE_ALT = (
    "Two charts of the last {hours} hours. In these, {created} tasks came and {done} were done. {waiting} wait now, at most "
    "{most} did; {running} are under way."
)

CIRCLE = "🔁 **This work waits for itself, so none of it can go on:**"
CIRCLE_NEEDS = "{thing} needs {awaited} to be done before."
CIRCLE_WORKED = "{thing} is being worked on by {awaited}."
CIRCLE_WAITS = "{thing} waits for {awaited} to end."
CIRCLE_TURN = "{thing} comes after {awaited}."
CIRCLE_USES = "{thing} needs {what}, which {awaited} has."
CIRCLE_BUSY = "{thing} waits for an agent that is busy with {awaited}; anybody may claim it instead."
CIRCLE_RUN = "“{title}”"
CIRCLE_HOW = "-# Break it where it does least harm; what is waited for there is not waited for any more."
CIRCLE_OVER = "-# That is over: it can go on."
CIRCLE_BUTTONS = {
    "need": "{thing} does not need {awaited}", "run": "Stop {thing}", "use": "Take {what} from {awaited}",
    "release": "Let go of {awaited}",
}  # fmt: skip
CIRCLE_BROKEN = "Done. What waited there can go on."

LEADS = "{who} leads here: it splits what is asked for among others."
NO_LEADER = "who leads in this queue cannot work here now ({who})."
SPLIT, SPLIT_AGENT = "Let an agent split a task among others", "Which agent; left out: who leads in its queue"
SPLIT_NOT_YOURS = "Only whoever asked for a task, and people who may manage this server, can have it split."
SPLIT_PART = "#{number} is a part of something already; parts are not split again."
SPLIT_WHO = "Please say which agent is to split it; `/agents list` shows those there are."
SPLITTING = "{who} thinks about how to split #{number}; the plan comes into its thread."
SUGGESTED = "<@{who}>, could you do this? It takes {needs}. Claim it if you want it; nobody else is asked."

RESERVE = "Reserve what only one task at a time may use, or give it back"
RESERVE_TOOL = (
    "Reserve something that only one task at a time may use, such as a repository, for your own task"
)
GIVE_BACK_TOOL = "Give back what you reserved for your own task"
RESERVE_TASK = "The number of your own task"
RESERVE_NAME = "What it is called, such as the name of a repository, a file or a machine"
RESERVE_MINUTES = "For how many minutes; it is free again after that, and when the task is let go of"
RESERVE_FREE = "Give it back instead"
RESERVE_NOT_YOURS = (
    "Only who has a task, and people who may manage this server, can reserve something for it."
)
NOT_AT_WORK = "That is not the number of your own task; it stands in what you were asked to do."
RESERVED = "{name} is reserved for #{number} for {minutes} minutes."
RESERVED_BY = "#{number} has {name} now. It is free when that is done or lets go of it; try again then."
GIVEN_BACK = "{name} is free again."
BAD_USE_NAME = "What is to be reserved needs a name of at most {most} letters."
TOO_MANY_USED = "A task can use at most {most} things that others may not use meanwhile."
USED_BY = "{name}, which #{number} has"
WAITS_FOR_USE = "it needs {what}."

PLAN_PROMPT = """Somebody asks for the task below. Split it into parts that different specialists can do, each on its own, \
with what has to be done before. Make as few parts as make sense, at most {most}; where one specialist should do all of it, \
give no parts. For each part: a short title; in “text” everything that its specialist has to know; in “takes” the \
capabilities it takes, written exactly as below, or none; in “after” the numbers (from 1) of the parts that have to be done \
before it.

The specialists:
{specialists}

The task: {title}

{body}"""
PLAN_AGAIN = "\n\nYour plan before this one cannot be carried out: {why}"
SPECIALIST = "- {name}: {skills}"
NOTHING_SPECIAL = "nothing special"
NO_SPECIALISTS = "- people, who take what they can do"
NO_PLAN = "There came no plan that can be carried out: {why}"
COMPOSE_PROMPT = """The task below was split among specialists, and what came of each part is in the material. Put it \
together: answer with the result of the whole task. Say what is missing.

#{number} {title}

{body}"""
PART_MISSING = "Nothing came of this part: {why}"
PART_SILENT = "It was done, and nothing was said about it."

PLAN_HEAD = "**A plan for “{title}”**"
PLAN_BY_LEADER = "-# By {who}."
PLAN_BY_MEMBER = "-# Changed by <@{who}> (version {version})."
PLAN_WHO = "<@{who}> and people who manage this server can start, change or cancel it."
PLAN_TAKES = "takes {takes}"
PLAN_AFTER = "after {after}"
PLAN_MORE = "… and {count} more; *Change* shows all of it."
PLAN_CANCELLED = "-# Cancelled."
PLAN_UNWANTED = "its plan was cancelled."
PLAN_PART_BEGUN = "**#{number}** {title} · <#{queue}>"
PLAN_BEGUN = "-# Begun. Each part has a thread of its own; what comes of them is put together here."
BUTTON_START, BUTTON_CHANGE, BUTTON_CANCEL = "Start", "Change", "Cancel"
PLAN_FORM_TITLE = "Change the plan"
PLAN_FORM_PARTS = "The parts"
PLAN_FORM_HINT = "1. Title, then lines of text, “takes: python” and “after: 1, 2”"
PLAN_STARTING = "It starts."
PLAN_CANCELLING = "It is cancelled."
PLAN_CHANGED = "The plan is changed; it starts when somebody presses *Start*."
PLAN_TOO_LATE = "Somebody else was first; look at the plan as it stands now."
PLAN_TOO_LONG = "This plan is too long for Discord's form. Start it or cancel it, and ask again for less."
PLAN_EMPTY = "That is no part at all; press *Cancel* under the plan where you want none of it."
PLAN_NOT_YOURS = "Only <@{who}> and people who may manage this server can decide about this plan."
PART_ANNOUNCED = "📋 **{title}**\n-# Task #{number}, a part of #{whole}, asked for by <@{who}>"
PART_DONE = "#{number} {title} is done ({over} of {all})."
PART_NOT_DONE = "#{number} {title} came to nothing ({over} of {all})."
PART_FAILED = "Part #{number} “{title}” came to nothing: {why}\nWhat shall be done?"
PART_CHOICES = {"again": "Try it again", "without": "Go on without it", "end": "End the whole task"}
ENDED_FOR_PART = "a part of it came to nothing."
TOO_OFTEN = "Its parts were opened again too often."
LEADER_STOPPED = "its leader was stopped. Parts that are under way go on; let go of the block to go on, or put ❌ to end all of it."

LEARNT_PROMPT = """You led the task “{title}”, and this came of it:

{result}

Is there one thing that should be remembered for the next time: a fact about this team or its work (“fact”), or one \
instruction that one of the agents {agents} should follow from now on (“instruction”, with the agent's name)? Only what is \
sure, general and not known to everybody, in at most {most} letters; mostly there is nothing (“nothing”)."""
LESSON_TITLE = "What #{number} taught"
LESSON_FACT = "Remember this fact"
LESSON_INSTRUCTION = "Tell {agent} this from now on"
FACT_KEPT = "It is remembered."
LESSON_KEPT = "From now on {agent} is told that here. `/agents lessons` shows it, and takes it back."
