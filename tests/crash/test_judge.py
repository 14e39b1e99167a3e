"""The judge: it lets pass what a crash may leave, and nothing that is a step away from it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from launchfsm.launcher import LauncherError
from launchfsm.records.documents import JOURNAL_FILE, LOCK_FILE, STATE_FILE
from tests.crash.judge import MisclassifiedError, judge, mended, recover
from tests.crash.log import LOCK_FOLDER, Log, Tree
from tests.crash.memory import MemoryFileSystem
from tests.crash.replay import TEAM_ONLY, full_journal, wreck
from tests.crash.script import TEAM, TROUBLE

if TYPE_CHECKING:
    from collections.abc import Callable

Entries = dict[str, bytes | None]
ALL = len(TROUBLE.steps)


def left_after(count: int, before: Tree = TEAM_ONLY) -> tuple[Tree, Log]:
    """What stands in the folder after so many steps of a run, and the log of it."""
    root = Path("/in/memory")
    memory = MemoryFileSystem(str(root / TEAM), before)
    run = TROUBLE.run(root, "run", filesystem=memory)
    for step in TROUBLE.steps[:count]:
        step.says(run)
    return memory.tree(), Log(TROUBLE, "run", os.getpid(), before, count, count)


def changed(tree: Tree, **changes: bytes | None) -> Tree:
    names = {"state": STATE_FILE, "journal": JOURNAL_FILE, "lock": LOCK_FILE}
    entries: Entries = dict(tree.entries or {})
    for name, data in changes.items():
        if data is None:
            del entries[names[name]]
        else:
            entries[names[name]] = data
    return Tree(entries)


TORN = Tree({JOURNAL_FILE: b'{"ts":1,"type":"phase","runId":"r","phase":"completed"}\n{"ts":2,"ty'})


@pytest.mark.parametrize("before", [TEAM_ONLY, TORN, full_journal()], ids=["", "torn", "full"])
@pytest.mark.parametrize("count", range(ALL + 1))
def test_what_a_run_leaves_between_its_steps_is_as_its_log_says(count: int, before: Tree) -> None:
    judge(*left_after(count, before))


@pytest.mark.parametrize("count", range(ALL))
def test_within_a_step_what_was_before_it_and_what_is_after_it_are_both_right(count: int) -> None:
    for left in (count, count + 1):
        tree, log = left_after(left)
        judge(tree, evolve(log, done=count, began=count + 1))


# Steps that change the state; the last one changes the lock.
@pytest.mark.parametrize("count", range(1, ALL))
@pytest.mark.parametrize("off", [-1, 1])
def test_records_that_are_a_step_ahead_or_behind_are_found(count: int, off: int) -> None:
    tree, log = left_after(count)
    wrong, _ = left_after(count + off)

    with pytest.raises(MisclassifiedError):
        judge(wrong, log)
    with pytest.raises(MisclassifiedError):
        judge(tree, evolve(log, done=count + off, began=count + off))
    if wrong.state != tree.state:
        with pytest.raises(MisclassifiedError, match="the state is neither"):
            judge(changed(tree, state=wrong.state), log)
    with pytest.raises(MisclassifiedError, match="the journal does not tell"):
        judge(changed(tree, journal=wrong.journal), log)


WRONG: dict[str, Callable[[Tree], Tree]] = {
    "the state is neither: torn": lambda tree: changed(tree, state=(tree.state or b"")[:-1]),
    "the state is neither: empty": lambda tree: changed(tree, state=b""),
    "the state is neither: absent": lambda tree: changed(tree, state=None),
    "the state is neither: other": lambda tree: changed(
        tree, state=(tree.state or b"").replace(b"no such command", b"no such thing")
    ),
    "the journal does not tell: absent": lambda tree: changed(tree, journal=None),
    "the journal does not tell: torn": lambda tree: changed(tree, journal=tree.journal[:-1]),
    "the journal does not tell: ahead": lambda tree: changed(tree, journal=tree.journal + b"{"),
    "the journal does not tell: lost": lambda tree: changed(
        tree, journal=tree.journal[tree.journal.find(b"\n") + 1 :]
    ),
    "somebody else's: none": lambda tree: Tree(
        {path: data for path, data in (tree.entries or {}).items() if LOCK_FOLDER not in path}
    ),
    "somebody else's: other": lambda tree: changed(
        tree, lock=json.dumps({**(tree.lock or {}), "runId": "other"}).encode()
    ),
    "does not say whose: empty": lambda tree: changed(tree, lock=None),
    "does not say whose: torn": lambda tree: changed(tree, lock=b"{"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_whatever_is_wrong_with_the_records_is_found(wrong: str) -> None:
    tree, log = left_after(8)

    with pytest.raises(MisclassifiedError, match=wrong.partition(":")[0]):
        judge(WRONG[wrong](tree), log)


def test_a_state_that_is_ahead_of_its_journal_is_found() -> None:
    tree, log = left_after(8)
    after, _ = left_after(9)
    within = evolve(log, began=9)

    judge(changed(tree, journal=after.journal), within)
    judge(after, within)
    with pytest.raises(MisclassifiedError, match="knows what the journal does not"):
        judge(changed(tree, state=after.state), within)
    judge(changed(tree, state=after.state), evolve(within, synced=8, lossy=True))


def test_after_a_power_cut_only_what_was_not_synced_may_be_lost() -> None:
    tree, log = left_after(8)
    cut = evolve(log, synced=7, lossy=True)
    *_, last, _ = tree.journal.split(b"\n")
    sure = tree.journal[: -len(last) - 1]

    for lost in (b"", last, bytes(len(last)), bytes(5) + last[5:] + b"\n", bytes(len(last) + 1)):
        judge(changed(tree, journal=sure + lost), cut)
    for wrong in (sure[:-1], sure + b"x" + last[1:], sure + last + b"\n{"):
        with pytest.raises(MisclassifiedError, match="the journal does not tell"):
            judge(changed(tree, journal=wrong), cut)
    with pytest.raises(MisclassifiedError, match="the journal does not tell"):
        judge(changed(tree, journal=sure + bytes(len(last))), log)


def test_a_rotated_journal_has_lost_its_older_half_and_no_more() -> None:
    tree, log = left_after(ALL, full_journal())
    full = log.before.journal
    new = tree.journal[tree.journal.find(b'{"ts":1700000000000,"type":"lock"') :]

    assert 100_000 < len(tree.journal) < len(full)
    judge(tree, log)
    for kept in (5_000, 100_000):
        less = full[full.find(b"\n", len(full) - kept) + 1 :]
        with pytest.raises(MisclassifiedError, match="the journal does not tell"):
            judge(changed(tree, journal=less + new), log)


def test_the_next_run_takes_over_what_it_finds_and_is_refused_by_a_living_owner() -> None:
    recover(TEAM_ONLY)
    recover(wreck("state"))
    with pytest.raises(LauncherError, match="lives"):
        recover(left_after(5)[0])


def test_a_torn_end_is_cut_off_and_a_whole_record_there_is_kept() -> None:
    assert b"" == mended(b"") == mended(b"{")
    assert b"1\n" == mended(b"1\n") == mended(b"1\n2") == mended(b'1\n{"a":')
    assert b'1\n{"a":1}\n' == mended(b'1\n{"a":1}')
