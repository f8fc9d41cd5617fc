"""The pictures of the documents: taken in tests, and kept where `make screenshots` asks for it."""

import os
import shutil
from pathlib import Path

from playwright.async_api import Page

PICTURES = Path(__file__).parents[2] / "docs" / "img"
LEAST, MOST = 10_000, 300_000


def keeps_pictures() -> bool:
    """Whether this run is to renew the documents' pictures."""
    return bool(os.environ.get("COGSWARM_SCREENSHOTS"))


async def keep_picture(page: Page, name: str, folder: Path) -> None:
    """Take a picture of what is in the window; fails where it is empty or too large to be put into a document."""
    picture = folder / name
    await page.screenshot(path=picture)
    assert LEAST < picture.stat().st_size < MOST, f"{name}: {picture.stat().st_size} bytes"
    if keeps_pictures():
        PICTURES.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, PICTURES / name)
