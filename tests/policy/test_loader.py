"""A policy is loaded whole, with all that it extends, and every fault of it told at once."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.table import Policy
from launchfsm.engine.text import listing
from launchfsm.policies import load_policy
from launchfsm.policy.diagnostics import PolicyError
from launchfsm.policy.discovery import PolicyNotFoundError, shipped_policies
from launchfsm.policy.loader import PolicyChangedError
from tests.policy.written import faults_of, marked, spot_of, write

if TYPE_CHECKING:
    from launchfsm.policy.diagnostics import Diagnostic

GRACE = '[tables.expired]\nparams.grace = "7m"\n'


def policy(name: str, extends: str | None = "reference", tables: str = "") -> str:
    extends_line = "" if extends is None else f'extends = "{extends}"\n'
    return f'policy = "{name}"\n{extends_line}{tables}'


def grace(path: str | os.PathLike[str]) -> object:
    return load_policy(path).tables["expired"].params["grace"]


def told(faults: tuple[Diagnostic, ...]) -> list[tuple[str, int, str]]:
    return [(Path(fault.location.file).name, fault.location.line, fault.code) for fault in faults]


# -- What loads ------------------------------------------------------------------------------------


def test_a_policy_has_a_table_for_every_decision_point() -> None:
    default = load_policy("reference")

    assert ("reference", ("reference",)) == (default.name, default.lineage)
    assert default.description
    assert list(CATALOGUE) == list(default.tables)
    assert all(table.decision is CATALOGUE[name] for name, table in default.tables.items())


def test_a_shipped_policy_is_loaded_once() -> None:
    assert load_policy("reference") is load_policy("reference")
    assert load_policy("default") is not load_policy("reference")


def test_a_policy_of_ones_own_is_read_anew(tmp_path: Path) -> None:
    path = write(tmp_path, {"mine.toml": policy("mine", tables=GRACE)}) / "mine.toml"
    assert "7m" == grace(path)

    path.write_text(path.read_text().replace("7m", "8m"))
    assert "8m" == grace(path)


def test_a_folder_and_a_file_say_the_same(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "mine",
        {
            "policy.toml": policy("mine"),
            "any-name.toml": 'table = "expired"\nparams.grace = "7m"\n',
            "notes.md": "not read",
            ".#any-name.toml": "an editor's, not read",
        },
    )
    file = write(tmp_path, {"mine.toml": policy("mine", tables=GRACE)}) / "mine.toml"

    for path in (folder, file, str(folder), str(file)):
        loaded = load_policy(path)
        assert ("mine", ("mine", "reference")) == (loaded.name, loaded.lineage)
        assert "7m" == loaded.tables["expired"].params["grace"]


def test_a_folder_may_hold_tables_in_its_policy_file_too(tmp_path: Path) -> None:
    text = policy("mine", tables=GRACE)
    write(tmp_path, {"policy.toml": text, "x.toml": 'table = "owner"\nparams.stale_after = "9m"\n'})

    loaded = load_policy(tmp_path)

    assert ("7m", "9m") == (
        loaded.tables["expired"].params["grace"],
        loaded.tables["owner"].params["stale_after"],
    )


def test_a_chain_goes_by_name_and_by_path_over_several_levels(tmp_path: Path) -> None:
    write(tmp_path / "a", {"policy.toml": policy("a", tables=GRACE)})
    write(tmp_path, {"b.toml": policy("b", extends="./a")})
    write(tmp_path / "deep" / "c", {"policy.toml": policy("c", extends="../../b.toml")})
    write(tmp_path, {"d.toml": policy("d", extends=str(tmp_path / "deep" / "c"))})

    loaded = load_policy(tmp_path / "d.toml")

    assert ("d", "c", "b", "a", "reference") == loaded.lineage
    assert "7m" == loaded.tables["expired"].params["grace"]
    assert {"reference"} == {rule.origin for rule in loaded.tables["expired"].rules}


def test_a_path_starts_from_the_policy_that_names_it_not_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"a.toml": policy("a", tables=GRACE), "b.toml": policy("b", extends="a.toml")})
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    assert "7m" == grace("../b.toml")


def test_faults_name_a_file_as_shortly_as_the_working_folder_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "mine", {"policy.toml": policy("mine"), "x.toml": "table = 3"})
    monkeypatch.chdir(tmp_path)

    assert "mine/x.toml:1:9" == faults_of(Path("mine"))[0].location.text()


def test_a_linked_folder_is_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "real", {"policy.toml": policy("a", tables=GRACE)})
    (tmp_path / "link").symlink_to("real", target_is_directory=True)
    write(tmp_path, {"b.toml": policy("b", extends="./link")})

    assert "7m" == grace(tmp_path / "link")
    assert "7m" == grace(tmp_path / "b.toml")


def test_a_table_that_nobody_extends_keeps_its_own_tests_and_inherited_ones_stay_behind(
    tmp_path: Path,
) -> None:
    loaded = load_policy(write(tmp_path, {"a.toml": policy("a")}) / "a.toml")

    assert [] == [
        table.decision.name
        for table in loaded.tables.values()
        if table.tests or any(rule.tests for rule in table.rules)
    ]


def test_a_policy_without_extending_another_brings_every_table(tmp_path: Path) -> None:
    folder = tmp_path / "whole"
    folder.mkdir()
    for item in (shipped_policies() / "reference").iterdir():
        (folder / item.name).write_bytes(item.read_bytes())

    loaded = load_policy(folder)

    assert load_policy("reference").tables.keys() == loaded.tables.keys()


# -- Packages --------------------------------------------------------------------------------------


def build_wheel(folder: Path) -> Path:
    """A wheel of a package that brings a chain of two policies."""
    wheel = folder / "brought_rules-1.0-py3-none-any.whl"
    info = "brought_rules-1.0.dist-info"
    files = {
        "brought_rules/__init__.py": "from importlib.resources import files\n"
        "def mine():\n    return files(__name__) / 'mine'\n",
        "brought_rules/base.toml": policy("brought-base", tables=GRACE),
        "brought_rules/mine/policy.toml": policy("brought", extends="../base.toml"),
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: brought-rules\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[launchfsm.policies]\nbrought = brought_rules:mine\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)
    return wheel


def test_an_installed_package_brings_a_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel, site = build_wheel(tmp_path), tmp_path / "site"
    install = ["pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([sys.executable, "-m", *install, str(wheel)], check=True, timeout=120)
    monkeypatch.syspath_prepend(str(site))

    brought = load_policy("brought")
    del sys.modules["brought_rules"]

    assert ("brought", "brought-base", "reference") == brought.lineage
    assert "7m" == brought.tables["expired"].params["grace"]


# -- What does not ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["defalt", "", "./gone", "gone.toml", Path("gone")])
def test_a_policy_that_is_not_there_is_not_found(name: str | Path) -> None:
    with pytest.raises(PolicyNotFoundError, match="no policy"):
        load_policy(name)


CHAINS: list[tuple[str, dict[str, str], str, str, str]] = [
    # what is wrong, the files, where it is told, the code, what is said
    ("no such name", {"a.toml": 'policy = "a"\nextends = «"defalt"»\n'}, "a.toml", "unknown-policy",
     "no policy is named 'defalt' (did you mean 'default'?)"),
    ("no such path", {"a.toml": 'policy = "a"\nextends = «"./gone"»\n'}, "a.toml", "unknown-policy",
     "gone': there is no such folder or file"),
    ("a name too long", {"a.toml": f'policy = "a"\nextends = «"{"x" * 300}"»\n'}, "a.toml",
     "unknown-policy", "no policy is named"),
    ("extends itself", {"a.toml": '⟦policy⟧ = "a"\nextends = «"a.toml"»\n'}, "a.toml", "cycle",
     "policies extend one another in a circle: 'a' -> 'a.toml'"),
    ("extends one another", {"a.toml": '⟦policy⟧ = "a"\nextends = "b.toml"\n',
     "b.toml": 'policy = "b"\nextends = «"./a.toml"»\n'}, "b.toml", "cycle",
     "in a circle: 'a' -> 'b' -> './a.toml'"),
    ("two of a name", {"a.toml": 'policy = «"a"»\nextends = "b.toml"\n',
     "b.toml": '⟦policy⟧ = "a"\nextends = "reference"\n'}, "a.toml", "duplicate-policy",
     "the policy that this one extends is named 'a', too"),
    ("a shipped name", {"a.toml": 'policy = «"reference"»\nextends = "reference"\n'}, "a.toml",
     "duplicate-policy", "is named 'reference', too"),
    ("no such table", {"a.toml": 'policy = "a"\nextends = "reference"\n«[tables.ownr]»\n'},
     "a.toml", "unknown-table", "no decision is named 'ownr' (did you mean 'owner'?); there are: "),
    ("no tables", {"a.toml": '«policy» = "a"\n'}, "a.toml", "missing-table",
     f"the policy has no table {listing(CATALOGUE)}; extend a policy that has it, or write it"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "where", "code", "said"), [row[1:] for row in CHAINS], ids=[row[0] for row in CHAINS]
)
def test_what_is_wrong_with_a_chain_is_told_where_it_stands(
    files: dict[str, str], where: str, code: str, said: str, tmp_path: Path
) -> None:
    texts = {name: marked(text) for name, text in files.items()}
    write(tmp_path, {name: text for name, (text, _, _) in texts.items()})

    (fault,) = faults_of(tmp_path / "a.toml")

    assert (where, code) == (Path(fault.location.file).name, fault.code)
    assert said in fault.message
    assert texts[where][1] == spot_of(fault.location)
    for other in (other for _, _, other in texts.values() if other is not None):
        assert fault.related is not None
        assert other == spot_of(fault.related)


@pytest.mark.parametrize(
    ("name", "text", "spot", "code"),
    [
        ("x.toml", 'table = «"ownr"»\n', None, "unknown-table"),
        ("x.toml", 'table = «"expired"»\n', "policy.toml", "duplicate-table"),
        ("x.toml", "«»table = \n", None, "toml"),
        ("x.toml", "«»\n", None, "missing-key"),
    ],
)
def test_what_is_wrong_with_a_table_file(
    name: str, text: str, spot: str | None, code: str, tmp_path: Path
) -> None:
    clean, expected, _ = marked(text)
    write(tmp_path, {"policy.toml": policy("mine", tables=GRACE), name: clean})

    (fault,) = faults_of(tmp_path)

    assert (name, code) == (Path(fault.location.file).name, fault.code)
    assert expected is not None
    assert expected.line == fault.location.line
    assert spot == (Path(fault.related.file).name if fault.related else None)


def test_a_table_twice_names_both_files(tmp_path: Path) -> None:
    write(tmp_path, {"policy.toml": policy("m"), "a.toml": 'table = "owner"\n'})
    write(tmp_path, {"b.toml": '\ntable = "owner"\n'})

    (fault,) = faults_of(tmp_path)

    assert [("b.toml", 2, "duplicate-table")] == told((fault,))
    assert fault.related is not None
    assert "a.toml" == Path(fault.related.file).name


def test_a_folder_without_a_policy_file_is_told_what_it_needs(tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path)

    assert ("policy.toml", "unreadable") == (Path(fault.location.file).name, fault.code)
    assert 'a policy folder has a policy.toml that says `policy = "its name"`' in fault.message


@pytest.mark.parametrize("kind", ["a fifo", "a folder", "a link to nothing"])
def test_what_is_no_file_among_the_files_is_told_and_no_wait(kind: str, tmp_path: Path) -> None:
    write(tmp_path, {"policy.toml": policy("mine")})
    odd = tmp_path / "odd.toml"
    if kind == "a fifo":
        os.mkfifo(odd)
    elif kind == "a folder":
        odd.mkdir()
    else:
        odd.symlink_to("gone")

    assert [("odd.toml", 1, "unreadable")] == told(faults_of(tmp_path))


def test_a_folder_that_cannot_be_listed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said by a double: whoever runs the tests may be allowed to read everything."""
    folder = write(tmp_path / "mine", {"policy.toml": policy("mine")})
    real = Path.iterdir

    def refuse(path: Path) -> object:
        if path == folder:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "iterdir", refuse)

    (fault,) = faults_of(folder)
    assert ("unreadable", "the folder cannot be read: Permission denied") == (
        fault.code,
        fault.message,
    )


