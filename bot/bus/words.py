"""What the bridge says by itself; English."""

ANSWER = "**{agent}**: {text}"
ONLY_ONE = "-# It names no message; this was the only open one to {agent}."
WROTE = "**{agent}** writes: {text}"
FAILED = "⚠️ This did not reach **{agent}**: {reason}"
GAVE_UP = "the bus could not be reached for too long."
SILENT = "⏳ **{agent}** has not answered yet, also not when asked a second time."
AGAIN = "Try again"
ASK_AGAIN = "Ask again"
REVIEW = "📥 **{agent}** sent something that I cannot place, since it {reason}:\n>>> {text}"
REASONS = {
    "names another request": "names a question that I do not know",
    "comes from somebody else": "answers a question that was put to somebody else",
    "names several requests": "names several questions",
    "an unsigned context": "says where it belongs in a way that I cannot verify",
    "names no request": "names no question",
    "may not write there": "is addressed to a place where this agent may not write, or where the bridge is off",
}
UNREADABLE = "could not be read"
ASSIGN, DISCARD = "Assign…", "Discard"
BUS_DOWN = "⚠️ The agent bus is out of order: {reason} What is written to its agents waits, and goes out when it is back."
BUS_BACK = "The agent bus works again."
STOPPED = "⛔ {reason} Until then nothing is sent or read."
GAP = "⚠️ More came from the agent bus than can be read at once; something may be missing."
CUT = "\n… (cut here; there was more)"

QUEUED_MARK, SENT_MARK, ANSWERED_MARK, FAILED_MARK, SILENT_MARK = "🕓", "📨", "✅", "⚠️", "⏳"
