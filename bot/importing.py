"""Imports what is large without Python looking for garbage meanwhile: for modules that begin a process."""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def importing() -> Generator[None]:
    """For a block of imports: what they make stays, and looking through it again and again is a third of a start.

    It is not looked through later either, nor taken apart at the end of the process.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
