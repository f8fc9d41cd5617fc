"""The public face of cogswarm: everything a cog or plugin may import, and nothing else is promised.

A plugin declares a `Cog` and hands it over with the hook ``cogswarm_cogs``::

    from cogswarm import Cog, Context, Run, hookimpl

    greet = Cog("greet", summary="Says hello")

    @greet.command("greet", help="Say hello")
    async def greet_now(ctx: Context) -> None:
        await ctx.reply("Hello!")

    @hookimpl
    def cogswarm_cogs() -> list[Cog]:
        return [greet]
"""

from bot.agents.agent import Agent
from bot.agents.conversation import Conversation
from bot.agents.declared import DeclaredAgent as AgentSpec
from bot.agents.lesson_table import Lesson
from bot.agents.meter import BudgetUsedUp
from bot.agents.reply import Reply
from bot.agents.slots_table import AtWork
from bot.asks.approval import Approval
from bot.asks.policy import Policy, Who
from bot.asks.rules import ApprovalRules
from bot.bus.desk import AskBus, BusDesk
from bot.bus.letter_table import LetterRow as BusLetter
from bot.bus.letters import Peer as BusPeer
from bot.bus.request_table import RequestRow as BusRequest
from bot.bus.work import AgentSays, AskAgent, BusAgent, BusWork, is_on_bus
from bot.bus.work import Standing as BusStanding
from bot.config.bridge import ON_BUS
from bot.discord.agents_desk import Agents, AgentState, AgentView
from bot.discord.asks_desk import AsksDesk, AskView
from bot.discord.context import Context
from bot.discord.events import (
    Deletion,
    Edit,
    FoundAgain,
    Message,
    Pins,
    Reacted,
    Reaction,
    RepliedTo,
    ThreadChange,
    ThreadState,
)
from bot.discord.memory_desk import Memory
from bot.discord.plain import plain, title
from bot.discord.runs_desk import RunsDesk
from bot.discord.server_desk import CogView, JobView, LimitsView, Server, SettingView, Silence
from bot.errors import (
    ChannelElsewhere,
    CogswarmError,
    ConfigError,
    NotDone,
    OutsideError,
    TimedOut,
    UserError,
)
from bot.llm.protocol import Image, Passage, Schema, Turn
from bot.mcp.errors import ToolCallError
from bot.mcp.results import ToolResult
from bot.memory.facts.desk import Facts, Noted
from bot.memory.facts.fact import Fact, NewFact
from bot.memory.facts.index_message import IndexRules
from bot.memory.facts.marking import FactWords
from bot.memory.held import Held
from bot.memory.known import Knowledge, Known
from bot.memory.library import Recollection
from bot.memory.sources import Document, Source
from bot.plugins.choices_table import Change
from bot.plugins.cog import API_VERSION, Cog
from bot.plugins.commands import Command, Group
from bot.plugins.forms import Form, entry
from bot.plugins.gate import Access
from bot.plugins.options import option
from bot.plugins.settings import NoSettings, Settings, setting
from bot.plugins.settings_fields import SettingField
from bot.plugins.spec import hookimpl
from bot.plugins.values import Attachment, Channel, Member, Role
from bot.work.allocation.ageing import in_turn
from bot.work.allocation.bids import Decision as Ranking
from bot.work.allocation.bids import Scored, Terms, explained
from bot.work.allocation.candidates import Award, Candidate, Need, drawn
from bot.work.allocation.claim import Claim
from bot.work.allocation.strategies import FIRST_COME, STRATEGIES, queue_for
from bot.work.auctions.auction import (
    LIVE,
    Auction,
    AuctionBid,
    AuctionEvent,
    AuctionRules,
    BidBy,
    NewAuction,
    Placed,
    Record,
    Via,
    member_of,
)
from bot.work.auctions.desk import Auctions
from bot.work.auctions.replaying import Replay
from bot.work.auctions.showing import Told
from bot.work.circles.desk import Circles
from bot.work.circles.link import Link
from bot.work.lanes import Earlier
from bot.work.notes import Notes
from bot.work.polls import LONGEST_ANSWER, MOST_ANSWERS, Delivered, Poll, hours_for
from bot.work.principal import Principal
from bot.work.run import Run
from bot.work.runs_list import RunView
from bot.work.spend_table import SpendRow
from bot.work.streaming import Show
from bot.work.surface import Button, Choice, Embed, EmbedField, File, Say, Select, Speaker, Tag
from bot.work.tasks.desk import Tasks
from bot.work.tasks.flow_table import Hour
from bot.work.tasks.giving import Given
from bot.work.tasks.leading import Plans
from bot.work.tasks.moving import TaskLost
from bot.work.tasks.plan import PARTS, Part
from bot.work.tasks.plan import checked as checked_parts
from bot.work.tasks.plan import read as read_parts
from bot.work.tasks.plan import written as written_parts
from bot.work.tasks.plan_table import Plan
from bot.work.tasks.resource_table import InUse
from bot.work.tasks.showing import Board, Look
from bot.work.tasks.skills import Skilled
from bot.work.tasks.states import HELD, OVER, STATES, State, towards
from bot.work.tasks.task import (
    BOT,
    MARKS,
    Hold,
    NewTask,
    QueueRules,
    QueueView,
    Task,
    TaskEvent,
    TaskResult,
    Worker,
)
from bot.work.tasks.tasks_list import Filter
from bot.work.transcript import Utterance
from bot.work.votes.counting import choice_of
from bot.work.votes.desk import Votes
from bot.work.votes.polled import Polled
from bot.work.votes.tally import METHODS, Cast, Method, Tally, tally, tie_order
from bot.work.votes.vote import (
    LETTERS,
    LONGEST_PROPOSAL,
    NONE,
    Counted,
    NewBallot,
    NewVote,
    Option,
    Outcome,
    Proposal,
    SealedBallot,
    Vote,
    VoteRules,
)
from bot.work.waiting import Answer, Decision, Ending

