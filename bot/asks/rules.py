"""What a server's admins set about approvals, and the policy that follows from it."""

from datetime import timedelta

from pydantic import ValidationError

from bot.asks.policy import Policy, Who
from bot.plugins import choices_table
from bot.plugins.choices_table import NOTHING, SERVER
from bot.plugins.settings import Settings, setting
from bot.storage.database import Database

COG = "approvals"
"""The cog whose settings these are."""


class ApprovalRules(Settings):
    """Who approves what agents want to do, on one server."""

    approvers: int | None = setting(
        None,
        label="Who approves",
        help="The role that approves what agents want to do. Empty: whoever may manage this server.",
        picks="role",
    )
    needed: int = setting(1, ge=1, le=10, label="How many must approve", help="So many different people.")
    veto: int | None = setting(
        None, label="Who may veto", help="One no of somebody with this role ends it.", picks="role"
    )
    hours: int = setting(24, ge=1, le=720, label="Hours to decide", help="After that it is not done.")
    later: int | None = setting(
        None,
        label="Who is asked later",
        help="The role that may approve, too, when half of the time is over.",
        picks="role",
    )

    @property
    def within(self) -> timedelta:
        """How long people have."""
        return timedelta(hours=self.hours)

    @property
    def policy(self) -> Policy:
        """Who may approve, and how many must."""
        who = Who(managers=True) if self.approvers is None else Who(roles=(self.approvers,))
        later = None if self.later is None else Who(roles=(self.later,))
        return Policy(
            who,
            needed=self.needed,
            veto_roles=() if self.veto is None else (self.veto,),
            later=later,
            later_seconds=None if later is None else self.within.total_seconds() / 2,
        )


class RulesOfServers:
    """Reads them where a question is asked, so that a change counts at once, in every process."""

    def __init__(self, database: Database, owner: dict[str, object]) -> None:
        self._database = database
        self._owner = owner

    async def __call__(self, guild_id: int) -> ApprovalRules:
        """The rules of a server; the owner's where what admins chose does not fit any more."""
        async with self._database.connection() as conn:
            chosen = (await choices_table.of_guild(conn, guild_id)).get((SERVER, COG), NOTHING)
        try:
            return ApprovalRules.model_validate({**self._owner, **chosen.settings})
        except ValidationError:
            return ApprovalRules.model_validate(self._owner)
