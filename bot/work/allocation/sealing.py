"""Seals what somebody bids: a hash that binds them now, and what it was made of, which is shown when all are."""

import json
import math
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from uuid import UUID

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says a task will take them: ``seconds``, and ``cost`` in US dollars."""

    seconds: float
    cost: float = 0.0

    @property
    def could_be_true(self) -> bool:
        """Whether these are numbers that work could have."""
        return (
            math.isfinite(self.seconds) and math.isfinite(self.cost) and self.seconds > 0 and self.cost >= 0
        )


def written(claim: Claim) -> str:
    """A claim as it is hashed: JSON with sorted keys, without spaces."""
    return json.dumps({"cost": claim.cost, "seconds": claim.seconds}, separators=(",", ":"), sort_keys=True)


def read(text: str) -> Claim:
    """A claim as it was written."""
    found = json.loads(text)
    return Claim(float(found["seconds"]), float(found["cost"]))


def seal_of(auction_id: UUID, bidder: str, salt: bytes, claim: str) -> str:
    """The SHA-256 of ``auction:bidder:salt:claim`` in hex, which fits no other bid.

    The salt is kept as secret as the claim until both are shown: there are so few plausible claims that a hash with a
    known salt would give them away.
    """
    return sha256(f"{auction_id}:{bidder}:{salt.hex()}:{claim}".encode()).hexdigest()


def fits(seal: str, auction_id: UUID, bidder: str, salt: bytes, claim: str) -> bool:
    """Whether a seal was made of these."""
    return compare_digest(seal, seal_of(auction_id, bidder, salt, claim))
