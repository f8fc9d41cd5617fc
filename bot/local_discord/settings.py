"""How the local Discord behaves: time limits, sizes and rates, each as Discord has it unless changed."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RateLimits:
    """When requests are refused with 429; windows are in seconds.

    The global limit is official; the per-route one is what bots observe ("rate limits should not be hard
    coded", https://discord.com/developers/docs/topics/rate-limits).
    """

    route_requests: int = 5
    route_window: float = 5.0
    global_requests: int = 50
    global_window: float = 1.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits and times, in seconds and bytes; ``rate_limits`` None means that no request is ever limited."""

    interaction_timeout: float = 3.0
    interaction_life: float = 15 * 60.0
    nonce_window: float = 5 * 60.0
    heartbeat_interval: float = 41.25
    identify_timeout: float = 30.0
    session_life: float = 5 * 60.0
    replay_events: int = 10_000
    body_timeout: float = 60.0
    request_bytes: int = 25 * 1024 * 1024
    file_bytes: int = 10 * 1024 * 1024
    save_interval: float = 1.0
    traffic: int = 2_000
    shutdown_grace: float = 1.0
    rate_limits: RateLimits | None = None
    gateway_sends: int = 120
    gateway_send_window: float = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Discord's fixed limits (https://discord.com/developers/docs/resources/message, .../application-commands)."""

    content: int = 2000
    nonce: int = 25
    embeds: int = 10
    embed_characters: int = 6000
    attachments: int = 10
    reactions: int = 20
    pins: int = 250
    webhooks: int = 15
    commands: dict[int, int] = field(default_factory=lambda: {1: 100, 2: 15, 3: 15})
    command_characters: int = 8000


LIMITS = Limits()