def test_all_faults_of_all_files_are_told_at_once_by_file_and_from_the_top(tmp_path: Path) -> None:
    write(
        tmp_path / "base",
        {
            "policy.toml": policy("base") + "what = 1\n",
            "expired.toml": 'table = "expired"\nparams.grace = 5\n',
        },
    )
    write(
        tmp_path / "mine",
        {
            "policy.toml": policy("mine", extends="../base"),
            "broken.toml": "table = \n",
            "owner.toml": 'table = "owner"\n\n[[rule]]\nid = "x"\nbefore = "owner-there"\n'
            'when = "onwer == 3"\nthen = { ded = true }\n',
            "phase.toml": 'table = "phase"\nhit = "collect"\n',
        },
    )

    assert [
        ("expired.toml", 2, "type-change"),
        ("policy.toml", 3, "unknown-key"),
        ("broken.toml", 1, "toml"),
        ("owner.toml", 6, "unknown-fact"),
        ("owner.toml", 7, "unknown-field"),
        ("phase.toml", 2, "type-change"),
    ] == told(faults_of(tmp_path / "mine"))


def test_an_error_tells_every_fault_as_a_compiler_would(tmp_path: Path) -> None:
    text = policy("mine", tables='[[tables.owner.rule]]\nid = "x"\nwhen = "onwer"\nthen = {}\n')
    path = write(tmp_path, {"mine.toml": text}) / "mine.toml"

    with pytest.raises(PolicyError) as caught:
        load_policy(path)

    message = str(caught.value)
    assert message.startswith("1 fault in the policy\n")
    assert "mine.toml:5:9: onwer is no fact (did you mean 'owner'?)" in message
    assert '\n    when = "onwer"\n            ^^^^^' in message


