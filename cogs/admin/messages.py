"""Everything the admin cog says, in one place; English."""

SUMMARY = "Says what is on here, switches it on and off, and tells why something was refused"
ZONE = "Time zone"
ZONE_HELP = "In which people here write and read times, such as Europe/Berlin; empty: the owner's"
NO_ZONE = "write a time zone's name, such as UTC or Europe/Berlin"
ALERTS = "Alerts"
ALERTS_HELP = (
    "The channel where I say that a model provider or a tool server is out of order, and when it works again"
)

# the commands, as Discord's list explains them
COGS = "See and change what is on in this server"
LIST = "Everything there is, and what is on here"
INFO = "All about one feature: its state, its commands, and who may use it"
ENABLE = "Switch a feature on"
DISABLE = "Switch a feature off"
CONFIG = "See and change the settings of a feature"
ACCESS = "Say which roles, people or channels may use a feature"
EXPORT = "Everything that was chosen on this server, as text"
HELP = "What you can use here"
SERVER = "Choose the server whose agents and tools you use in these direct messages"
WHY = "Why something was refused or ignored"
WHY_MENU = "Why no answer?"
WHICH = "Which feature"
ONLY_CHANNEL = "Only in this channel; left out: on the whole server"
ITS_CHANNEL = "The settings of this channel; left out: of the whole server"
WHOM = "A role or a person"
WHERE = "A channel"
RULE = "May they use it, or not, or is there no rule?"
WHICH_COMMAND = "A command, such as research"
WHICH_MESSAGE = "The link or the id of a message that was not answered; left out: what you were refused last"

STATES = {
    "on": "🟢 on",
    "partly on": "🟡 on in some channels",
    "off": "⚪ off",
    "not offered": "🔒 not offered here by the owner of this bot",
    "broken": "🔴 on, but it does not work here",
    "unavailable": "🔴 not available",
}
CHOSEN_BY = {
    "the default": "nobody has chosen",
    "the bot's owner": "chosen by the owner of this bot",
    "this server": "chosen by this server's admins",
    "this channel": "chosen for this channel",
}
NOTHING_THERE = "There are no features yet. The owner of this bot can install some."
LIST_HEAD = "**What there is**"
LIST_ENTRY = "{state} · **{name}**: {summary}"
LIST_FOOT = "-# `/cogs info` says more about one, `/cogs enable` and `/cogs disable` switch."

INFO_HEAD = "**{name}**: {summary}"
INFO_STATE = "{state} ({chosen_by})"
INFO_COMMANDS = "Commands: {commands}"
INFO_CHANNELS_ON = "On in: {channels}"
INFO_CHANNELS_OFF = "Off in: {channels}"
INFO_ALLOWED = "Only for: {whom}"
INFO_DENIED = "Not for: {whom}"
INFO_IGNORED = "Refused or ignored so far: {counts}"
INFO_JOB = "By the clock: `{name}` {schedule}, next {next}{last}"
INFO_JOB_RAN = ", last {when}"
INFO_JOB_RUNS = ", running now"
INFO_JOB_FAILED = "; it failed{times}: {error}"
INFO_JOB_TIMES = " {count} times in a row"
LIMITS_HEAD = "-# The owner of this bot lets this server have:"
LIMITS_COGS = "-# - features: {names}"
LIMITS_AGENTS = "-# - agents: {names}"
LIMITS_MODELS = "-# - language models: {names}"
LIMITS_BUDGET = (
    "-# - for each piece of work at most {tokens:,} tokens, {calls} model calls and {seconds:g} seconds"
)
LIMITS_NONE = "none"
INFO_CHANGES = "Latest changes: {changes}"
CHANGE = "{action} by {who} on {when}"
ACTIONS = {
    "enable": "switched on",
    "disable": "switched off",
    "access": "rules changed",
    "settings": "settings changed",
    "undo": "a change undone",
    "rollback": "switched off again, because it could not start",
}
REASONS = {
    "from_myself": "its own messages",
    "from_a_bot": "messages from bots",
    "direct_message": "direct messages",
    "server_not_let_in": "server not let in",
    "cog_withheld": "not offered here",
    "cog_disabled": "switched off",
    "cog_off_in_channel": "off in the channel",
    "cog_broken": "does not work here",
    "denied_role": "a role that may not",
    "denied_member": "a person who may not",
    "denied_channel": "a channel where it may not",
    "channel_not_allowed": "another channel",
    "member_not_allowed": "people without a role for it",
    "repeat": "the same event twice",
}

