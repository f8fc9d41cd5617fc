"""What the chat cog says, in one place; English."""

SUMMARY = "Talks with agents: mention one, reply to it, or write in its thread"
AGENT, AGENT_HELP = "Agent", "Who answers where nobody is named; left empty, the first agent there is"
PLACE = "Where"
PLACE_HELP = "Where an answer stands that was asked for in a channel: in a thread, or in place"
ANSWERS, ANSWERS_HELP = "Answers", "Whether the agent answers everything written in this channel"
CHANNELS, CHANNELS_HELP = (
    "Its channels",
    "Channels, by name or id, in which it answers everything that is written",
)
HISTORY, HISTORY_HELP = (
    "Messages read",
    "How many earlier messages an agent reads word for word at most; older ones it has summed up",
)
MEMORY, MEMORY_HELP = "Memory", "Whether it looks back at what was found out here before"

CHAT = "Ask an agent something"
TEXT, WHO = "What do you want to ask or say?", "Which agent; left out, the usual one of this channel"
NEW = "Begin anew: what was said here before is not read any more"
MODEL = "See or choose the language model for this thread or channel"
WHICH_MODEL = "Which one; “usual” takes the choice back"
CONTEXT = "See what an agent was given for its last answer here, and why"
MENU = "Ask an agent"

HINT = "Hello! Write your question behind my name: {example}"
ASKS_ON_BUS = "{who} asks **{agent}**: {text}"
SENT_TO_BUS = "Sent to **{agent}**; the answer will stand here."
NO_AGENT = "There is no agent called “{name}”. There are: {known}."
NO_AGENTS = "There are no agents here yet; the owner of the bot can add one under `agents:`."
NOTHING_SAID = "Please say what you want to ask, in a few words."
HIDDEN = (
    "Discord does not let me read messages that do not mention the bot. Press the button to write in a form, or mention "
    "me in your message."
)
CONTINUE, CONTINUE_TITLE, QUESTION = "Continue", "Write to {agent}", "Your message"
MENU_TITLE = "Ask about this message"
WHICH_AGENT = "Agent (left empty: {usual})"
LOST = "I do not know any more which message that was about; please open its menu again."
ASKED = "> {text}\n-# {who} asked {agent}"
STARTED = "{agent} answers below."

BEGUN_ANEW = "**A new conversation.** What stands above is not read any more.\n-# Begun by {who}"
ANEW_ANSWER = "Done: agents here do not read what was said before."
UNDO, UNDONE = "Undo", "Taken back: agents here read again what was said before."
NOT_LAST = "Another conversation has begun since then, so this cannot be taken back."

QUESTION_GONE = "The question was deleted."
TO = "-# To {who}: {question}"
CUT = "-# {count} earlier messages were left out: this conversation is long. `/new` begins another."
EARLIER_HERE = "**Earlier here, in short**\n> {text}\n-# {count} messages, summed up by {agent}, which reads this in their place."
SUMMARY_LEFT = "-# {count} messages before those were left out."
SUMMARY_CORRECTED = "-# Corrected by {who}"
SUMMARY_BELOW = "-# A summary of earlier messages stood here; a newer one is below."
SUMMARY_FORGOTTEN = "-# A summary of earlier messages stood here. One of them was changed or deleted since, so it was forgotten."
CORRECT, CORRECT_TITLE, IN_SHORT = "Correct", "What was said here, in short", "What agents shall know"
CORRECTED = "Thank you: agents here go by your words from now on."
SUMMARY_GONE = "This summary has been written anew or forgotten since; please look at the newest one."
SUMMARY_SO_FAR = "the summary so far"
SUM_UP = (
    "Sum up this conversation for somebody who goes on with it: what was asked, found out and decided, by whom, and what "
    "is open. Where there is a passage S, it is the summary so far: keep what it says, which people may have corrected, "
    "and add what is new. At most 150 words in plain sentences, in the language of the conversation, without ids."
)
MEMORIES = "-# Looked back at: {links}"
SOURCES = "-# Sources: {links}"
PICTURE = "A picture that {agent} got from its tools ({number} of {count})"
SMALL = "-# {text}"
HANDED_NOWHERE = "-# {why}"
ADDRESSED = "The agent {agent} has just addressed you. Answer what concerns you, in this conversation."
LANGUAGE = "The person who asks uses Discord in the language “{locale}”: where their words leave it open, answer in it."
TRUNCATED = "\n[The rest of this file was left out: it is long.]"

FILE_TOO_LARGE = "{name} was not read: it is larger than {most}."
FILE_UNKNOWN = (
    "{name} was not read: it is neither text nor a picture that can be looked at (PNG, JPEG, GIF, WebP)."
)
FILE_FAILED = "{name} was not read: {reason}"
FILES_TOO_MANY = "{count} more files were not read: {most} at a time are."

MODEL_HERE = "**{agent}** uses **{model}** here ({why}).\n-# To choose from: {models}. `/model model:…` changes it, `usual` takes that back."
BY_PLACE, BY_SERVER, BY_OWNER = "chosen for this place", "chosen for this server", "as the owner has it"
MODEL_UNKNOWN = "“{name}” cannot be chosen here; there are: {known}."
MODEL_CHOSEN = "**{agent}** uses **{model}** here from its next answer on."
MODEL_USUAL = "**{agent}** uses its usual model here again."
MODEL_NOT_YOURS = (
    "Only whoever began this thread, and people who may manage it, can choose its model; in a channel, those who may "
    "manage the channel."
)
USUAL = "usual"

NOTHING_YET = "**{agent}** has not answered here yet.\nIt would be told what stands in `{told_in}`, and could use: {tools}."
CONTEXT_HEAD = "**What {agent} was given for [its last answer]({link})**"
CONTEXT_MODEL = "Model: {model} · instructions: `{told_in}` and `prompts/purposes/chat.md`"
CONTEXT_READ = "Messages: {count}, from [the first]({first}) to [the last]({last})"
CONTEXT_NONE = "Messages: only what it was asked"
CONTEXT_SINCE = "since `/new` <t:{at}:R>"
CONTEXT_LEFT = "{count} older ones were left out: long"
CONTEXT_SUMMARY = "Before those, {count} in short{corrected}:\n> {text}"
CONTEXT_CORRECTED = " (corrected by {who})"
CONTEXT_NOT_READ = "it may not read this channel (`agents.{name}.reads`)"
CONTEXT_MEMORIES = "Memories ({count}): {links}, since they are about the same"
CONTEXT_NO_MEMORIES = "Memories: none that are about this"
CONTEXT_MEMORY_OFF = "Memories: not looked at (see the setting *Memory*)"
CONTEXT_PINS = "Pinned here ({count}), the newest first: {links}"
CONTEXT_SOURCES = "Looked up with {tool} ({count}): {links}"
CONTEXT_FILES = "Files: {names}"
CONTEXT_TOOLS = "Tools it may use: {may}; used: {used}"
NONE = "none"
