"""Everything that /runs, /stop and /status say; English."""

RUNS = "See, stop and retry what was asked for here"
LIST = "What is under way: yours, or everybody's if you manage this server"
SHOW = "All about one piece of work"
RETRY = "Let something go on that failed or was stopped"
STOP = "Stop a piece of work"
STOP_HERE = "Stop what is being worked on in this thread"
STATUS = "What is under way here, what waits for somebody, and what has failed"
WHICH = "Which ones; left out: those under way"
WHICH_RUN = "Choose one from the list, or type a part of its title"

STATES = {
    "ready": "🕓 to be continued",
    "running": "⚙️ under way",
    "waiting": "⏳ waiting",
    "done": "✅ done",
    "stopped": "⏹️ stopped",
    "failed": "❌ failed",
}
BETWEEN = " · "
NONE = {
    "under way": "Nothing is under way.",
    "failed": "Nothing has failed.",
    "over": "Nothing has ended yet.",
    "all": "Nothing was asked for yet.",
}
YOURS = "yours"
OF_ALL = "everybody's"
LIST_HEAD = "**{which}** ({whose})"
ENTRY = "{state} · **{title}** in {place} for {who}, {when}"
MORE = "… and more."
LIST_FOOT = "-# `/runs show` says more about one, `/runs stop` and `/runs retry` act."
CHOOSE = "I do not know which one you mean; please choose one from the list that opens while you type."

STOPPING_ALL = "Stopping {count} pieces of work. Their messages will say what was done so far."
NOTHING_TO_STOP = "Nothing of yours is under way here."
STOP_WHICH = "Nothing is being worked on right here. Which of these do you want to stop?"

STATUS_HEAD = "**Under way: {count}**"
STATUS_ASKED = "**Waiting for somebody**"
ASKED = "- {place}: {question}"
STATUS_FAILED = "**Failed lately**"
STATUS_QUIET = "All quiet: nothing of yours is under way, and nothing has failed."

ABOUT = "**{title}**\n{state} · part of {cog}"
ABOUT_ASKED = "Asked for by {who} on {when}, in {place}"
ABOUT_ENDED = "Ended on {when}"
ABOUT_DUE = "Goes on {when}"
ABOUT_DEADLINE = "Has to be finished {when}"
ABOUT_DONE = "{steps} steps done, {tokens} tokens used"
ABOUT_QUESTION = "Waits for an answer: {question}"
ABOUT_ERROR = "What went wrong: {error}"
ABOUT_ID = "-# {id}"
STOP_BUTTON = "Stop"
RETRY_BUTTON = "Retry"
