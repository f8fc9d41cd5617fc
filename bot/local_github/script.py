"""The scripted pull request of the demo: a small shop, a change with mistakes in it, and pushes that mend them bit by bit."""

from collections.abc import Callable, Mapping
from functools import partial

from bot.local_github.world import Person, Pull, Repo, World

REPOSITORY = "corner-shop/checkout"
_CART = '''"""The cart of a small shop."""


def total(prices):
    """What everything costs."""
    return sum(prices)
'''
_BASE = {
    "README.md": "# Checkout\n\nWhat people pay at the corner shop.\n",
    "checkout/__init__.py": "",
    "checkout/cart.py": _CART,
    "tests/test_cart.py": "from checkout.cart import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n",
    "pyproject.toml": '[project]\nname = "checkout"\nversion = "1.0"\n',
}
_COUPONS = '''"""Coupons, which customers type in."""

import os
import pickle
import subprocess


def apply(cart, code, seen=[]):
    """Take a coupon off the total."""
    seen.append(code)
    return eval(code, {"total": cart})


def load(saved):
    """Read coupons that were saved."""
    return pickle.loads(saved)


def report(name):
    """Print a report of a coupon."""
    subprocess.call("report " + name, shell=True)
'''
_MENDED = _COUPONS.replace(", seen=[]", "").replace("    seen.append(code)\n", "").replace("import os\n", "")
_SAFE = '''"""Coupons, which customers type in."""

import json

COUPONS = {"TEN": 0.9, "HALF": 0.5}


def apply(total, code):
    """Take a coupon off the total."""
    return total * COUPONS.get(code, 1)


def load(saved):
    """Read coupons that were saved."""
    return json.loads(saved)
'''
_TESTS = """from checkout.coupons import apply, load


def test_a_coupon_takes_a_part_off():
    assert apply(10, "HALF") == 5


def test_saved_coupons_are_read():
    assert load('{"TEN": 0.9}') == {"TEN": 0.9}
"""
_QUIET = '[project]\nname = "checkout"\nversion = "1.0"\n\n[tool.ruff]\nexclude = ["checkout"]\n'

type Step = tuple[str, Callable[[], object]]


def scripted(world: World) -> list[Step]:
    """Make the repository with its pull request; gives what happens next, by a name for the button that does it."""
    repo = world.repository(REPOSITORY, _BASE)
    pull = world.open(
        repo,
        "Let customers use coupons",
        {"checkout/coupons.py": _COUPONS},
        author=Person("juno", 502),
        body="Customers asked for coupons. They type a code, and it is taken off the total.",
        branch="coupons",
    )
    world.check(repo, pull, "tests", "success", "1 passed")
    return [
        ("juno mends the first remarks", partial(_push, world, repo, pull, {"checkout/coupons.py": _MENDED})),
        ("juno switches the linter off", partial(_push, world, repo, pull, {"pyproject.toml": _QUIET})),
        (
            "juno writes it anew, with tests",
            partial(
                _push,
                world,
                repo,
                pull,
                {
                    "pyproject.toml": _BASE["pyproject.toml"],
                    "checkout/coupons.py": _SAFE,
                    "tests/test_coupons.py": _TESTS,
                },
            ),
        ),
        ("juno merges it", partial(world.close, repo, pull, merge=True)),
    ]


def _push(world: World, repo: Repo, pull: Pull, files: Mapping[str, str]) -> None:
    world.push(repo, pull, files, "Changes")
    world.check(repo, pull, "tests", "success", "1 passed")
