"""A stranger's policy costs what its size says, shows nothing of other files, and never hangs."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from launchfsm.engine.parser import MOST_CHARACTERS, MOST_TEXTS
from launchfsm.policies import load_policy
from launchfsm.policy import checker, loader
from launchfsm.policy.authoring import runner
from launchfsm.policy.authoring.runner import coverage, run_tests
from launchfsm.policy.diagnostics import MOST_FAULTS, PolicyError
from launchfsm.policy.documents import MOST_FILE_BYTES
from launchfsm.policy.loader import MOST_FILES, MOST_PARENTS
from tests.policy.written import HEAD, faults_of, write

if TYPE_CHECKING:
    from collections.abc import Callable

RULE = '[[tables.owner.rule]]\nid = "r{0}"\n'
THEN = 'then = {{ dead = true, reason = "x" }}\n'
ONE_RULE = RULE.format("") + THEN.format()


def rules(count: int, body: str) -> str:
    return "".join((RULE + body).format(number) for number in range(count))


# Policies of a kind and a size; what is told of each is bounded, and the work grows as the size.
KINDS: dict[str, Callable[[int], str]] = {
    "rules before one": lambda n: rules(
        n, 'before = "owner-gone"\nwhen = "state_age > \'{0}s\'"\n' + THEN
    ),
    "rules after the last": lambda n: rules(n, 'after = "r{0}"\n' + THEN).replace(
        'after = "r0"\n', ""
    ),
    "unknown neighbours": lambda n: rules(n, 'before = "zz{0}"\n' + THEN),
    "overrides of nothing": lambda n: rules(n, 'override = true\nwhy = "x"\n'),
    "the same id": lambda n: ONE_RULE * n,
    "unknown keys": lambda n: "".join(f"k{number} = 1\n" for number in range(n)),
    "unknown facts in texts": lambda n: (
        RULE.format("") + 'then = { dead = true, reason = "' + "{xx}" * n + '" }\n'
    ),
    "a text of facts": lambda n: (
        RULE.format("") + 'then = { dead = true, reason = "' + "{owner_pid} " * n + '" }\n'
    ),
    "unknown facts in a condition": lambda n: (
        RULE.format("") + f'when = "{" or ".join(f"x{one} > 1" for one in range(n))}"\n' + ONE_RULE
    ),
    "a wide condition": lambda n: (
        RULE.format("")
        + f'when = "{" or ".join(f"owner_pid == {one}" for one in range(n))}"\n'
        + THEN.format()
    ),
    "quotes": lambda n: RULE.format("") + "when = '''" + '\\"' * n + "'''\n" + THEN.format(),
    "other quotes": lambda n: (
        RULE.format("") + 'when = """' + "''" + ",\\\\'\\\\'" * n + ' """\n' + THEN.format()
    ),
    "unused params": lambda n: (
        "[tables.owner.params]\n" + "".join(f"p{one} = 1\n" for one in range(n))
    ),
    "a long list asked often": lambda n: (
        f"[tables.owner.params]\nmany = [{', '.join(map(str, range(min(n, MOST_TEXTS))))}]\n"
        + rules(n, 'when = "owner_pid in many"\n' + THEN)
    ),
    "a wrong list asked often": lambda n: (
        f"[tables.owner.params]\nmany = [{'3, ' * n}'a']\n"
        + rules(n, 'when = "owner_pid in many"\n' + THEN)
    ),
    "tests of unknown facts": lambda n: (
        ONE_RULE + "[[tables.owner.rule.test]]\nfires = true\nfacts = { zz = 1 }\n" * n
    ),
    "tests of unknown rules": lambda n: ONE_RULE + '[[tables.owner.test]]\ndecides = "zz"\n' * n,
    "unknown tables": lambda n: "".join(f"[tables.t{one}]\n" for one in range(n)),
    "a long id": lambda n: RULE.replace("r{0}", "r" * n) + THEN.format(),
    "a long name": lambda n: f"{'k' * n} = 1\n",
    "a long key": lambda n: f"{'k.' * n}k = 1\n",
    "deep lists": lambda n: f"k = {'[' * n}{']' * n}\n",
    "a long value": lambda n: f'hit = "{"x" * n}"\n[tables.owner]\nhit = "{"x" * n}"\n',
    "a long line": lambda n: f"k = [{'1, ' * n}]\n",
}


def steps(call: Callable[[], object]) -> int:
    """How many functions are called, Python's own included."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(before)
    return count


@pytest.fixture(scope="module", autouse=True)
def _loaded_before() -> None:
    """So that no step is one of importing or of loading what is extended for the first time."""
    load_policy("reference")


