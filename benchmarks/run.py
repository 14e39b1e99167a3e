"""Measure launchfsm: `python benchmarks/run.py`.

What is compared runs in turns, many times, and the best of each counts, so that other work on the
machine cancels out. Ratios are the figures; microseconds stand beside them for a sense of scale.
"""

from __future__ import annotations

import argparse
import functools
import gc
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from launchfsm import (
    LaunchEvaluator,
    choose_preferred_snapshot,
    parse_launch_snapshot,
)
from launchfsm.decisions.catalogue import CATALOGUE
from launchfsm.engine.engine import Engine
from launchfsm.evaluation.deadline import next_change
from launchfsm.evaluation.evidence import build_evidence
from launchfsm.evaluation.pipeline import judge_team
from launchfsm.evaluation.watch import Watcher
from launchfsm.policies import load_policy
from launchfsm.policy import loader
from launchfsm.records.documents import JOURNAL_FILE, LAUNCH_FILE, STATE_FILE, TeamFiles, TeamSource
from launchfsm.system.files import ReadProblem
from launchfsm.system.processes import SystemProcesses
from teams import NOW_MS, launch_document, state_document, write_teams

NOW = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=NOW_MS)
RECENT = 3

Work = Callable[[], object]


def best(works: Mapping[str, Work], *, rounds: int) -> dict[str, float]:
    """The shortest time of each piece of work, in seconds, all of them run in turns."""
    found = dict.fromkeys(works, float("inf"))
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            found[name] = min(found[name], time.perf_counter() - start)
    gc.unfreeze()
    return found


def in_slices(work: Callable[[str], object], names: list[str]) -> Callable[[int], Work]:
    """The same work on one slice of the teams, short enough to be undisturbed now and then."""
    size = 5

    def of(number: int) -> Work:
        mine = names[number * size : (number + 1) * size]
        return lambda: [work(name) for name in mine]

    return of


