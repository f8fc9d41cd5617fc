"""Everything that the bridge's cog says; English."""

SUMMARY = (
    "Connects channels to agents on an agent bus: what people write goes to them, what they answer comes back"
)
ALSO_MENTIONS = "Answer mentions"
ALSO_MENTIONS_HELP = "A message that mentions the bot here goes to the default agent of the bus"

CANNOT_READ = (
    "I cannot read this: Discord shows me only messages that mention me. The owner of this bot can switch on the "
    "Message Content intent."
)
NOT_ALLOWED = "-# This did not go to an agent: {reason}"
ATTACHED = "[attachment] {name} ({size}): {url}"
ANSWERS = "[in reply to {author}] {text}"
IN_CHANNEL = "[channel] #{name}"
IN_THREAD = "[thread] in #{name}"
DIRECT = "[channel] direct message"

BUS = "Looks after the connection to the agent bus"
STATUS = "How the connection to the agent bus stands, and what was sent today"
AGENTS = "The agents that can be written to, and who is on the bus just now"
WAITING = "What came from the bus and waits for somebody to say where it belongs"
NO_BUS = "This bot is not connected to an agent bus. Its owner can name one under `bridge` in config.yaml (docs/mumega.md)."
CONNECTED = "Connected to the agent bus ({kind})."
KINDS = {
    "sos": "SOS",
    "sos-http": "SOS over plain HTTP",
    "mupot": "mupot",
    "in-process": "one for trying, inside this bot",
}
NOT_CONNECTED = "⚠️ {reason}"
TODAY = "In the last 24 hours: {counts}."
NOTHING_TODAY = "Nothing was sent in the last 24 hours."
HERE = "Everything written in this channel goes to **{agent}**."
STATES = {
    "queued": "waiting to be sent",
    "sending": "being sent",
    "sent": "sent, not answered yet",
    "answered": "answered",
    "failed": "failed",
    "withdrawn": "taken back",
}
MAY_ASK = "You can write to {agents}."
MAY_WORK = "Where this channel is a queue that names them, these can have tasks and bid: {agents}."
ON_BUS = "On the bus just now: {peers}."
NOBODY_ON_BUS = "Nobody says that they are on the bus just now."
PEERS_UNKNOWN = "Who is on the bus is not known: {reason}"
NOTHING_WAITS = "Nothing waits for you."
PLACE = "Place"
WAITS = "**{agent}**, <t:{at}:R>: {text}"

SENT_AGAIN = "Sent to **{agent}** once more."
WHERE = "To which message does this belong?"
PICK = "Choose what it answers"
CHOICE = "{agent}: {text}"
CHOICE_HELP = "{author}, {state}"
NOT_YOURS = "Only people who may manage messages here decide that."
NOT_IN_PRIVATE = "That is decided on a server, not in direct messages."
NOTHING_TO_ASSIGN = "Nobody on this server has written to an agent yet."
ASSIGNED = "It stands in <#{channel}> now."
DISCARDED = "Put away."