def told_of(folder: Path, text: str) -> str:
    path = write(folder, {"mine.toml": HEAD + text}) / "mine.toml"
    try:
        load_policy(path)
    except PolicyError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_the_work_of_loading_grows_as_the_policy_does(kind: str, tmp_path: Path) -> None:
    few, many = KINDS[kind](100), KINDS[kind](800)
    nothing = steps(lambda: told_of(tmp_path, ""))

    small = steps(lambda: told_of(tmp_path, few)) - nothing
    large = steps(lambda: told_of(tmp_path, many)) - nothing

    assert large <= 8 * 1.5 * max(small, nothing // 8), (small, large, nothing)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_what_is_told_of_a_large_policy_is_short(kind: str, tmp_path: Path) -> None:
    message = told_of(tmp_path, KINDS[kind](3_000))

    assert len(message) < 300_000
    assert message.count("\n") < 10 * MOST_FAULTS


def test_a_text_of_thousands_of_facts_is_filled_in(tmp_path: Path) -> None:
    first = load_policy("reference").tables["owner"].rules[0].id
    policy = HEAD + f'[[tables.owner.rule]]\nid = "r"\nbefore = "{first}"\n'
    policy += 'then = { dead = true, reason = "' + "{owner_pid} " * 9_000 + '" }\n'
    loaded = load_policy(write(tmp_path, {"p.toml": policy}) / "p.toml")
    table = loaded.tables["owner"]
    facts = {name: field.default for name, field in table.decision.fact_fields.items()}

    answer = table.decide(table.decision.facts(**{**facts, "owner_pid": 7}))

    assert "7 " * 9_000 == answer.reason


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("# " + "x" * MOST_FILE_BYTES, "too-large"),
        (RULE.format("") + f'when = "{"x" * (MOST_CHARACTERS + 1)}"\n' + THEN.format(), "too-long"),
        (ONE_RULE.replace('"x"', f'"{"x" * 140_000}"'), "too-long"),
        ("".join(f"k{one} = 1\n" for one in range(MOST_FAULTS + 1)), "too-many-faults"),
        (
            f"params = 1\n[tables.owner.params]\nmany = [{'1, ' * (MOST_TEXTS + 1)}]\n"
            + RULE.format("")
            + 'when = "owner_pid in many"\n'
            + THEN.format(),
            "wrong-type",
        ),
        ("[tables.owner]\n" + "a." * 40 + "a = 1\n", "toml"),
        (ONE_RULE.replace('"r"', f'"{"r" * 201}"'), "rule-id"),
        (ONE_RULE.replace('"r"', '"r\\u200b"'), "rule-id"),
    ],
)
def test_what_is_too_much_is_told(text: str, code: str, tmp_path: Path) -> None:
    path = write(tmp_path, {"mine.toml": HEAD + text}) / "mine.toml"

    assert code in {fault.code for fault in faults_of(path)}


def test_what_adds_up_over_files_and_parents_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(loader, "MOST_RULES", 500)
        path = write(tmp_path, {"mine.toml": HEAD + rules(501, THEN)}) / "mine.toml"
        assert ["too-large"] == [fault.code for fault in faults_of(path)]

    folder = write(tmp_path / "files", {"policy.toml": HEAD})
    write(folder, {f"{one}.toml": "" for one in range(MOST_FILES + 1)})
    assert ["too-large"] == [fault.code for fault in faults_of(folder)]

    large = "#" * (MOST_FILE_BYTES - 100) + "\n"
    folder = write(tmp_path / "bytes", {"policy.toml": HEAD})
    for name in ("owner", "verdict", "phase"):
        write(folder, {f"{name}.toml": f'{large}table = "{name}"\n'})
    assert ["too-large"] == [fault.code for fault in faults_of(folder)]

    chain = {
        f"{one}.toml": f'policy = "{one}"\nextends = "./{one + 1}.toml"\n' for one in range(99)
    }
    path = write(tmp_path / "chain", chain) / "0.toml"
    (fault,) = faults_of(path)
    assert ("too-large", f"{MOST_PARENTS}.toml") == (fault.code, Path(fault.location.file).name)


# -- Other files -----------------------------------------------------------------------------------

OTHER = "token = 'hunter2secret'\n"


def outside(folder: Path) -> Path:
    return write(folder / "home", {"secret.toml": OTHER, "notes.txt": "hunter2secret = [\n"})


@pytest.mark.parametrize("linked", ["owner.toml", "policy.toml"])
@pytest.mark.parametrize("target", ["home/secret.toml", "home/notes.txt"])
def test_a_rule_file_that_is_a_link_to_another_file_is_not_read(
    linked: str, target: str, tmp_path: Path
) -> None:
    outside(tmp_path)
    folder = write(tmp_path / "mine", {"policy.toml": HEAD})
    (folder / linked).unlink(missing_ok=True)
    (folder / linked).symlink_to(tmp_path / target)

    (fault,) = faults_of(folder)

    assert "outside" == fault.code
    assert "hunter2secret" not in fault.text()


