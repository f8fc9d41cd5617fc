"""The set-up takes the first interpreter that works, in the order that is promised."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.meta.fake_programs import fitting, plain_path, pyenv_shim, unfitting
from tests.tools import ROOT

FIND = ROOT / "scripts" / "find-python.sh"
VERSIONS = ("3.13", "3.12", "3.14", "3.15")
FAKES = {"fits": fitting, "too old": unfitting, "shim": pyenv_shim}
# Where a candidate lies, in the order in which they are tried.
PLACES = (
    *(
        place
        for version in VERSIONS
        for place in (f"bin/python{version}", f"pyenv/versions/{version}.1/bin/python3")
    ),
    "bin/python3",
    "bin/python",
)


def _find(home: Path, **extra: str) -> tuple[int, str]:
    environ = {"PATH": str(home / "bin"), "HOME": str(home), "PYENV_ROOT": str(home / "pyenv"), **extra}
    done = subprocess.run([str(FIND)], env=environ, capture_output=True, text=True, check=False, timeout=30)
    return done.returncode, done.stdout.strip()


def _furnish(home: Path, fakes: Mapping[str, str]) -> None:
    plain_path(home / "bin")
    for place, kind in fakes.items():
        FAKES[kind](home / place)


@settings(max_examples=40, deadline=None)  # each example runs a dozen processes
@given(st.dictionaries(st.sampled_from(PLACES), st.sampled_from(sorted(FAKES))))
def test_the_first_that_works_is_chosen(fakes: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _furnish(home, fakes)
        expected = next((place for place in PLACES if fakes.get(place) == "fits"), None)
        code, found = _find(home)
        assert found == ("" if expected is None else str(home / expected))
        assert code == (1 if expected is None else 0)


def test_a_failing_pyenv_shim_gives_way_to_the_version_that_pyenv_has(tmp_path: Path) -> None:
    _furnish(
        tmp_path,
        {"bin/python3.13": "shim", "bin/python3": "shim", "pyenv/versions/3.13.1/bin/python3": "fits"},
    )
    assert _find(tmp_path) == (0, str(tmp_path / "pyenv/versions/3.13.1/bin/python3"))


def test_pyenv_is_found_in_the_home_folder_too(tmp_path: Path) -> None:
    _furnish(tmp_path, {".pyenv/versions/3.12.1/bin/python3": "fits"})
    environ = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    done = subprocess.run([str(FIND)], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(tmp_path / ".pyenv/versions/3.12.1/bin/python3")


def test_a_wish_goes_first_and_a_useless_one_is_said(tmp_path: Path) -> None:
    _furnish(tmp_path, {"bin/python3.13": "fits"})
    own, old = fitting(tmp_path / "own"), unfitting(tmp_path / "old")
    assert _find(tmp_path, PYTHON=str(own)) == (0, str(own))
    assert _find(tmp_path, PYTHON=str(old)) == (0, str(tmp_path / "bin/python3.13"))


def test_a_real_interpreter_answers_where_it_is(tmp_path: Path) -> None:
    code, found = _find(plain_path(tmp_path / "bin").parent, PYTHON=sys.executable)
    assert code == 0
    assert Path(found).samefile(sys.executable)


def test_a_real_interpreter_that_is_too_old_is_refused(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    # This runs in the interpreter before the set-up's question does.
    (site / "sitecustomize.py").write_text("import sys; sys.version_info = (3, 11)", encoding="utf-8")
    plain_path(tmp_path / "bin")
    assert _find(tmp_path, PYTHON=sys.executable, PYTHONPATH=str(site)) == (1, "")
