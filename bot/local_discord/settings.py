"""How the local Discord behaves: time limits, sizes and rates, each as Discord has it unless changed."""

from dataclasses import dataclass, field

from bot.local_discord.limits.limit_rules import RateLimits


@dataclass(frozen=True, slots=True)
class SessionStarts:
    """How often an application may identify at the gateway, counted in any case and refused when ``enforced``.

    That is ``total`` times in a ``window`` (seconds), and of its shards that leave the same remainder by
    ``max_concurrency`` one in a ``concurrency_window``.
    """

    enforced: bool = False
    total: int = 1000
    window: float = 24 * 60 * 60.0
    max_concurrency: int = 1
    concurrency_window: float = 5.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits and times, in seconds and bytes; ``rate_limits`` None means that no request is ever limited.

    ``command_creates`` is how many new application commands a day each scope (global, or one guild) may get.
    Messages older than ``old_message_age`` may be edited ``old_message_edits`` times in each
    ``old_message_window`` and channel; Discord names only the hour (code 30046), the rest is what bots observe.
    ``gateway_capacity`` is how many frames wait for a slow client before it is cut off, ``reconnect_grace`` how long the
    connection stays after a client was asked to come back, ``member_list_window`` how often a bot may ask for all members
    of a guild, ``poll_tally`` how long the votes of a poll that has ended are counted, ``obfuscate_channels`` whether bots get only the outline of channels that they cannot view.
    """

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
    command_creates: int = 200
    old_message_age: float = 3600.0
    old_message_edits: int = 3
    old_message_window: float = 6.0
    gateway_sends: int = 120
    gateway_send_window: float = 60.0
    gateway_capacity: int = 10_000
    session_starts: SessionStarts = SessionStarts()
    guilds_per_shard: int = 2500
    reconnect_grace: float = 5.0
    member_list_window: float = 30.0
    presence_changes: int = 5
    presence_window: float = 20.0
    poll_tally: float = 0.1
    obfuscate_channels: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """Discord's fixed limits (https://discord.com/developers/docs/resources/message, .../application-commands).

    ``active_threads`` of a guild is what is observed; Discord's documentation names only the code (160006).
    """

    content: int = 2000
    nonce: int = 25
    embeds: int = 10
    embed_characters: int = 6000
    attachments: int = 10
    reactions: int = 20
    pins: int = 250
    webhooks: int = 15
    guild_webhooks: int = 1000
    thread_members: int = 1000
    active_threads: int = 1000
    commands: dict[int, int] = field(default_factory=lambda: {1: 100, 2: 15, 3: 15})
    command_characters: int = 8000
    roles: int = 250
    guild_channels: int = 500
    category_channels: int = 50
    overwrites: int = 1000
    layout_components: int = 40
    layout_text: int = 4000
    poll_question: int = 300
    poll_answers: int = 10
    poll_answer: int = 55
    poll_hours: int = 768


LIMITS = Limits()
