"""Faults injected: mistakes that authors make, put one by one into a copy of the default policy.

`python -m tests.policy.faults_injected` prints which of `policy check`, `policy test`, `policy
verify` and `policy verify --against` the shipped policy notices each. The commands are the real
ones; a policy that does not load is for `check` alone.

Here: the mistakes and the table. Not here: that each is noticed (`test_faults_injected`).
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import attrs
from click.testing import CliRunner

from launchfsm.cli.program import program

DEFAULT: Final = Path(__file__).parents[2] / "rules" / "reference"
COMMANDS: Final = ("check", "test", "verify", "verify --against")

Edit: TypeAlias = Callable[[Path], None]
"""Puts a mistake into the policy in a folder."""


@attrs.frozen
class Injected:
    """One mistake.

    Attributes:
        kind: What the author did.
        where: The file, and what stood there.
        edit: Does it.
    """

    kind: str
    where: str
    edit: Edit


@attrs.frozen
class Noticed:
    """Who noticed a mistake.

    Attributes:
        kind: What the author did.
        where: The file, and what stood there.
        by: The commands that ended with 1.
        loads: Whether the policy loads at all.
    """

    kind: str
    where: str
    by: tuple[str, ...]
    loads: bool


# -- Making mistakes -------------------------------------------------------------------------------


def _replaced(kind: str, table: str, old: str, new: str) -> Injected:
    """The first place where a text stands gets another."""

    def edit(folder: Path) -> None:
        file = folder / f"{table}.toml"
        text = file.read_text(encoding="utf-8")
        if old not in text:
            raise LookupError(f"{file.name} no longer says {old!r}: inject something else")
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    return Injected(kind, f"{table}: {old.splitlines()[0]}", edit)


def _appended(kind: str, table: str, text: str) -> Injected:
    def edit(folder: Path) -> None:
        with (folder / f"{table}.toml").open("a", encoding="utf-8") as file:
            file.write(f"\n{text}\n")

    return Injected(kind, f"{table}: {text.splitlines()[0]}", edit)


def _rule(text: str, rule: str) -> tuple[int, int]:
    """Where a rule stands in a file, up to the next rule or the tests of the table."""
    start = text.index(f'[[rule]]\nid = "{rule}"\n')
    ends = [text.find(head, start + 1) for head in ("\n[[rule]]\n", "\n[[test]]\n")]
    return start, min([end + 1 for end in ends if end > 0], default=len(text))


def _dropped(kind: str, table: str, rule: str) -> Injected:
    def edit(folder: Path) -> None:
        file = folder / f"{table}.toml"
        text = file.read_text(encoding="utf-8")
        start, end = _rule(text, rule)
        file.write_text(text[:start] + text[end:], encoding="utf-8")

    return Injected(kind, f"{table}: {rule}", edit)


def _inserted(kind: str, table: str, before: str, rule: str) -> Injected:
    def edit(folder: Path) -> None:
        file = folder / f"{table}.toml"
        text = file.read_text(encoding="utf-8")
        start, _ = _rule(text, before)
        file.write_text(f"{text[:start]}[[rule]]\n{rule}\n\n{text[start:]}", encoding="utf-8")

    return Injected(kind, f"{table}: before {before}", edit)


def _swapped(kind: str, table: str, one: str, other: str) -> Injected:
    """Two rules, one right behind the other, in the other order."""

    def edit(folder: Path) -> None:
        file = folder / f"{table}.toml"
        text = file.read_text(encoding="utf-8")
        start, middle = _rule(text, one)
        again, end = _rule(text, other)
        if middle != again:
            raise LookupError(f"{other!r} does not stand right behind {one!r}")
        text = text[:start] + text[middle:end] + text[start:middle] + text[end:]
        file.write_text(text, encoding="utf-8")

    return Injected(kind, f"{table}: {one}, {other}", edit)


def _copy_table(folder: Path) -> None:
    shutil.copy(folder / "owner.toml", folder / "owner2.toml")


def _remove_table(folder: Path) -> None:
    (folder / "expired.toml").unlink()


def _in_latin_1(folder: Path) -> None:
    (folder / "owner.toml").write_bytes('# größer\ntable = "owner"\n'.encode("latin-1"))


def _extending(name: str) -> Edit:
    def edit(folder: Path) -> None:
        with (folder / "policy.toml").open("a", encoding="utf-8") as file:
            file.write(f'extends = "{name}"\n')

    return edit


# -- The mistakes ----------------------------------------------------------------------------------

_GONE: Final = '{ dead = true, reason = "pid {owner_pid} is gone" }'

FAULTS: Final[Sequence[Injected]] = (
    # Files
    _replaced("a quote too few", "owner", 'table = "owner"', 'table = "owner'),
    Injected("a file in another encoding", "owner", _in_latin_1),
    _replaced("a typo in a table's name", "owner", 'table = "owner"', 'table = "ownr"'),
    Injected("a table twice", "owner: the file, copied", _copy_table),
    Injected("a table dropped", "expired: the file, removed", _remove_table),
    Injected("a policy that extends itself", 'policy: extends = "."', _extending(".")),
    Injected("an unknown policy extended", 'policy: extends = "defualt"', _extending("defualt")),
    # Rules
    _replaced("a typo in a key", "downgrade", 'when = "owner_dead"', 'whne = "owner_dead"'),
    _replaced("a duplicated id", "launch_phase", 'id = "owner-dead"', 'id = "says-it-ended"'),
    _replaced("a missing then", "launch_phase", 'then = { launch_phase = "active" }\n', ""),
    _replaced("a hit policy of another kind", "owner", 'hit = "first"', 'hit = "collect"'),
    _replaced("rules that overlap under unique", "team_state", 'hit = "first"', 'hit = "unique"'),
    _appended("an override of nothing", "owner", '[[rule]]\nid = "gone"\noverride = true'),
    _appended("a place beside nothing", "owner", '[[rule]]\nid = "a"\nthen = {}\nbefore = "gone"'),
    _swapped("swapped rules", "owner", "owner-gone-stale", "owner-gone"),
    _swapped("swapped lines of a text", "diagnostics", "accepted", "alive"),
    _dropped("a dropped rule", "team_state", "some-skipped"),
    _dropped("a dropped rule of many that answer", "diagnostics", "respawn-blocked"),
    _dropped("a dropped last rule that is owed", "team_state", "all-confirmed"),
    _dropped("a dropped last rule", "owner", "owner-there"),
    _replaced(
        "a last rule with a condition",
        "owner",
        'id = "owner-there"\n',
        'id = "owner-there"\nwhen = "owner is not None"\n',
    ),
    _inserted(
        "a rule that can never hold",
        "owner",
        "owner-gone",
        f"""id = "never"\nwhen = "owner == 'dead' and owner == 'alive'"\nthen = {_GONE}""",
    ),
    _inserted(
        "a rule in the shadow of another",
        "owner",
        "owner-gone",
        f"""id = "longer"\nwhen = "owner == 'dead' and state_age >= '4m'"\nthen = {_GONE}""",
    ),
    _inserted(
        "a rule without effect",
        "team_state",
        "some-failed",
        """id = "all-failed"\nwhen = "failed > 1"\nthen = { team_state = "partial_failure" }""",
    ),
    # Conditions
    _replaced("a typo in a fact", "expired", "age >= grace", "aeg >= grace"),
    _replaced("a typo in a param", "expired", "age >= grace", "age >= grase"),
    _replaced("a typo in a word", "expired", "'partial_pending' and", "'partial_pendign' and"),
    _replaced("another word", "phase", "phase == 'creating_team'", "phase == 'canceled'"),
    _replaced("a word for a number", "team_state", "failed > 0", "failed > 'none'"),
    _replaced(
        "an order that words do not have",
        "standing",
        "launch_state == 'failed_to_start'",
        "launch_state > 'failed_to_start'",
    ),
    _replaced("one equals sign", "phase", "phase == 'failed'", "phase = 'failed'"),
    _replaced("an operand too few", "team_state", "pending > 0", "pending >"),
    _replaced("a chained comparison", "team_state", "skipped > 0", "9 > skipped > 0"),
    _replaced("a number as a truth", "journal_warning", "lines > 0", "lines"),
    _replaced("a comparison that forgets equal", "expired", "age >= grace", "age > grace"),
    _replaced("a comparison turned around", "expired", "age >= grace", "age <= grace"),
    _replaced("a narrowed condition", "member_state", "alive or accepted", "accepted"),
    _replaced(
        "a widened condition",
        "journal",
        "type == 'phase' and phase is not None",
        "type == 'phase' or phase is not None",
    ),
    _replaced("a dropped negation", "spawn_status", "and not stalled", "and stalled"),
    _replaced("an added negation", "downgrade", 'when = "owner_dead"', 'when = "not owner_dead"'),
    _replaced("and for or", "member_state", "alive or accepted", "alive and accepted"),
    _replaced("or for and", "liveness", "alive and (", "alive or ("),
    _replaced(
        "a pair of brackets dropped",
        "liveness",
        "(confirmed or liveness_kind in strong_kinds)",
        "confirmed or liveness_kind in strong_kinds",
    ),
    _replaced(
        "in turned around",
        "recovery",
        "phase_state in resumable",
        "phase_state not in resumable",
    ),
    _replaced("unknown for known", "journal_warning", "messages is not None", "messages is None"),
    _replaced("unknown taken for dead", "recovery", "owner != 'alive'", "owner == 'dead'"),
    # Params
    _replaced("a threshold a ms too long", "expired", 'grace = "5m"', 'grace = "5m1ms"'),
    _replaced("a threshold a ms too short", "expired", 'grace = "5m"', 'grace = "4m59s999ms"'),
    _replaced("a threshold of another unit", "owner", 'stale_after = "3m"', 'stale_after = "3h"'),
    _replaced("a threshold without a unit", "expired", 'grace = "5m"', "grace = 5"),
    _replaced("a number that is a text", "journal_warning", "_lines = 3", '_lines = "3"'),
    _replaced("a number off by one", "journal_warning", "_lines = 3", "_lines = 4"),
    _replaced("a text that others join with", "journal_warning", '" | "', '", "'),
    _replaced("a word dropped from a list", "recovery", '"validating", ', ""),
    _replaced("a param that nobody names", "expired", "age >= grace", "age >= '5m'"),
    _replaced("a param dropped", "journal_warning", "recent_lines = 3\n", ""),
    # Outcomes
    _replaced("a typo in a field", "liveness", "strong = true", "stronk = true"),
    _replaced("a typo in an outcome's word", "phase", '"finalizing"', '"finalising"'),
    _replaced("another word in an outcome", "phase", '"finalizing"', '"assembling"'),
    _replaced("a text for a truth", "expired", "expired = true", 'expired = "yes"'),
    _replaced("a truth turned around", "expired", "expired = true", "expired = false"),
    _replaced("a required field dropped", "verdict", 'severity = "ok", text = "e', 'text = "e'),
    _replaced("an optional field dropped", "spawn_status", ', source = "heartbeat"', ""),
    _replaced("a typo in a text", "downgrade", '["{owner_reason}"]', '["{owner_raeson}"]'),
    _replaced("a brace too few", "downgrade", '["{owner_reason}"]', '["{owner_reason"]'),
    _replaced("another word in a text", "verdict", '"it ended without', '"it began without'),
    _replaced("another fact in a text", "journal", '"bootstrap {status}"', '"bootstrap {type}"'),
    _replaced("a letter in a text", "phase", "Creating team config", "Creating team configs"),
    _replaced("a number in an outcome", "richness", "points = 20", "points = 21"),
    _replaced("an event dropped", "member", '["accept_spawn", "confirm"]', '["confirm"]'),
    _replaced(
        "an answer that others exclude", "owner", "dead = true, stale", "dead = false, stale"
    ),
    # Tests
    _replaced("a test that is wrong", "liveness", 'decides = "hearsay"', 'decides = "evidence"'),
    _appended("a test of an unknown rule", "owner", '[[test]]\nfacts = {}\ndecides = "gone"'),
    _appended("a test that asks nothing", "owner", "[[test]]\nfacts = {}"),
    _appended(
        "a test of what cannot be",
        "owner",
        """[[test]]\nfacts = { owner = "dead" }\ndecides = "owner-gone\"""",
    ),
)
"""Every mistake, by what the author laid hands on."""


