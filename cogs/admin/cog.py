"""What the admin cog is called, and what a server sets for all of its features."""

from zoneinfo import available_timezones

from pydantic import field_validator

from cogs.admin import messages
from cogswarm import Cog, Settings, setting


class AdminSettings(Settings):
    """What holds for a whole server."""

    timezone: str = setting("", label=messages.ZONE, help=messages.ZONE_HELP, max_length=64)
    alert_channel: int | None = setting(
        None, label=messages.ALERTS, help=messages.ALERTS_HELP, picks="channel"
    )

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        if value and value not in available_timezones() | {"UTC"}:
            raise ValueError(messages.NO_ZONE)
        return value


admin = Cog("admin", summary=messages.SUMMARY, settings=AdminSettings)