def test_what_a_file_that_cannot_be_read_may_say_is_not_missed(tmp_path: Path) -> None:
    """Neither its tables, nor what they would have changed or offered to change."""
    base = write(tmp_path / "base", {"policy.toml": policy("base", extends=None)})
    write(base, {"owner.toml": 'table = "owner"\nhit = first\n'})
    changes = '[[tables.owner.rule]]\nid = "x"\noverride = true\nwhy = "y"\n'
    write(tmp_path, {"mine.toml": policy("mine", extends="./base", tables=changes)})

    assert [("owner.toml", 2, "toml")] == told(faults_of(tmp_path / "mine.toml"))


def test_what_is_not_extended_after_all_is_not_missed(tmp_path: Path) -> None:
    changes = '[[tables.owner.rule]]\nid = "x"\noverride = true\nwhy = "y"\n'
    write(tmp_path, {"mine.toml": policy("mine", extends="./gone", tables=changes)})

    assert [("mine.toml", 2, "unknown-policy")] == told(faults_of(tmp_path / "mine.toml"))


def test_a_param_of_a_wrong_type_is_told_with_the_condition_that_needs_another(
    tmp_path: Path,
) -> None:
    text = policy("mine", tables='[tables.expired]\nparams = { grace = "soon" }\n')
    path = write(tmp_path, {"mine.toml": text}) / "mine.toml"

    (fault,) = faults_of(path)

    assert ("wrong-type", "mine.toml", 4, 20) == (
        fault.code,
        Path(fault.location.file).name,
        fault.location.line,
        fault.location.column,
    )
    assert fault.related is not None
    assert fault.related.file.endswith("rules/reference/expired.toml")


