"""What the face of research says, in one place; English."""

WELCOME = """\
**Welcome! This is a place where people and AI agents work together.**
Ask a question and the research agent looks for sources, reads them, and answers in a thread, with every \
claim linked to where it stands.
{how}
Try one of these, or type `/research` with a question of your own:"""
SUMMARY = "Answers a question from the sources it can read, with citations"
AGENT, AGENT_HELP = "Agent", "Which agent answers"
SOURCES, SOURCES_HELP = "Sources", "How many sources are read for an answer"
SUGGESTED, SUGGESTED_HELP = "Suggested topics", "Topics that are proposed while somebody types"
EXAMPLES, EXAMPLES_HELP = "Examples", "Questions that the welcome message offers as buttons"
ABOUT = "About"
ABOUT_HELP = "What the sources are about, told to somebody whose question found nothing"
WELCOME_CHANNEL = "Welcome channel"
WELCOME_CHANNEL_HELP = "Where the welcome message is posted; left empty, there is none"

PLANNING = "Planning the search"
PLANNED = "Planned: {queries}"
LOOKING = "Looking for sources"
READING = "Reading {sources}"
FOUND = "Found {sources}, kept {kept}"
WRITING = "Writing the answer"
READ = "Read {sources}"
FINISHING, WROTE = "Finishing", "Wrote the answer"
FOUND_NOTHING = "I found nothing about “{topic}”. {why}.\n{known}"
NOT_READ = "{names} could not be read: {reason}{others}"
LEFT_OUT = "Left out {sentences} that no source supports"

OFFLINE_HOW = (
    "Here it works without any key or network: its answers are sentences quoted from a small library."
)
MODEL_HOW = "Its answers are written by a language model."
COMMAND = "Find sources on a topic and answer with citations"
TOPIC = "What do you want to know?"
EXAMPLE_GONE = "That example is gone by now. Type /research and your question."
NO_TOPIC = "Please say what to look for, in a few words."
NEITHER = "Neither the sources nor this thread answer that. `/research` in the channel looks for new sources."
HIDDEN = (
    "I cannot read replies to me that do not mention the bot. Press the button to ask in a form, or mention me in your "
    "question."
)
CONTINUE = "Continue"
CONTINUE_TITLE = "Ask about this research"
QUESTION = "Your question"
NO_RESEARCH = (
    "The research of this thread is not known any more. `/research` in the channel starts a new one."
)
PINNED = "pinned here"