ENABLED = "**{name}** is on{where} now.{commands}"
ENABLED_COMMANDS = " You can type {commands}."
DISABLED = "**{name}** is off{where} now."
IN_CHANNEL = " in <#{channel}>"
LATER = "\n-# Discord is slow just now: the list of commands follows in a moment."
UNDO = "Undo"
UNDONE = "That change is taken back."
RULE_SET = {
    "allow": "{whom} may use **{name}** now. Others of their kind may not, as long as there is such a rule.",
    "deny": "{whom} may not use **{name}** any more.",
    "no rule": "There is no rule about {whom} for **{name}** any more.",
}
NO_SUBJECT = "Please name a role, a person or a channel."

CONFIG_HEAD = "**Settings of {name}**{where}"
CONFIG_ENTRY = "**{label}**: {value} · *{origin}*\n-# {help}"
CONFIG_NONE = "**{name}** has no settings."
CONFIG_PICK = "Change a setting…"
CONFIG_CHOOSE = "**{label}** of {name}{where}\n{help}"
CONFIG_CHOOSE_PICK = "Choose…"
CONFIG_BACK = "Back"
CONFIG_RESET = "As it stands above"
VALUE, VALUES = "Value", "Values"
CONFIG_TITLE = "{label}"
CONFIG_LIST_HINT = "One a line"
CONFIG_EMPTY_HINT = "Leave empty for nothing"
YES, NO = "yes", "no"
OTHER_VERSION = "This is from another version of the bot and does nothing any more."

EXPORT_HEAD = "What was chosen on this server, beside the owner's configuration:"

HELP_HEAD = "**What you can use here**"
HELP_ENTRY = "`{command}` {help}"
HELP_MENU = "In the menu of a message or person, under *Apps*: {names}"
HELP_NOTHING = "There is nothing here that you can use."
HELP_FOOT = "-# `/help command:…` says more about one, `/why` tells why something was refused."
HELP_NO_COMMAND = (
    "There is no command “{command}” that you can use here. Type `/help` to see those there are."
)
HELP_ONE = "`{command}` {help}\n-# Part of {cog}: {summary}"
HELP_OPTION = "- `{name}`{optional}: {help}"
OPTIONAL = " (optional)"

WHY_NOTHING = "Nothing of yours was refused here lately."
WHY_REFUSED = "The last thing of yours that was refused here: {sentence}"
WHY_NO_MESSAGE = "Please give the link or the id of a message; its menu has “Copy Message Link”."
WHY_IGNORED = "Of that message nothing came, because:"
WHY_IGNORED_ENTRY = "- {cog}: {sentence}"
WHY_NOT_NOW = "Nothing is noted about that message. As things stand, these would not hear you here:"
WHY_SILENT = (
    "Discord does not let me {what} in this channel ({reason}). I try again {when}, and at once when my permissions here "
    "change."
)
DOES = {
    "post": "say something",
    "edit": "change what I said",
    "tag": "show by a tag how tasks stand",
    "delete": "take back what I said",
    "thread": "open a thread",
    "private_thread": "open a private thread",
    "forum_post": "open a post",
    "thread_edit": "rename or archive a thread",
    "react": "react to messages",
    "unreact": "take back a reaction",
    "pin": "pin messages",
    "unpin": "unpin messages",
    "history": "read what was said",
}
DOES_SOMETHING = "do all I should"
WHY_NO_REASON = (
    "Nothing was refused because of that message lately. Either it was answered, or no feature that "
    "is on here listens to such messages: try a command, or mention the bot."
)

