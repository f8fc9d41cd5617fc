"""What tools and models say can be stored, whatever is in it, and what can be stored is left alone."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from bot.storage.database import Database
from bot.storage.storable import storable

TEXTS = st.text(st.characters(codec=None, exclude_categories=()) | st.just("\0"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_nothing_is_left_that_cannot_be_stored(value: Any) -> None:
    kept = storable(value)
    assert "\0" not in repr(kept)
    repr(kept).encode("utf-8")
    assert storable(kept) == kept


async def test_the_database_takes_it(database: Database) -> None:
    said = {"a\0": ["x\ud800y\0", 1], "b": "\\u0000 is said, not meant"}
    async with database.connection() as conn:
        cursor = await conn.execute("SELECT %s::jsonb", (Jsonb(storable(said)),))
        assert await cursor.fetchone() == ({"a": ["x?y", 1], "b": "\\u0000 is said, not meant"},)


def test_what_can_be_stored_is_the_same_object() -> None:
    value = {"a": ["ä", 1]}
    assert storable(value) is value
