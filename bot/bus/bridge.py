"""The bridge of a bot: opens the bus that the configuration names, keeps an office at work, and answers for both."""

import hashlib
from dataclasses import replace
from pathlib import Path

import structlog

from bot.bus import context_block, pending_file
from bot.bus.choosing import AbstractBus, opened_bus
from bot.bus.in_process import InProcessBus, echo
from bot.bus.letters import Account, Peer
from bot.bus.office import Office
from bot.bus.parts import IsOn, OfficeParts, OfficeRules, OfficeSettings
from bot.clock import Clock
from bot.config.bridge import ECHO, IN_PROCESS, BridgeSection
from bot.errors import OutsideError, UserError
from bot.storage.database import Database
from bot.work.surface import Surface

log = structlog.get_logger(__name__)

NOT_CONNECTED = "The bridge is not connected to its bus just now."


class Bridge:
    """One process's bridge; `run_forever` does the work, everything else may be asked meanwhile."""

    def __init__(
        self,
        section: BridgeSection,
        database: Database,
        surface: Surface,
        clock: Clock,
        is_on: IsOn,
        *,
        alert_channel: int | None = None,
        folder: Path | None = None,
        settings: OfficeSettings | None = None,
        inside: InProcessBus | None = None,
    ) -> None:
        """``inside`` is the bus at ``in-process:``; left out, one where every agent repeats what it hears."""
        self.section = section
        self._folder = folder or Path()
        self._clock = clock
        patience = replace(settings or OfficeSettings(rest=section.poll_seconds), keep_days=section.keep_days)
        self.parts = OfficeParts(database, surface, clock, patience, rules_of(section, alert_channel), is_on)
        self._office: Office | None = None
        self._bus: AbstractBus | None = None
        self._inside = inside or InProcessBus(
            clock, {ECHO: echo} | dict.fromkeys([*section.may_be_asked, *section.workers], echo)
        )

    async def run_forever(self) -> None:
        """Work until cancelled; where nothing is to be sent, only take in what another connector waits for."""
        section = self.section
        if section.pending_file:
            await pending_file.take_in(self.parts, self._folder / section.pending_file, section)
        if section.dry_run:
            log.info("bridge_dry_run", url=shown(section.url))
            return
        token = section.bus_token.get_secret_value() if section.bus_token is not None else ""
        account = Account(section.url, token, section.name)
        protocol = "in-process" if section.url == IN_PROCESS else section.protocol
        async with opened_bus(account, self._clock, protocol, bus=self._inside) as bus:
            self._bus, self._office = bus, Office(self.parts, bus)
            log.info(
                "bridge_at_work", url=shown(section.url), name=section.name, poll_seconds=section.poll_seconds
            )
            try:
                await self._office.run_forever()
            finally:
                self._bus = self._office = None

    def wake(self) -> None:
        """Something is to be sent."""
        if self._office is not None:
            self._office.wake()

    @property
    def kind(self) -> str:
        """What the bus speaks. Raises `OutsideError` where that is not known yet."""
        return self._reached().transport.kind

    @property
    def stopped(self) -> str:
        """Why the bridge works no more; empty where it does."""
        return "" if self._office is None else self._office.stopped

    async def peers(self) -> list[Peer]:
        """Who is on the bus just now. Raises `OutsideError`."""
        return await self._reached().transport.peers()

    def _reached(self) -> AbstractBus:
        if self._bus is None:
            raise OutsideError(NOT_CONNECTED)
        return self._bus

    def check_may(self, member_id: int, roles: tuple[int, ...]) -> None:
        """Raise `UserError` where the owner does not let somebody write to agents."""
        section = self.section
        everybody = not section.people and not section.roles
        if not (everybody or member_id in section.people or set(roles) & set(section.roles)):
            raise UserError(
                "The owner of this bot has not named you among those who may write to the bus's agents."
            )


def rules_of(section: BridgeSection, alert_channel: int | None) -> OfficeRules:
    """Who we are on the bus, and what its agents may do."""
    token = section.bus_token.get_secret_value() if section.bus_token is not None else section.url
    signing = section.signing_key.get_secret_value() if section.signing_key is not None else ""
    first = next((int(one) for one in section.channels), None)
    return OfficeRules(
        line=hashlib.sha256(f"{section.url}\n{section.name}".encode()).hexdigest()[:32],
        name=section.name,
        key=context_block.key_of(signing, token, section.name),
        review_channel=section.review_channel or alert_channel or first,
        may_write={agent: frozenset(channels) for agent, channels in section.may_write.items()},
        replies=section.read_replies,
    )


def shown(url: str) -> str:
    """An address as it may be logged: some carry the token in their path or query."""
    base, slashes, rest = url.partition("://")
    return f"{base}{slashes}{rest.partition('/')[0]}" if slashes else url