def test_a_policy_that_drops_the_rule_for_all_the_rest_is_told(
    tmp_path: Path,
) -> None:
    rule = '[[rule]]\nid = "all-confirmed"\ndisable = true\n'
    (tmp_path / "verdict.toml").write_text(f'table = "verdict"\n{rule}')
    (tmp_path / "policy.toml").write_text('policy = "mine"\nextends = "reference"\n')

    with pytest.raises(PolicyError) as caught:
        load_policy(tmp_path)

    (fault,) = caught.value.faults
    assert ("no-default", 1) == (fault.code, fault.location.line)
    assert "an inherited one may have been disabled, or got a condition" in fault.message


@pytest.mark.parametrize(
    "change", ["override = true", "then = { severity = 'ok', text = 'x' }\nbefore = 'gone'"]
)
def test_the_other_place_is_where_the_inherited_table_has_its_name(
    change: str, tmp_path: Path
) -> None:
    (tmp_path / "verdict.toml").write_text(f'table = "verdict"\n[[rule]]\nid = "new"\n{change}\n')
    (tmp_path / "policy.toml").write_text('policy = "mine"\nextends = "reference"\n')

    with pytest.raises(PolicyError) as caught:
        load_policy(tmp_path)

    related = [fault.related for fault in caught.value.faults if fault.related is not None]
    assert ['table = "verdict"'] == [place.source for place in related]


