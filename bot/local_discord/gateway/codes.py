"""The gateway's opcodes and close codes.

https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway
"""

HEARTBEAT, IDENTIFY, PRESENCE, VOICE_STATE, RESUME, RECONNECT = 1, 2, 3, 4, 6, 7
REQUEST_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 8, 9, 10, 11
REQUEST_SOUNDS, REQUEST_CHANNEL_INFO = 31, 43

UNKNOWN_ERROR, UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED = 4000, 4001, 4002, 4003
AUTHENTICATION_FAILED, ALREADY_AUTHENTICATED, INVALID_SEQUENCE = 4004, 4005, 4007
RATE_LIMITED, TIMED_OUT, INVALID_SHARD, SHARDING_REQUIRED = 4008, 4009, 4010, 4011
INVALID_VERSION, INVALID_INTENTS, DISALLOWED_INTENTS = 4012, 4013, 4014

REASONS = {
    UNKNOWN_ERROR: "Unknown error.",
    UNKNOWN_OPCODE: "Unknown opcode.",
    DECODE_ERROR: "Error while decoding payload.",
    NOT_AUTHENTICATED: "Not authenticated.",
    AUTHENTICATION_FAILED: "Authentication failed.",
    ALREADY_AUTHENTICATED: "Already authenticated.",
    INVALID_SEQUENCE: "Invalid seq.",
    RATE_LIMITED: "Rate limited.",
    TIMED_OUT: "Session timed out.",
    INVALID_SHARD: "Invalid shard.",
    SHARDING_REQUIRED: "Sharding required.",
    INVALID_VERSION: "Invalid API version.",
    INVALID_INTENTS: "Invalid intent(s).",
    DISALLOWED_INTENTS: "Disallowed intent(s).",
}

ENDS_SESSION = frozenset({UNKNOWN_OPCODE, INVALID_SEQUENCE})
"""Close codes after which the session cannot be resumed.

4001 by what Discord's people said (https://github.com/discord/discord-api-docs/pull/7172), 4007 by "start a new session".
The table says the same of 4009, but a missed heartbeat closes with it and the gateway's page has clients resume then:
https://discord.com/developers/docs/events/gateway#heartbeat-interval
"""


class Closed(Exception):
    """The connection must end with this close code; ``reason`` is said with it, by default Discord's own."""

    def __init__(self, code: int, reason: str | None = None) -> None:
        super().__init__(f"close {code}")
        self.code = code
        self.reason = REASONS.get(code, "") if reason is None else reason
