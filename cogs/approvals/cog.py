"""What the approvals cog is called; its settings say who approves what agents want to do."""

from cogs.approvals import messages
from cogswarm import ApprovalRules, Cog

approvals = Cog("approvals", summary=messages.SUMMARY, settings=ApprovalRules)
