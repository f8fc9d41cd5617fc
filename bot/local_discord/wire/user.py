"""Users: people, bots, and the faces of webhooks."""

from bot.local_discord.model import Application, Json, User, WebhookFace
from bot.local_discord.wire.view import View


def user_object(user: User) -> Json:
    """A user as everybody sees them."""
    return {
        "id": str(user.id),
        "username": user.username,
        "avatar": user.avatar,
        "discriminator": "0",
        "public_flags": 0,
        "flags": 0,
        "bot": user.bot,
        "banner": None,
        "accent_color": None,
        "global_name": user.global_name,
        "avatar_decoration_data": None,
        "collectibles": None,
        "primary_guild": None,
    }


def own_user_object(user: User) -> Json:
    """A user as they see themselves; nobody here has an e-mail address."""
    return {
        **user_object(user),
        "mfa_enabled": False,
        "locale": "en-US",
        "premium_type": 0,
        "email": None,
        "verified": True,
    }


def webhook_user_object(face: WebhookFace) -> Json:
    """The author of a webhook's message: the webhook's id under the name it used."""
    return {
        **user_object(User(id=face.webhook_id, username=face.name, avatar=face.avatar, bot=True)),
        "discriminator": "0000",
    }


def application_object(view: View, application: Application) -> Json:
    """An application as its own bot sees it."""
    world = view.world
    return {
        "id": str(application.id),
        "name": application.name,
        "icon": None,
        "description": application.description,
        "type": None,
        "bot": user_object(world.users[application.id]),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": application.verify_key,
        "flags": application_flags(application),
        "flags_new": str(application_flags(application)),
        "max_participants": None,
        "tags": [],
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user_object(world.users[application.owner_id]),
        "approximate_guild_count": len(world.guilds_of(application.id)),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "event_webhooks_url": None,
        "event_webhooks_status": 1,
        "event_webhooks_types": [],
        "explicit_content_filter": 0,
        "team": None,
        "integration_types_config": {"0": {}},
        "eligible_oauth2_scopes": ["applications.commands", "bot"],
    }


def basic_application_object(view: View, application: Application) -> Json:
    """An application as it appears in other objects."""
    return {
        "id": str(application.id),
        "name": application.name,
        "icon": None,
        "description": application.description,
        "type": None,
        "bot": user_object(view.world.users[application.id]),
    }


_LIMITED_FLAGS = {"presences": 1 << 13, "members": 1 << 15, "message_content": 1 << 19}


def application_flags(application: Application) -> int:
    """The flags that say which privileged intents are switched on (the "limited" ones, for small bots)."""
    flags = 1 << 23  # has registered global commands at some time
    for name in application.privileged:
        flags |= _LIMITED_FLAGS[name]
    return flags
