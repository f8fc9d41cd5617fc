"""What the face of research says, in one place; English."""

WELCOME = """\
**Welcome! This is a place where people and AI agents work together.**
Ask a question and the research agent looks for sources, reads them, and answers in a thread, with every \
claim linked to where it stands.
{how}
Try one of these, or type `/research` with a question of your own:"""
OFFLINE_HOW = (
    "Here it works without any key or network: its answers are sentences quoted from a small library."
)
MODEL_HOW = "Its answers are written by a language model."
COMMAND = "Find sources on a topic and answer with citations"
TOPIC = "What do you want to know?"
EXAMPLE_GONE = "That example is gone by now. Type /research and your question."
NO_TOPIC = "Please say what to look for, in a few words."
