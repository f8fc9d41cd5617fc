import pytest

from tests.sizes import VARIABLE, size


def test_a_criterion_runs_small_unless_the_stated_size_is_asked_for() -> None:
    assert size("AC-X", small=5, stated=1000, environ={}) == 5
    assert size("AC-X", small=5, stated=1000, environ={VARIABLE: "small"}) == 5
    assert size("AC-X", small=5, stated=1000, environ={VARIABLE: "stated"}) == 1000
    assert size("AC-X", small=0.5, stated=2.5, environ={VARIABLE: "stated"}) == 2.5


def test_a_slip_is_named() -> None:
    with pytest.raises(ValueError, match="large is not known"):
        size("AC-X", small=5, stated=1000, environ={VARIABLE: "large"})
    with pytest.raises(ValueError, match=r"AC-X.*swap"):
        size("AC-X", small=1000, stated=5)
