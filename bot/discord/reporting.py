"""What nobody foresaw: logged with a number, and the number is all that people are told."""

from uuid import uuid4

import structlog

log = structlog.get_logger(__name__)


def broken(cog: str, error: Exception) -> str:
    """Log an error of a cog and give the sentence for people."""
    error_id = uuid4().hex[:8]
    log.error("handler_broke", cog=cog, error_id=error_id, exc_info=error)
    return f"Something broke here (error {error_id}). The bot's log has the details."
