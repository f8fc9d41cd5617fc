"""Everything that the pins_memory cog says; English."""

SUMMARY = "What is pinned in a channel is what its agents know; /remember adds a fact that everybody sees and can take away"

WHO, WHO_HELP = "Who may note facts", "Everybody, or only people who may pin messages themselves"
AGENTS = "Agents note facts"
AGENTS_HELP = "Approved: people are asked about each; freely: they do it by themselves; never: not at all"
INDEX, INDEX_HELP = (
    "List from so many facts on",
    "From more facts than this on, one pinned message lists them; 0: never",
)
INDEX_MINUTES, INDEX_MINUTES_HELP = "Minutes between changes of the list", "So often it is changed at most"

REMEMBER = "Pin a fact here, so that everybody and every agent knows it"
REMEMBER_FACT, REMEMBER_UNTIL = "What is to be known", "Until when it holds, such as 2h or tomorrow 9:00"
REMEMBER_REPLACES = "The fact that it takes the place of"
MENU, MENU_TITLE = "Remember this", "Remember this as a fact"
FORM_TEXT, FORM_UNTIL = "What is to be known, in a sentence", "Until when (2h, tomorrow 9:00)"
FORM_LOST = "I do not know any more which message that was about; please open its menu again."
FACTS = "See, change and remove the facts that agents know here"
LIST, EDIT, REMOVE = "List the facts of this place", "Change a fact", "Remove a fact"
WHICH = "Choose one from the list, or type its number"
EDIT_TEXT, EDIT_UNTIL = "What it is to say", "Until when it is to hold, such as 2h or tomorrow 9:00"

SAID = "📌 **Fact** {text}\n-# {number} · {about}"
STATED = "stated by {who}"
FROM = " in [this message]({link})"
NOTED_BY = "noted by {agent}, for {who}"
NOTED_FOR = "noted by {who}"
HOLDS_UNTIL = "until {when}"
TAKES_PLACE = "takes the place of {number}"
AND = " · "
REPLACED = "~~{text}~~\n-# {number} · Does not hold any more: fact {by} took its place."
EXPIRED = "~~{text}~~\n-# {number} · Held until {when}."
EVICTED = (
    "**Fact** {text}\n-# {number} · Not pinned any more, so agents do not know it: there are as many pins here as fit. "
    "Pin this message to bring it back."
)
REMOVED = "-# Fact {number} was removed."

INDEX_HEAD = "📌 **Facts here: {count}**"
INDEX_LINE = "- **{number}** {text}"
INDEX_MORE = "-# … and {count} older ones: `/facts list`"
INDEX_FOOT = (
    "-# This list follows the pins below it. Take a pin off, and agents do not know that fact any more."
)

NO_ROOM = (
    "This place has as many pins as Discord allows, and they are people's own, which I do not touch. Please take a pin off "
    "that is not needed any more; then facts can be pinned here."
)
MAY_NOT_PIN = (
    "I may not pin messages here, so agents would not know it. Please let somebody who manages this server give me the "
    "permission *Pin Messages*."
)
MAY_NOT_PIN_HERE = (
    "⚠️ I may not pin messages here, so agents do not know the facts above that are not pinned. As soon as I have the "
    "permission *Pin Messages*, I pin them."
)
ONLY_WHO_PIN = "Only people who may pin messages note facts here."
NOT_YOURS = "Only whoever stated or noted it, and people who may pin messages, can change this fact."
KEPT = "Fact {number} is noted and gets pinned here. Everybody can take it away by taking off its pin."
KEPT_ALREADY = "Fact {number} says just that: {link}"
GONE = "I do not know that fact any more."
KEPT_ALREADY_SOON = "Fact {number} says just that already."
GAVE_WAY = "-# To make room, {numbers} gave way: as many pins as fit are there."
UNDO, UNDONE = "Undo", "Taken back."
EDITED = "Fact {number} says now: {text}"
NOTHING_TO_CHANGE = "Say what it is to say, or until when it is to hold."
REMOVED_THAT = "Fact {number} is removed; agents do not know it any more."
LIST_HEAD = "**Facts here: {count}**"
LIST_LINE = "- **{number}** {text}\n-# {about}"
LIST_LINK = "[pinned]({link})"
LIST_SOON = "being pinned"
NO_FACTS = "There are no facts here yet. `/remember` adds one; what people pin is known to agents as well."
LIST_FOOT = "-# {first} to {last} of {count}"
NEWER, OLDER = "Newer", "Older"
BETWEEN = " · "

TOOL = (
    "Remember a fact about this channel's work for good: it is pinned where everybody sees it. For what will still matter in "
    "weeks, such as a decision, a date, an owner or an address; not for what somebody asked or is like, and not for yourself."
)
TOOL_FACT = "The fact, as one sentence that stands by itself"
TOOL_REPLACES = "The number of the fact that it takes the place of, where that does not hold any more"
TOOL_HOURS = "For how many hours it holds, where it does not hold for good"
TOOL_OFF = "Agents note no facts here; whoever manages this server decides that."
TOOL_PLACE = "Facts are noted on servers, where everybody sees them."
TOOL_ASKED = "People are asked whether to keep it; go on without it."
TOOL_ASKED_ALREADY = "People are being asked that already; go on without it."
TOOL_KEPT = "Fact {number} is noted and gets pinned."
TOOL_SAME = "Fact {number} says just that already."
APPROVE = "Keep this as a fact that agents know here"
NOT_KEPT = "-# Not kept as a fact: {reason}"
NO_FACT = "what was agreed to is no fact."
AN_AGENT = "an agent"

JUNK_SHORT = (
    "Not noted: that is too little to be a fact; say what is so, in a sentence that stands by itself."
)
JUNK_QUESTION = "Not noted: that is a question."
JUNK_ORDER = "Not noted: facts say what is so; they do not tell agents what to do."
JUNK_SELF = "Not noted: that is about an agent or its instructions, not about the work here."
JUNK_PERSON = "Not noted: what people are like, or seem to be, is not kept."
JUNK_TALK = "Not noted: that is about the conversation, which can be read."
JUNK_AGAIN = "Not noted: that repeats what is remembered."
JUNK_PASSING = "Not noted: that is over in a moment."
JUNK_BLOB = "Not noted: that is no sentence; say what it means."
JUNK_VAGUE = "Not noted: nobody would know later what that is about; name the thing."
JUNK_KNOWN = "Not noted: a fact here says the same."
