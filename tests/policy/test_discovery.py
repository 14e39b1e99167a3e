"""A policy is found by its name, shipped or brought by a package, or by its path."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from launchfsm.policy.discovery import (
    ENTRY_POINTS,
    PolicyNotFoundError,
    find_policy,
    is_path,
    is_shipped,
    policy_names,
    shipped_policies,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Bring = Callable[..., Path]


@pytest.fixture
def bring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bring]:
    """Lay a small package with entry points onto `sys.path`, as installing it would."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    modules = set(sys.modules)

    def lay(entry_points: str, code: str = "", package: str = "brought") -> Path:
        (site / package).mkdir()
        (site / package / "__init__.py").write_text(code, encoding="utf-8")
        info = site / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{ENTRY_POINTS}]\n{entry_points}\n")
        importlib.invalidate_caches()
        return site / package

    yield lay
    for name in set(sys.modules) - modules:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reference", False),
        ("my-policy", False),
        ("", False),
        ("./mine", True),
        ("a/b", True),
        ("/a", True),
        ("mine.toml", True),
        (".", True),
        ("..", True),
        (Path("mine"), True),
    ],
)
def test_what_has_a_separator_or_an_ending_is_a_path(text: str | Path, expected: bool) -> None:  # noqa: FBT001 - a table's column
    assert expected is is_path(text)


def test_the_shipped_policies_are_found_by_name() -> None:
    assert {"reference", "default"} <= {item.name for item in shipped_policies().iterdir()}
    for name in ["reference", "default"]:
        assert is_shipped(name)
        assert (find_policy(name) / "policy.toml").is_file()
    assert ("default", "reference") == policy_names()[:2]


@pytest.mark.parametrize("name", ["", "defalt", "Default", "default\0", "x" * 5000, "../rules"])
def test_what_is_none_of_them_is_not_shipped(name: str) -> None:
    assert not is_shipped(name)


def test_a_path_is_a_folder_or_a_file_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "one.toml").write_text("")
    monkeypatch.chdir(tmp_path)

    assert Path("mine") == find_policy("./mine")
    assert Path("one.toml") == find_policy("one.toml")
    assert tmp_path / "mine" == find_policy(tmp_path / "mine")
    assert Path("mine") == find_policy(Path("mine"))


def test_a_relative_path_starts_from_the_folder_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "one.toml").write_text("")

    assert tmp_path / "a/../one.toml" == find_policy("../one.toml", beside=tmp_path / "a")
    assert tmp_path / "a/b" == find_policy("./b", beside=tmp_path / "a")
    assert tmp_path / "a" == find_policy(str(tmp_path / "a"), beside=Path("/nowhere"))


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("./gone", "there is no such folder or file"),
        ("gone.toml", "there is no such folder or file"),
        ("./" + "x" * 5000, "File name too long"),
        ("./a\0b", "embedded null byte|there is no such folder or file"),
    ],
)
def test_where_nothing_stands_the_path_is_told(path: str, said: str) -> None:
    with pytest.raises(
        PolicyNotFoundError, match=r"(?s)no policy stands at '.*': .*(" + said + ")"
    ):
        find_policy(path)


def test_a_path_adds_no_line_to_the_message() -> None:
    with pytest.raises(PolicyNotFoundError, match=r"^no policy stands at 'a\\nb/c\\u001b': .+$"):
        find_policy("a\nb/c\x1b")


def test_a_name_that_nobody_knows_comes_with_those_that_are_known() -> None:
    with pytest.raises(PolicyNotFoundError) as caught:
        find_policy("defalt")

    message = str(caught.value)
    assert message.startswith(
        "no policy is named 'defalt' (did you mean 'default'?); known: default"
    )
    assert message.endswith("a folder or file is named by its path, as in './defalt'")


def policy_at(path: Path) -> Path:
    """A place at which a policy seems to stand."""
    path.mkdir(parents=True)
    (path / "policy.toml").write_text('policy = "p"\nextends = "reference"\n')
    return path


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("sibling", "../sibling"),
        ("inside", "./inside"),
        ("one", "../one.toml"),
        ("mine", "../mine"),
        ("empty", "../empty"),
        ("gone", "../gone"),
    ],
)
def test_the_path_that_is_named_for_a_name_starts_where_paths_do(
    name: str, hint: str, tmp_path: Path
) -> None:
    mine = policy_at(tmp_path / "mine")
    policy_at(tmp_path / "sibling")
    policy_at(mine / "inside")
    (tmp_path / "empty").mkdir()
    (tmp_path / "one.toml").write_text("")

    with pytest.raises(PolicyNotFoundError) as caught:
        find_policy(name, beside=mine)

    assert str(caught.value).endswith(f"is named by its path, as in {hint!r}")
    if name in {"sibling", "inside", "one"}:
        assert mine / hint == find_policy(hint, beside=mine)


def test_a_path_from_the_wrong_folder_is_put_right(tmp_path: Path) -> None:
    mine = policy_at(tmp_path / "mine")
    policy_at(tmp_path / "sibling")

    with pytest.raises(PolicyNotFoundError, match=r"names it: write '../sibling'$"):
        find_policy("./sibling", beside=mine)
    with pytest.raises(PolicyNotFoundError, match=r"there is no such folder or file$"):
        find_policy("./mine", beside=mine)


def test_in_the_working_folder_a_file_is_named_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.toml").write_text("")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(PolicyNotFoundError, match=r"by its path, as in './one.toml'$"):
        find_policy("one")


CODE = """
from pathlib import Path
from importlib.resources import files
HERE = Path(__file__).parent / "rules"
TEXT = str(HERE)
def function():
    return HERE
def resource():
    return files("brought") / "rules"
GONE = HERE / "gone"
ODD = 3
def failing():
    return 1 / 0
def talking():
    raise ValueError("one\\ntwo")
"""


@pytest.mark.parametrize("value", ["HERE", "TEXT", "function", "resource"])
def test_a_package_brings_a_policy_as_a_path_or_a_function(value: str, bring: Bring) -> None:
    package = bring(f"mine = brought:{value}", CODE)
    (package / "rules").mkdir()

    assert str(package / "rules") == str(find_policy("mine"))
    assert "mine" in policy_names()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("brought:GONE", "but at '.*gone': there is no such folder or file"),
        ("brought:ODD", "which fails: TypeError: "),
        ("brought:failing", "which fails: ZeroDivisionError: division by zero"),
        ("brought:missing", "which fails: AttributeError: "),
        ("brought:talking", r"which fails: ValueError: one\\u000atwo"),
        (
            "absent_package:HERE",
            "which fails: ModuleNotFoundError: No module named 'absent_package'",
        ),
    ],
)
def test_what_goes_wrong_in_a_package_names_the_package(
    value: str, said: str, bring: Bring
) -> None:
    bring(f"mine = {value}", CODE)

    with pytest.raises(
        PolicyNotFoundError,
        match=f"the package 'brought' brings the policy 'mine' as '{value}', {said}",
    ):
        find_policy("mine")


def test_what_two_packages_bring_is_neither_s(bring: Bring) -> None:
    bring("mine = brought:HERE", CODE)
    bring("mine = other:HERE", CODE, package="other")

    with pytest.raises(
        PolicyNotFoundError, match="several packages bring a policy named 'mine': "
    ) as caught:
        find_policy("mine")
    assert "'brought'" in str(caught.value)
    assert "'other'" in str(caught.value)


def test_no_package_takes_the_name_of_a_shipped_policy(bring: Bring) -> None:
    bring("default = brought:GONE", CODE)

    assert (find_policy("reference") / "policy.toml").is_file()
    assert 1 == policy_names().count("reference")