def per_team(
    works: Mapping[str, Callable[[str], object]], names: list[str], *, rounds: int
) -> dict[str, float]:
    """Microseconds a team of each piece of work, over all teams."""
    slices = {name: in_slices(work, names) for name, work in works.items()}
    count = max(1, len(names) // 5)
    total = dict.fromkeys(works, 0.0)
    for number in range(count):
        found = best({name: of(number) for name, of in slices.items()}, rounds=rounds)
        for name, seconds in found.items():
            total[name] += seconds
    return {name: seconds / len(names) * 1e6 for name, seconds in total.items()}


# -- The bare cost ---------------------------------------------------------------------------------


def bare_read(path: str) -> bytes:
    """Open, read and close a file that is known to be harmless."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, os.fstat(descriptor).st_size + 1)
    finally:
        os.close(descriptor)


def parse_state_and_recent(state: bytes, journal: bytes) -> None:
    """Parse what an evaluation needs: the state, and the last lines of the journal."""
    orjson.loads(state)
    for line in journal.rstrip(b"\n").rsplit(b"\n", RECENT)[-RECENT:]:
        orjson.loads(line)


def data(found: bytes | ReadProblem) -> bytes:
    """The bytes of a file that is there."""
    return b"" if isinstance(found, ReadProblem) else found


def judge_bytes(engine: Engine, files: TeamFiles) -> None:
    """Evaluate a team whose files are read already."""
    judge_team(engine, build_evidence(files, "team", now=NOW_MS, processes=SystemProcesses()))


# -- What is measured ------------------------------------------------------------------------------


def measure_evaluation(root: Path, teams: int, rounds: int) -> None:
    """From disk against opening, reading and parsing; from bytes against parsing."""
    names = write_teams(root, teams=teams)
    evaluators = {
        policy: LaunchEvaluator(root, policy=policy, clock=lambda: NOW)
        for policy in ("reference", "default")
    }
    engine, processes = Engine(load_policy("reference")), SystemProcesses()
    files: dict[str, TeamFiles] = {name: TeamSource(f"{root}/{name}").read_team() for name in names}

    def bare(name: str) -> None:
        state = bare_read(f"{root}/{name}/{STATE_FILE}")
        parse_state_and_recent(state, bare_read(f"{root}/{name}/{JOURNAL_FILE}"))

    def bare_whole(name: str) -> None:
        orjson.loads(bare_read(f"{root}/{name}/{STATE_FILE}"))
        for line in bare_read(f"{root}/{name}/{JOURNAL_FILE}").splitlines():
            orjson.loads(line)

    def parse(name: str) -> None:
        parse_state_and_recent(data(files[name].state), data(files[name].journal))

    def from_bytes(name: str) -> None:
        judge_team(engine, build_evidence(files[name], name, now=NOW_MS, processes=processes))

    def with_verdict(policy: str, name: str) -> None:
        _ = evaluators[policy].evaluate(name).verdict

    works: dict[str, Callable[[str], object]] = {
        **{policy: evaluator.evaluate for policy, evaluator in evaluators.items()},
        **{f"{policy}, verdict": functools.partial(with_verdict, policy) for policy in evaluators},
        "bare": bare,
        "bare, every line": bare_whole,
        "bytes": from_bytes,
        "parse": parse,
    }
    us = per_team(works, names, rounds=rounds)
    for policy in evaluators:
        print(f"  under {policy}")
        say("from disk / open, read, parse state and 3 lines", us[policy], us["bare"])
        whole = us["bare, every line"]
        say("from disk / open, read, parse state and every line", us[policy], whole)
        told = us[f"{policy}, verdict"]
        say("from disk, with its verdict / open, read, parse state and 3 lines", told, us["bare"])
    print("  under reference")
    say("from bytes / parse state and 3 lines", us["bytes"], us["parse"])


def now() -> datetime:
    """The time at which all is measured."""
    return NOW


def measure_asked_later(root: Path, teams: int, rounds: int) -> None:
    """When to look again, looks at what has not changed, and what pickles take."""
    names = write_teams(root, teams=teams)
    evaluator = LaunchEvaluator(root, clock=now)
    evaluations = {name: evaluator.evaluate(name) for name in names}
    engine, watcher = Engine(evaluator.policy), Watcher(evaluator)

    def bare(name: str) -> None:
        state = bare_read(f"{root}/{name}/{STATE_FILE}")
        parse_state_and_recent(state, bare_read(f"{root}/{name}/{JOURNAL_FILE}"))

    def with_verdict(name: str) -> None:
        _ = evaluator.evaluate(name).verdict

    works: dict[str, Callable[[str], object]] = {
        "recheck": lambda name: next_change(engine, evaluations[name]._evidence),  # noqa: SLF001 - it is kept once asked
        "evaluation": with_verdict,
        "bare": bare,
    }
    us = per_team(works, names, rounds=rounds)
    say("recheck_at / an evaluation with its verdict", us["recheck"], us["evaluation"])
    for name in names:  # a folder that changed just now is looked at for everything
        os.utime(root / name, ns=(0, 0))
    list(watcher.look())
    found = best({"look": lambda: list(watcher.look())}, rounds=rounds)
    look = found["look"] / len(names) * 1e6
    say("a look at an unchanged team / open, read, parse its files", look, us["bare"])
    evaluation = evaluations[names[0]]
    for what in (evaluator.policy, evaluator, evaluation.preferred_snapshot, evaluation):
        print(f"  a pickle of {type(what).__name__}: {len(pickle.dumps(what))} bytes")


def measure_members(rounds: int) -> None:
    """The cost of a member, in launches of more and more of them."""
    engine = Engine(load_policy("reference"))
    absent = ReadProblem("absent", "")
    works: dict[str, Work] = {}
    for members in (1, 10, 100, 1000):
        state = orjson.dumps(state_document(0, members))
        files = TeamFiles(state, absent, absent, absent)
        works[str(members)] = functools.partial(judge_bytes, engine, files)
    found = best(works, rounds=rounds)
    first = found["10"] / 10
    for number, seconds in found.items():
        each = seconds / int(number)
        times = f"{each / first:.2f} times that of ten"
        print(f"  {number:>4} members: {each * 1e6:6.2f} µs each, {times}")


def measure_rules(root: Path, rounds: int) -> None:
    """The cost of rules that do not fire, put in front of every rule of a table."""
    works: dict[str, Work] = {}
    document = orjson.dumps(state_document(0, 8))
    absent = ReadProblem("absent", "")
    files = TeamFiles(document, absent, absent, absent)
    for extra in (0, 8, 64, 256):
        policy = root / f"rules-{extra}.toml"
        rules = "".join(
            f'[[tables.owner.rule]]\nid = "extra-{number}"\nbefore = "bootstrap-ended"\n'
            f"when = \"owner_pid == {number + 0.5} and phase_kind == 'other'\"\nthen = {{}}\n"
            for number in range(extra)
        )
        policy.write_text(f'policy = "more"\nextends = "reference"\n{rules}')
        engine = Engine(load_policy(policy))
        works[str(extra)] = functools.partial(judge_bytes, engine, files)
    found = best(works, rounds=rounds)
    for more, seconds in found.items():
        print(f"  {more:>4} more rules: {seconds / found['0']:.2f} times that of none")


def measure_own_tables(root: Path, teams: int, rounds: int) -> None:
    """The cost of a table of one's own, after a decision of the launch and of each member."""
    names = write_teams(root, teams=teams)
    works: dict[str, Callable[[str], object]] = {}
    for on in ("", "verdict", "member_word", "standing"):
        policy = root.parent / f"own-{on}.toml"
        table = (
            f'[tables.own]\non = "{on}"\nhit = "first"\noutcome.yes = {{ type = "boolean" }}\n'
            '[[tables.own.rule]]\nid = "all"\nthen = { yes = true }\n'
        )
        policy.write_text(f'policy = "own"\nextends = "reference"\n{table if on else ""}')
        evaluator = LaunchEvaluator(root, policy=policy, clock=lambda: NOW)

        def told(name: str, evaluator: LaunchEvaluator = evaluator) -> object:
            found = evaluator.evaluate(name)
            return found.verdict, found.members, found.answers

        works[on] = told
    us = per_team(works, names, rounds=rounds)
    for on in list(works)[1:]:
        say(f"with a table on {on} / without", us[on], us[""])


def measure_launch_side(root: Path, rounds: int) -> None:
    """The launcher's own snapshot: parsed, completed, chosen from."""
    names = write_teams(root, teams=100, launch=True)
    evaluator = LaunchEvaluator(root, clock=lambda: NOW)
    bootstrap = {name: evaluator.evaluate(name).bootstrap_snapshot for name in names}
    raw = {name: (root / name / LAUNCH_FILE).read_bytes() for name in names}
    document = launch_document(0, 8)

    def parsed(name: str) -> Any:
        return parse_launch_snapshot(name, orjson.loads(raw[name]), now=NOW)

    snapshots = {name: parsed(name) for name in names}
    us = per_team(
        {
            "json": lambda name: orjson.loads(raw[name]),
            "parse and complete": parsed,
            "choose": lambda name: choose_preferred_snapshot(
                bootstrap[name], snapshots[name], now=NOW
            ),
        },
        names,
        rounds=rounds,
    )
    members = len(document["members"])
    print(f"  {members} members a snapshot")
    say("parse and complete / parse the JSON", us["parse and complete"], us["json"])
    say("choose between two / parse the JSON", us["choose"], us["json"])


def measure_start(rounds: int) -> None:
    """What importing costs, and asking for help."""
    libraries = "import transitions, attrs, cattrs"
    works: dict[str, Work] = {
        "nothing": lambda: python("-c", "pass"),
        "libraries": lambda: python("-c", libraries),
        "import": lambda: python("-c", "import launchfsm"),
        "evaluator": lambda: python("-c", "from launchfsm import LaunchEvaluator"),
        "help": lambda: python("-m", "launchfsm", "--help"),
        "click": lambda: python("-c", "import click"),
    }
    found = best(works, rounds=rounds)
    base = found["nothing"]
    ms = {name: (seconds - base) * 1e6 for name, seconds in found.items()}
    say("import launchfsm / its three libraries", ms["import"], ms["libraries"])
    say("import LaunchEvaluator / its three libraries", ms["evaluator"], ms["libraries"])
    say("launchfsm --help / import click", ms["help"], ms["click"])


def python(*arguments: str) -> None:
    """Run Python with its output thrown away."""
    environment = {
        key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"
    }
    subprocess.run(
        [sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment
    )


def measure_loading(rounds: int) -> None:
    """What loading a policy costs."""
    works: dict[str, Work] = {
        name: functools.partial(load, name) for name in ("reference", "default")
    }
    for name, seconds in best(works, rounds=rounds).items():
        print(f"  {name}: {seconds * 1e3:.1f} ms")


def load(name: str) -> object:
    """Load a shipped policy as if it had not been loaded before."""
    return loader.load_policy(name, catalogue=CATALOGUE)


def say(what: str, mine: float, other: float) -> None:
    """Print a ratio, and what it is of."""
    print(f"  {what}: {mine / other:.2f}  ({mine:.1f} / {other:.1f} µs)")


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=2000, help="how many teams to evaluate")
    parser.add_argument("--rounds", type=int, default=15, help="how often each work is repeated")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        print(f"Evaluation, {asked.teams} teams of 8 members and 30 journal lines, a team")
        measure_evaluation(root / "teams", asked.teams, asked.rounds)
        print("What is asked later, under default")
        measure_asked_later(root / "later", min(asked.teams, 200), asked.rounds)
        print("Against members, from bytes")
        measure_members(asked.rounds)
        print("Against rules in one table, from bytes")
        measure_rules(root, asked.rounds)
        print("A table of one's own, a team with its verdict, members and answers")
        measure_own_tables(root / "own", min(asked.teams, 200), asked.rounds)
        print("The launcher's own snapshot, a snapshot")
        measure_launch_side(root / "both", asked.rounds)
        print("Start")
        measure_start(asked.rounds)
        print("Loading a policy")
        measure_loading(asked.rounds)


if __name__ == "__main__":
    main()
