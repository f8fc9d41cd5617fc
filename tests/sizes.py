"""The one place where the sizes of acceptance criteria come from.

A criterion states a number ("1,000 sends", "50 kills"). ``make test`` runs it small, to stay quick; ``make accept``
runs the same tests at the stated size. A test asks for its size by the criterion's name::

    SENDS = size("AC-P1 sends", small=50, stated=1_000)
"""

import os
from collections.abc import Mapping

VARIABLE = "COGSWARM_SIZES"
CHOICES = ("small", "stated")


def chosen(environ: Mapping[str, str] = os.environ) -> str:
    """Which sizes this run uses, ``small`` or ``stated``; raises ValueError for any other word."""
    choice = environ.get(VARIABLE) or "small"
    if choice not in CHOICES:
        raise ValueError(f"{VARIABLE}={choice} is not known; write {' or '.join(CHOICES)}.")
    return choice


def size[Number: (int, float)](
    criterion: str, *, small: Number, stated: Number, environ: Mapping[str, str] = os.environ
) -> Number:
    """How many, how long or how large this run takes ``criterion``; raises ValueError where small exceeds stated."""
    if small > stated:
        raise ValueError(f"{criterion}: the small size {small} exceeds the stated size {stated}; swap them.")
    return stated if chosen(environ) == "stated" else small
