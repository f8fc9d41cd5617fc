"""The gate before what agents note: measured on seeded noise, of which little passes, and plain facts, which all do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cogs.pins_memory.junk import junk

NOTES = Path(__file__).with_name("notes_of_agents.txt")
MOST_NOISE = 0.1
FACTS = "facts"


def notes() -> dict[str, list[str]]:
    """The lines of the fixture, by kind."""
    found: dict[str, list[str]] = {}
    kind = ""
    for line in NOTES.read_text("utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            kind = line[1:-1]
        elif line and not line.startswith("# "):
            found.setdefault(kind, []).append(line)
    return found


def test_ac_m3_little_noise_and_every_plain_fact_is_kept(measured: Callable[[str], None]) -> None:
    by_kind = notes()
    facts = by_kind.pop(FACTS)
    noise = [note for kind in by_kind.values() for note in kind]
    passed = [note for note in noise if junk(note) is None]
    lost = [fact for fact in facts if junk(fact) is not None]
    assert len(noise) >= 100
    assert len(facts) >= 60
    assert lost == []
    assert len(passed) <= MOST_NOISE * len(noise), passed
    # without the gate all of it would be kept
    assert len(noise) > MOST_NOISE * (len(noise) + len(facts))
    measured(
        f"the junk gate keeps {len(passed)} of {len(noise)} notes that are noise ({len(passed) / len(noise):.0%}) and "
        f"{len(facts) - len(lost)} of {len(facts)} plain facts"
    )


@pytest.mark.parametrize(
    ("note", "known", "same"),
    [
        ("Deploys happen on Tuesdays at ten.", "Deploys happen on Tuesdays, at ten!", True),
        ("On Tuesdays, at 10:00, deploys happen.", "Deploys happen on Tuesdays at 10:00.", True),
        ("Deploys happen on Tuesdays at 11:00.", "Deploys happen on Tuesdays at 10:00.", False),
        ("Ada owns the billing service.", "Chen owns the mail service.", False),
    ],
)
def test_what_is_known_is_not_noted_again(note: str, known: str, *, same: bool) -> None:
    assert (junk(note, [known]) is not None) is same
