import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.observe.known_secrets import REDACTED
from bot.observe.redaction import Redactor
from bot.observe.secret_forms import SHORTEST

secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=SHORTEST, max_size=40).filter(
    lambda secret: len(set(secret)) > 3 and secret.strip() == secret and secret not in REDACTED
)
around = st.text(max_size=10)


def redactor(*known: str) -> Redactor:
    made = Redactor()
    made.add(known)
    return made


@given(secrets, around, around)
def test_a_known_secret_leaves_text_in_every_form_it_travels_in(secret: str, before: str, after: str) -> None:
    redact = redactor(secret)
    raw = secret.encode()
    forms = [
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        quote(secret, safe="").lower() if secret.islower() else secret,
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
    ]
    for form in forms:
        assume(form not in before + after)
        assert form not in redact(f"{before}{form}{after}").replace(REDACTED, "\0")


@given(
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=12, max_size=60),
    st.binary(max_size=7),
    st.binary(max_size=7),
)
def test_a_secret_within_longer_base64_cannot_be_read_back(secret: str, before: bytes, after: bytes) -> None:
    """`Authorization: Basic` carries user:password in one piece of base64."""
    assume(len(set(secret)) > 4)
    encoded = base64.b64encode(before + secret.encode() + after).decode()
    shown = redactor(secret)(encoded)
    assert REDACTED in shown
    kept = shown.replace(REDACTED, "")
    # What is left around the hole holds at most the ends that share a character with the neighbours.
    assert len(kept) <= len(encoded) - (len(secret) * 4 // 3 - 3)


@given(st.text(max_size=200))
def test_text_without_secrets_stays_as_it_is(text: str) -> None:
    assume(not any(mark in text.lower() for mark in ("://", "bearer", "basic", "sk-")))
    assert redactor("a secret that is nowhere else")(text) == text


@pytest.mark.parametrize(
    "secret",
    [
        "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde.abcdefghijklmnopqrstuvwxyz0123456789ab",
        "sk-proj-abcdefghijklmnopqrst",
        "sk-ant-api03-abcdefghijklmnopqrstuvwxyz_0123",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "github_pat_abcdefghijklmnopqrstuvwxyz",
    ],
)
def test_what_looks_like_a_secret_is_taken_out_though_nobody_registered_it(secret: str) -> None:
    shown = Redactor()(f"login with {secret}, then go")
    assert secret not in shown
    assert shown == f"login with {REDACTED}, then go"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abcdef012345", f"Authorization: Bearer {REDACTED}"),
        ("authorization: basic dXNlcjpwYXNzd29yZA==", f"authorization: basic {REDACTED}"),
        ("postgresql://user:pass@host:5432/db", f"postgresql://{REDACTED}@host:5432/db"),
        (
            "https://discord.com/api/v10/webhooks/123456789012345678/abcdefghijklmnopqrstuvwxyz?wait=1",
            f"https://discord.com/api/v10/webhooks/{REDACTED}?wait=1",
        ),
        (
            "/interactions/123456789012345678/aW50ZXJhY3Rpb246abcdefghij/callback",
            f"/interactions/{REDACTED}/callback",
        ),
        ("https://example.org:8080/a@b", "https://example.org:8080/a@b"),
        ("the bearer of news", "the bearer of news"),
    ],
)
def test_tokens_in_headers_and_addresses(text: str, shown: str) -> None:
    assert Redactor()(text) == shown


def test_a_short_secret_is_only_recognised_alone() -> None:
    redact = redactor("12345")
    assert redact("12345") == REDACTED
    assert redact("port 12345") == "port 12345"


def test_secrets_can_be_added_later_and_never_show_in_the_repr() -> None:
    redact = redactor("first-secret")
    redact.add(["second-secret", ""])
    assert redact("first-secret second-secret third") == f"{REDACTED} {REDACTED} third"
    assert "secret" not in repr(redact)


def test_a_secret_that_contains_another_goes_whole() -> None:
    assert redactor("abcdef", "abcdefghijkl")("x abcdefghijkl y") == f"x {REDACTED} y"


def test_long_hostile_text_is_read_in_one_go() -> None:
    text = ("a" * 50 + ".") * 20_000 + "://" + "x:" * 100_000
    assert len(redactor("some-secret")(text)) > 100_000
