"""Property tests of what takes the configuration's secrets out of texts, values, files, and texts that still grow."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.discord.rendering import bodies
from bot.discord.without_secrets import without_secrets
from bot.observe.known_secrets import REDACTED, Secrets, is_telling, telling
from bot.observe.secret_forms import forms_of
from bot.work.embeds import Embed, EmbedField
from bot.work.surface import File, Say

URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
tokens = st.text(f"{URL_SAFE}./+=:@!?%&ü☂\"'\\", min_size=8, max_size=48).filter(
    lambda secret: is_telling(secret) and secret not in REDACTED
)
several = st.lists(tokens, min_size=1, max_size=4)
words = st.text("abc \n.[]…/\\\"'", max_size=40)


def written(secret: str, way: str) -> str:
    raw = secret.encode()
    match way:
        case "json":
            return json.dumps(secret)[1:-1]
        case "url":
            return quote(secret, safe="")
        case "0" | "1" | "2":
            return base64.b64encode(b"#" * int(way) + raw + b"##").decode()
        case _:
            return secret


ways = st.sampled_from(["plain", "json", "url", "0", "1", "2"])


def absent(secrets: list[str], text: str) -> bool:
    """Whether no form of a secret is in ``text``; what stands in place of secrets may hold one."""
    parts = text.split(REDACTED)
    return not any(form in part for secret in secrets for form in forms_of(secret) for part in parts)


@given(several, st.data())
def test_secrets_anywhere_in_a_text_go_in_every_form(secrets: list[str], data: st.DataObject) -> None:
    placed = [written(data.draw(st.sampled_from(secrets)), data.draw(ways)) for _ in range(3)]
    text = "".join(data.draw(words) + one for one in placed) + data.draw(words)
    assert absent(secrets, Secrets(secrets).text(text))


@given(several, st.data())
def test_a_text_that_grows_never_shows_a_part_of_a_secret(secrets: list[str], data: st.DataObject) -> None:
    """However it is cut into pieces: what is shown is a beginning of what will stand there at the end."""
    placed = [written(data.draw(st.sampled_from(secrets)), data.draw(ways)) for _ in range(2)]
    text = "".join(data.draw(words) + one for one in placed) + data.draw(words)
    known = Secrets(secrets)
    whole = known.text(f"{text}\0")  # something behind it, so that its end is not taken for a cut
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    for end in cuts:
        assert whole.startswith(known.growing(text[:end]))


@given(tokens, st.integers(8, 47))
def test_of_a_secret_that_was_cut_off_nothing_stays(secret: str, end: int) -> None:
    beginning = secret[:end]
    assume(len(beginning) < len(secret) and "://" not in secret and is_telling(beginning))
    assume(beginning[-1] not in ".… ")
    for cut in ("", "…", " …", "..."):
        assert Secrets([secret]).text(f"it said {beginning}{cut}").rstrip(" .…") == f"it said {REDACTED}"


@given(tokens, st.integers(0, 2500), st.integers(0, 3))
def test_no_secret_is_halved_between_the_messages_of_a_long_text(
    secret: str, before: int, fences: int
) -> None:
    fence = "```\n" * fences
    say = Say(
        f"{'word ' * (before // 5)}{fence}{secret}{' more' * 500}",
        embeds=(Embed("t", "x" * before + secret + "y" * 3000, fields=(EmbedField(secret, secret),)),),
        files=(File("a.txt", f"- {secret} -".encode(), "a text"),),
    )
    seen = [
        str(part)
        for one in bodies(without_secrets(Secrets([secret]), say))
        for part in (one.body["content"], one.body.get("embeds", ""), *(file.content for file in one.files))
    ]
    assert sum(part.count(REDACTED) for part in seen) >= 3
    assert secret not in "".join(seen).replace(REDACTED, "\0")


@given(st.text(max_size=300), several)
def test_what_holds_no_secret_stays_as_it_is(text: str, secrets: list[str]) -> None:
    assume(absent(secrets, text))
    assume(not any(text.rstrip(" ….").endswith(form[:8]) for one in secrets for form in forms_of(one)))
    known = Secrets(secrets)
    assert known.value({"a": [text, 1, None]}) == {"a": [text, 1, None]}
    assert known.content(text.encode("utf-8", "surrogatepass")) == text.encode("utf-8", "surrogatepass")


def test_values_and_files() -> None:
    known = Secrets(["s3cret-value"])
    value = {"s3cret-value": [{"a": "x s3cret-value"}, ("s3cret-value", 5)], "n": 1.5}
    assert known.value(value) == {REDACTED: [{"a": f"x {REDACTED}"}, (REDACTED, 5)], "n": 1.5}
    assert known.content(b"\xff s3cret-value \xfe") == b"\xff [redacted] \xfe"
    assert Secrets().value(value) is value
    assert "s3cret" not in repr(known)


@pytest.mark.parametrize("plain", ["postgres", "password", "12345678", "1234567", "secret", "aA1aA1aA1", ""])
def test_what_may_be_an_ordinary_word_is_left_alone(plain: str) -> None:
    assert not is_telling(plain)
    assert telling([plain]).text(f"The {plain} is here.") == f"The {plain} is here."


@pytest.mark.parametrize(
    "secret", ["Tr0ub4dor", "correcthorsebatterystaple", "pass-word", "12345678901234567"]
)
def test_what_can_be_told_is_taken_out(secret: str) -> None:
    assert telling([secret]).text(f"It is {secret}!") == f"It is {REDACTED}!"


def test_a_common_beginning_at_the_end_of_a_text_is_no_cut_secret() -> None:
    known = Secrets(["cogswarm-production-4711", "postgresql://bot:Tr0ub4dor@db/x", "Tr0ub4dor"])
    for text in ("This is cogswarm", "The database is postgresql://", "It is postgresql"):
        assert known.text(text) == text