AGENTS = "The agents: what they do, what they have used, and changing them"
AGENTS_LIST = "Every agent, and what it does right now"
AGENTS_INFO = "All about one agent"
AGENTS_PAUSE = "Let an agent do nothing more on this server"
AGENTS_RESUME = "Let a paused agent work again"
AGENTS_MODEL = "Give an agent another language model on this server"
WHICH_AGENT = "Which agent"
WHICH_MODEL = "Which model; left out: the one the owner of this bot chose"
AGENT_STATES = {
    "idle": "🟢 idle",
    "working": "🔵 working",
    "paused": "⏸️ paused",
    "out of order": "🔴 out of order",
    "not offered": "🔒 not offered here",
}
AGENTS_NONE = "There are no agents. The owner of this bot can add some to its configuration."
AGENTS_HEAD = "**Agents**"
AGENTS_ENTRY = "{state} · **{shown}** (`{name}`), {model}{doing}{reason}"
AGENTS_FOOT = "-# `/agents info` says more about one, `/usage` shows what was used."
AGENT_DOING = ", on {what}"
AGENT_ON = "<#{thread}> for <@{member}> since <t:{since}:R>"
AGENT_ON_SOMETHING = "something for <@{member}> since <t:{since}:R>"
AGENT_MORE = "{count} more"
AGENT_ELSEWHERE = "{count} on other servers"
AGENT_REASON = " ({reason})"
AGENT_HEAD = "**{shown}** (`{name}`)"
AGENT_STATE = "{state}{reason}"
AGENT_MODEL = "Model: {model}{chosen}{fallbacks}"
AGENT_CHOSEN = " (chosen by this server's admins)"
AGENT_FALLBACKS = "; if that does not answer: {names}"
AGENT_LOAD = "At work on {load} of at most {most} things at once"
AGENT_GOOD_AT = "Good at: {what}"
AGENT_FOR = "Works for: {roles}"
AGENT_TOOLS = "Tools: {tools}"
AGENT_CHANNELS = "Speaks in: {channels}"
AGENT_DELEGATES = "May hand tasks to: {names}"
AGENT_SPEND = "In the last seven days: {calls:,} model calls, {success} answered, {tokens:,} tokens, {cost}"
AGENT_NO_SPEND = "It has done nothing here in the last seven days."
AGENT_CHANGES = "Latest changes: {changes}"
AGENT_CHANGE = "{action} by <@{member}> <t:{at}:R>"
AGENT_ACTIONS = {"pause": "paused", "resume": "resumed", "model": "model changed"}
AGENT_PAUSED = "**{shown}** is paused on this server. What it is in the middle of ends at its next step."
AGENT_RESUMED = "**{shown}** works again."
AGENT_HAS_MODEL = "**{shown}** uses the model `{model}` on this server now."
RESUME, PAUSE_AGAIN = "Resume", "Pause again"
MONEY = "about ${cost:,.4f}"
NO_PRICE = "cost not known: a model has no price in the configuration"

USAGE = "What agents have used, by agent, person and day"
USAGE_DAYS = "How many days back, 7 if left out"
USAGE_WHO = "Only what this person has used"
USAGE_NOTHING = "Nothing was used here in this time."
USAGE_HEAD = "**What {whose} has used in the last {days} days**"
USAGE_THIS_SERVER = "this server"
USAGE_TOTAL = "{calls:,} model calls, {tokens:,} tokens, {cost}"
USAGE_TABLE = "```\n{table}\n```"
USAGE_COLUMNS = ("", "calls", "tokens", "cost")
USAGE_PARTS = {"agent": "By agent", "member": "By person", "day": "By day"}
USAGE_REST = "others"
USAGE_OWN = "-# You see your own; people who may manage this server see everybody's."
USAGE_UNPRICED = (
    "-# The cost of `{models}` is not known: the owner of this bot can add its `price` to the configuration."
)
USAGE_NO_PICTURE = "-# No picture: the owner of this bot can install it with `pip install cogswarm[charts]`."
USAGE_ALT = "Tokens used per day from {first} to {last}, by agent. {said}"
USAGE_ALT_AGENT = "{agent}: {tokens:,}"
USAGE_PICTURE_TITLE = "Tokens per day, by agent"
USAGE_PICTURE_MEMBERS = "Tokens, by person"
USAGE_PICTURE_OTHERS = "others"
USAGE_PERSON = "person {number}"

AGENTS_LESSONS = "Show what an agent learnt here, and take it back"
LESSONS_HEAD = "**What {shown} is told here besides**"
LESSON = "- {text}\n-# Agreed to by <@{member}>, <t:{at}:f>"
NO_LESSONS = "{shown} is told nothing here but what its owner tells it."
UNLEARN = "Take back …"
