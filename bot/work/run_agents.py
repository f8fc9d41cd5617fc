"""The agents of a run: each with its persona, and with what the run gives them all to work with."""

from bot.agents.agent import Agent
from bot.agents.decisions import Decisions
from bot.agents.duty import RunDuty
from bot.agents.persona import Persona
from bot.agents.recorder import Recorder
from bot.agents.surroundings import Board, Numbered, Surroundings, Team
from bot.agents.talk_table import Talks
from bot.errors import ConfigError
from bot.work.agency import Agency
from bot.work.runs_table import RunRow
from bot.work.services import RunServices
from bot.work.taint import RunTaint


class RunAgents:
    """Sends agents to one run; their conversations are numbered across all of them."""

    def __init__(
        self,
        row: RunRow,
        services: RunServices,
        recorder: Recorder,
        board: Board,
        decisions: Decisions | None = None,
    ) -> None:
        self._row = row
        self._services = services
        self._numbered = Numbered(recorder)
        self._board = board
        self._decisions = decisions
        self.taint = RunTaint(services.database, row.id)

    def get(self, name: str, model: str | None = None) -> Agent:
        """The agent of that name; one that is not configured answers with the default model.

        ``model`` is an entry of ``models:`` to use instead of the one chosen on the server, where the owner offers it.

        Raises `UserError` where the owner does not let it work in this guild.
        """
        return self._sent(name, Team(), model)

    @property
    def talks(self) -> Talks:
        """What agents say to each other in threads."""
        return self._agency.talks

    @property
    def _agency(self) -> Agency:
        if self._services.agency is None:
            raise ConfigError("There are no agents here; give RunServices an agency.")
        return self._services.agency

    def _sent(self, name: str, team: Team, model: str | None = None) -> Agent:
        services, principal, agency = self._services, self._row.principal, self._agency
        persona = services.permit(principal.guild_id, services.personas.get(name))
        # Those it hands tasks to share what was said among them, so that it is judged as one talk.
        shared = Team(lambda other: self._sent(other, shared), agency.talks.limits, team.spoken)
        return Agent(persona, principal, self._around(persona, shared, agency, model))

    def _around(self, persona: Persona, team: Team, agency: Agency, model: str | None) -> Surroundings:
        services, principal = self._services, self._row.principal
        return Surroundings(
            meter=services.meter(self._row.id, principal, persona.budget),
            toolbox=services.tools,
            permit=agency.permit,
            talks=self._numbered,
            duty=RunDuty(
                services.database,
                agency.members,
                services.clock,
                agency.holder,
                self._row.id,
                principal.guild_id,
                lambda model: agency.model(principal.guild_id, model),
                agency.duty,
                model,
            ),
            taint=self.taint,
            board=self._board,
            team=team,
            clock=services.clock,
            # In direct messages there is nobody beside whoever asks, and nobody approves their own wish.
            decisions=None if principal.direct else self._decisions,
        )
