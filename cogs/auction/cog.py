"""What the auction cog is called, and what is set for each channel."""

from typing import Literal

from cogs.auction import messages
from cogswarm import AuctionRules, Cog, Context, Settings, Terms, setting

SECONDS = 60.0
HEAR = "look_after"
"""The job that hears what agents of a bus answer."""


class AuctionSettings(Settings):
    """How auctions are held; set channel by channel."""

    minutes: float = setting(2.0, ge=0.01, le=10_080, label=messages.MINUTES, help=messages.MINUTES_HELP)
    dollar: float = setting(10.0, ge=0, le=100_000, label=messages.DOLLAR, help=messages.DOLLAR_HELP)
    fallback: Literal["people", "by_capability", "less_loaded_of_two"] = setting(
        "people", label=messages.FALLBACK, help=messages.FALLBACK_HELP
    )
    veto_over: float = setting(
        0.0, ge=0, le=1_000_000, label=messages.VETO_OVER, help=messages.VETO_OVER_HELP
    )
    veto_minutes: float = setting(
        5.0, ge=0.01, le=10_080, label=messages.VETO_MINUTES, help=messages.VETO_MINUTES_HELP
    )
    veto_role: int | None = setting(
        None, label=messages.VETO_ROLE, help=messages.VETO_ROLE_HELP, picks="role"
    )
    after_veto: Literal["runner_up", "call_again"] = setting(
        "runner_up", label=messages.AFTER_VETO, help=messages.AFTER_VETO_HELP
    )

    @property
    def rules(self) -> AuctionRules:
        """The same as the rules of an auction."""
        return AuctionRules(
            terms=Terms(seconds_a_dollar=self.dollar * SECONDS),
            veto_over=self.veto_over,
            veto_seconds=self.veto_minutes * SECONDS,
            again=self.after_veto == "call_again",
            fallback=self.fallback,
        )


auction = Cog(
    "auction",
    summary=messages.SUMMARY,
    settings=AuctionSettings,
    permissions={"create_public_threads"},
)

type Ctx = Context[AuctionSettings]
