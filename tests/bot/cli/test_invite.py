import base64
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import nextcord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.invite import PERMISSIONS, application_id, invite_url, permission_bits
from bot.cli.session import Session

type Run = Callable[..., tuple[int, str, str]]


@given(st.integers(min_value=1, max_value=2**63 - 1))
def test_the_application_is_the_first_part_of_the_token(number: int) -> None:
    first = base64.urlsafe_b64encode(str(number).encode()).decode()
    assert application_id(f"{first.rstrip('=')}.Gabcde.secret") == number
    assert application_id(f"{first}.Gabcde.secret") == number


@given(st.text(max_size=40) | st.text("abcdefgh.=_-0123456789", max_size=40))
def test_any_other_text_is_no_token_of_ours(text: str) -> None:
    found = application_id(text)
    assert found is None or found > 0


@pytest.mark.parametrize(
    "token", ["", "MTIz", "MTIz.a", "MTIz.a.b.c", "YWJj.a.b", "MA==.a.b", "4pml.a.b", "LTEy.a.b"]
)
def test_what_is_no_token_has_no_application(token: str) -> None:
    assert application_id(token) is None


def test_the_address_asks_for_the_bot_its_commands_and_what_it_needs() -> None:
    address = urlsplit(invite_url(42, 3))
    assert address.scheme == "https"
    assert address.netloc == "discord.com"
    assert parse_qs(address.query) == {
        "client_id": ["42"],
        "scope": ["bot applications.commands"],
        "permissions": ["3"],
    }


def test_the_bits_are_those_nextcord_knows_by_these_names() -> None:
    asked = nextcord.Permissions(permission_bits(PERMISSIONS))
    names = {name for name, on in asked if on}
    assert names == {
        "add_reactions",
        "read_messages",  # what Discord calls View Channels
        "send_messages",
        "embed_links",
        "attach_files",
        "read_message_history",
        "manage_webhooks",
        "manage_threads",
        "create_public_threads",
        "send_messages_in_threads",
    }
    assert len(PERMISSIONS) == len(names)
    assert not asked.administrator


def test_invite_prints_only_the_address_on_standard_output(
    run: Run, session: Session, token: str, tmp_path: Path
) -> None:
    session.environ = {"DISCORD_TOKEN": token}
    (tmp_path / "config.yaml").write_text("version: 1\n", encoding="utf-8")
    code, out, err = run("invite")
    assert code == 0
    # what the cogs need besides: to pin what agents shall know
    wanted = permission_bits(PERMISSIONS) | 1 << 51
    assert out == f"{invite_url(123456789012345678, wanted)}\n"
    assert "Pin Messages" in err
    assert "Manage Webhooks" in err
    assert token not in out + err


def test_the_id_can_be_given_without_any_configuration(run: Run) -> None:
    code, out, _ = run("invite", "--app-id", "99")
    assert code == 0
    assert "client_id=99&" in out


def test_a_token_that_says_nothing_asks_for_the_id(run: Run, session: Session, tmp_path: Path) -> None:
    session.environ = {"DISCORD_TOKEN": "some-other-form"}
    (tmp_path / "config.yaml").write_text("version: 1\n", encoding="utf-8")
    code, out, err = run("invite")
    assert code == 1
    assert not out
    assert "--app-id" in err


def test_no_token_says_how_to_set_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("version: 1\n", encoding="utf-8")
    code, _, err = run("invite")
    assert code == 78
    assert "DISCORD_TOKEN" in err