# -- Who notices -----------------------------------------------------------------------------------


def status(*args: str | Path) -> int:
    """How a command ends."""
    result = CliRunner().invoke(program, [str(arg) for arg in args])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code


def noticed_by(folder: Path) -> tuple[tuple[str, ...], bool]:
    """The commands that end with 1 for the policy in a folder, and whether it loads."""
    if status("policy", "check", folder) == 1:
        return ("check",), False
    ends = {
        "test": status("policy", "test", folder),
        "verify": status("policy", "verify", folder),
        "verify --against": status("policy", "verify", folder, "--against", "reference"),
    }
    return tuple(command for command, ended in ends.items() if ended == 1), True


def inject(fault: Injected, folder: Path) -> Noticed:
    """Put a mistake into a copy of the default policy, in a folder that is not there yet."""
    shutil.copytree(DEFAULT, folder)
    fault.edit(folder)
    by, loads = noticed_by(folder)
    return Noticed(fault.kind, fault.where, by, loads)


def table(noticed: Sequence[Noticed]) -> Iterator[str]:
    """Who noticed what, as Markdown."""
    yield f"| injected | where | {' | '.join(COMMANDS)} |"
    yield f"| --- | --- |{' --- |' * len(COMMANDS)}"
    for found in noticed:
        cells = [_cell(found, command) for command in COMMANDS]
        yield f"| {found.kind} | `{found.where}` | {' | '.join(cells)} |"
    totals = [str(sum(command in found.by for found in noticed)) for command in COMMANDS]
    missed = sum(not found.by for found in noticed)
    yield f"| **{len(noticed)} kinds** | missed by all: {missed} | {' | '.join(totals)} |"


def _cell(found: Noticed, command: str) -> str:
    if command in found.by:
        return "yes"
    return "" if found.loads or command == "check" else "does not load"


def main() -> int:
    """Inject every mistake and print who noticed; 1 when some mistake was noticed by none."""
    with tempfile.TemporaryDirectory() as scratch:
        noticed = [
            inject(fault, Path(scratch) / f"policy-{number}") for number, fault in enumerate(FAULTS)
        ]
    sys.stdout.write("\n".join(table(noticed)) + "\n")
    return 0 if all(found.by for found in noticed) else 1


if __name__ == "__main__":
    sys.exit(main())
