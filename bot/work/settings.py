"""How patient the engine is, and how much it takes on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """Times in seconds.

    Attributes:
        lease: how long a run is ours after a heartbeat; a killed process' runs are taken over after that.
        longest_lease: what that grows to for a run that is lost again and again without getting on: where machines are
            too busy to show life in time, they would otherwise take it from each other for ever.
        heartbeat: how often the lease is prolonged.
        sweep: how often due runs are looked for that nobody rang for.
        retry_delay: the first pause after something outside failed a run; each further one is twice as long.
        longest_delay: the longest of those pauses.
        retries: how often in a row that is tried again before the run has failed.
        max_attempts: how often in a row a run may be interrupted before it is given up as harmful.
        batch: how many runs are looked at in one sweep.
        concurrency: runs at a time in this process.
        per_guild: runs at a time of one guild, in all processes together.
        grace: how long what cannot be repeated may go on when the process is told to end.
        stopping: how long a workflow may take to say what was done before it was stopped.
        keep_days: how long runs that have ended are kept; 0: for ever.
        tidy: how often those are deleted that are older.
        tidy_batch: how many at once.
    """

    lease: float = 3.0
    longest_lease: float = 60.0
    heartbeat: float = 1.0
    sweep: float = 1.0
    retry_delay: float = 2.0
    longest_delay: float = 300.0
    retries: int = 4
    max_attempts: int = 50
    batch: int = 50
    concurrency: int = 20
    per_guild: int = 10
    grace: float = 5.0
    stopping: float = 30.0
    keep_days: float = 90.0
    tidy: float = 600.0
    tidy_batch: int = 500

    @property
    def leases(self) -> tuple[float, ...]:
        """The lease of the first attempt at getting on, of the second, and so on; the last is that of all further ones."""
        grown = [self.lease, self.lease]
        while grown[-1] < self.longest_lease:
            grown.append(min(self.longest_lease, 2 * grown[-1]))
        return tuple(grown)

    def lease_of(self, attempt: int) -> float:
        """How long a run is ours after a heartbeat, at this attempt at getting on (the first is 1)."""
        return self.leases[min(attempt, len(self.leases)) - 1]