# -- Pickles ---------------------------------------------------------------------------------------


def test_a_policys_pickle_is_what_it_was_loaded_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.toml").write_text(policy("mine", tables=GRACE))
    monkeypatch.chdir(tmp_path)
    mine = load_policy("mine.toml")
    _ = mine.tables["owner"].decide  # is compiled
    monkeypatch.chdir("/")

    pickled = pickle.dumps(mine)
    again = pickle.loads(pickled)  # noqa: S301 - our own

    assert len(pickled) < 1_000
    assert (mine.name, mine.tables["expired"].params) == (
        again.name,
        again.tables["expired"].params,
    )
    assert again is pickle.loads(pickled)  # noqa: S301 - and loaded once
    shipped = load_policy("default")
    assert shipped is pickle.loads(pickle.dumps(shipped))  # noqa: S301


@pytest.mark.parametrize("changed", ["mine.toml", "parent.toml"])
def test_a_policy_that_changed_meanwhile_is_an_error(tmp_path: Path, changed: str) -> None:
    (tmp_path / "parent.toml").write_text(policy("parent"))
    (tmp_path / "mine.toml").write_text(policy("mine", "./parent.toml", GRACE))
    pickled = pickle.dumps(load_policy(tmp_path / "mine.toml"))
    with (tmp_path / changed).open("a") as file:
        file.write("# a change\n")

    with pytest.raises(PolicyChangedError, match=r"mine\.toml' is not the one that was pickled"):
        pickle.loads(pickled)  # noqa: S301 - our own
    (tmp_path / "mine.toml").unlink()
    with pytest.raises(PolicyNotFoundError):
        pickle.loads(pickled)  # noqa: S301 - our own


def test_a_policy_of_another_catalogue_brings_the_catalogue(tmp_path: Path) -> None:
    table = load_policy("reference").tables["liveness"].decision
    (tmp_path / "mine.toml").write_text(
        policy(
            "mine",
            None,
            '[tables.liveness]\nhit = "first"\n[[tables.liveness.rule]]\nid = "all"\nthen = {}\n',
        )
    )
    mine = load_policy(tmp_path / "mine.toml", catalogue={"liveness": table})

    again = pickle.loads(pickle.dumps(mine))  # noqa: S301 - our own

    assert list(again.tables) == ["liveness"]


def test_a_policy_that_was_built_in_memory_cannot_be_pickled() -> None:
    with pytest.raises(TypeError, match="policy 'mine' was built in memory"):
        pickle.dumps(Policy("mine", "", ("mine",), {}))