__all__ = [
    "API_VERSION",
    "BOT",
    "FIRST_COME",
    "HELD",
    "LETTERS",
    "LIVE",
    "LONGEST_ANSWER",
    "LONGEST_PROPOSAL",
    "MARKS",
    "METHODS",
    "MOST_ANSWERS",
    "NONE",
    "ON_BUS",
    "OVER",
    "PARTS",
    "STATES",
    "STRATEGIES",
    "Access",
    "Agent",
    "AgentSays",
    "AgentSpec",
    "AgentState",
    "AgentView",
    "Agents",
    "Answer",
    "Approval",
    "ApprovalRules",
    "AskAgent",
    "AskBus",
    "AskView",
    "AsksDesk",
    "AtWork",
    "Attachment",
    "Auction",
    "AuctionBid",
    "AuctionEvent",
    "AuctionRules",
    "Auctions",
    "Award",
    "BidBy",
    "Board",
    "BudgetUsedUp",
    "BusAgent",
    "BusDesk",
    "BusLetter",
    "BusPeer",
    "BusRequest",
    "BusStanding",
    "BusWork",
    "Button",
    "Candidate",
    "Cast",
    "Change",
    "Channel",
    "ChannelElsewhere",
    "Choice",
    "Circles",
    "Claim",
    "Cog",
    "CogView",
    "CogswarmError",
    "Command",
    "ConfigError",
    "Context",
    "Conversation",
    "Counted",
    "Decision",
    "Deletion",
    "Delivered",
    "Document",
    "Earlier",
    "Edit",
    "Embed",
    "EmbedField",
    "Ending",
    "Fact",
    "FactWords",
    "Facts",
    "File",
    "Filter",
    "Form",
    "FoundAgain",
    "Given",
    "Group",
    "Held",
    "Hold",
    "Hour",
    "Image",
    "InUse",
    "IndexRules",
    "JobView",
    "Knowledge",
    "Known",
    "Lesson",
    "LimitsView",
    "Link",
    "Look",
    "Member",
    "Memory",
    "Message",
    "Method",
    "Need",
    "NewAuction",
    "NewBallot",
    "NewFact",
    "NewTask",
    "NewVote",
    "NoSettings",
    "NotDone",
    "Noted",
    "Notes",
    "Option",
    "Outcome",
    "OutsideError",
    "Part",
    "Passage",
    "Pins",
    "Placed",
    "Plan",
    "Plans",
    "Policy",
    "Poll",
    "Polled",
    "Principal",
    "Proposal",
    "QueueRules",
    "QueueView",
    "Ranking",
    "Reacted",
    "Reaction",
    "Recollection",
    "Record",
    "Replay",
    "RepliedTo",
    "Reply",
    "Role",
    "Run",
    "RunView",
    "RunsDesk",
    "Say",
    "Schema",
    "Scored",
    "SealedBallot",
    "Select",
    "Server",
    "SettingField",
    "SettingView",
    "Settings",
    "Show",
    "Silence",
    "Skilled",
    "Source",
    "Speaker",
    "SpendRow",
    "State",
    "Tag",
    "Tally",
    "Task",
    "TaskEvent",
    "TaskLost",
    "TaskResult",
    "Tasks",
    "Terms",
    "ThreadChange",
    "ThreadState",
    "TimedOut",
    "Told",
    "ToolCallError",
    "ToolResult",
    "Turn",
    "UserError",
    "Utterance",
    "Via",
    "Vote",
    "VoteRules",
    "Votes",
    "Who",
    "Worker",
    "checked_parts",
    "choice_of",
    "drawn",
    "entry",
    "explained",
    "hookimpl",
    "hours_for",
    "in_turn",
    "is_on_bus",
    "member_of",
    "option",
    "plain",
    "queue_for",
    "read_parts",
    "setting",
    "tally",
    "tie_order",
    "title",
    "towards",
    "written_parts",
]