def test_a_policy_that_is_a_link_to_another_file_is_not_read(tmp_path: Path) -> None:
    outside(tmp_path)
    folder = write(tmp_path / "mine", {})
    (folder / "p.toml").symlink_to(tmp_path / "home" / "secret.toml")

    assert ["outside"] == [fault.code for fault in faults_of(folder / "p.toml")]


@pytest.mark.parametrize("named", ["secret.toml", "notes.txt", "nothing.toml"])
def test_nothing_is_told_of_what_is_extended_and_is_no_policy(named: str, tmp_path: Path) -> None:
    outside(tmp_path)
    text = f'policy = "mine"\nextends = "../home/{named}"\n'
    path = write(tmp_path / "mine", {"p.toml": text}) / "p.toml"

    (fault,) = faults_of(path)

    assert {fault.code} <= {"no-policy", "unknown-policy"}
    assert "hunter2secret" not in fault.text()
    assert path.name == Path(fault.location.file).name


def test_a_link_inside_the_folder_is_read(tmp_path: Path) -> None:
    """As a volume of a cluster lays its files."""
    folder = write(tmp_path / "mine" / "data", {"policy.toml": HEAD}).parent
    (folder / "policy.toml").symlink_to("data/policy.toml")

    assert "mine" == load_policy(folder).name


def test_a_pipe_that_a_rule_file_is_swapped_for_is_no_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path, {"policy.toml": HEAD, "owner.toml": 'table = "owner"\n'})
    real = os.path.realpath

    def swap(path: Any, **given: Any) -> str:
        found: str = real(path, **given)
        if found.endswith("owner.toml") and (folder / "owner.toml").is_file():
            (folder / "owner.toml").unlink()
            os.mkfifo(folder / "owner.toml")
        return found

    monkeypatch.setattr(os.path, "realpath", swap)

    assert ["unreadable"] == [fault.code for fault in faults_of(folder)]


def test_the_names_of_files_forge_no_line(tmp_path: Path) -> None:
    folder = write(tmp_path, {"policy.toml": HEAD, "a\nb\x1b[31m.toml": "table = 3\n"})

    (fault,) = faults_of(folder)

    assert "a\\u000ab\\u001b[31m.toml:1:9: " in fault.text()
    assert fault.text().replace("\n", "").isprintable()


# -- The process -----------------------------------------------------------------------------------


def test_loading_in_threads_leaves_the_filters_of_warnings_alone(tmp_path: Path) -> None:
    text = rules(20, "when = 'state_age > \"{0}m\"'\n" + THEN)
    path = write(tmp_path, {"mine.toml": HEAD + text}) / "mine.toml"
    before, interval = list(warnings.filters), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=load_policy, args=(path,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)

    assert before == list(warnings.filters)


def test_tests_over_the_bound_are_not_run_and_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = "[[tables.owner.rule.test]]\nfires = true\nfacts = {}\n"
    text = HEAD + ONE_RULE + test * 50
    policy = load_policy(write(tmp_path, {"mine.toml": text}) / "mine.toml")
    monkeypatch.setattr(runner, "MOST_ASKED", 10 * policy.tables["owner"].size)

    *run, last = run_tests(policy)

    assert [True] * 10 == [result.passed for result in run]
    assert "40 tests were not run: those before them asked" in last.problems[0]
    assert not last.passed
    assert 40 == coverage(policy).not_run
    assert not coverage(policy).complete


def test_tests_that_leave_facts_open_ask_up_to_a_bound_while_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, left_open = (
        f"[[tables.{name}.test]]\nfacts = {{}}\ndecides = 'nothing'\n"
        for name in ("owner", "progress")
    )
    text = HEAD + closed * 20 + left_open * 5
    path = write(tmp_path, {"mine.toml": text}) / "mine.toml"
    size = load_policy("reference").tables["progress"].size

    monkeypatch.setattr(checker, "MOST_ASKED", 4 * size)
    (fault,) = faults_of(path)
    monkeypatch.setattr(checker, "MOST_ASKED", 5 * size)

    assert ("too-large", text.count("\n")) == (fault.code, fault.location.line + 2)
    assert () == faults_of(path)


def test_the_tables_of_a_policy_share_the_bound_and_few_failures_are_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = "[[tables.owner.rule.test]]\nfires = false\nfacts = {}\n"
    other = "[[tables.progress.test]]\nfacts = { folder = 'x' }\ndecides = 'nothing'\n"
    text = HEAD + ONE_RULE + test * 20 + other * 20
    policy = load_policy(write(tmp_path, {"mine.toml": text}) / "mine.toml")
    size = policy.tables["owner"].size
    monkeypatch.setattr(runner, "MOST_ASKED", 20 * size)
    monkeypatch.setattr(runner, "MOST_TRACED", 3 * size)

    *failed, last = run_tests(policy)

    assert [True] * 3 + [False] * 17 == [one.decision is not None for one in failed]
    assert all(not one.passed and one.text() for one in failed)
    assert "20 tests were not run" in last.problems[0]
