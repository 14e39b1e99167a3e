"""Contention: many processes race for one team's lock, round after round.

Run as a script: `python -m tests.launcher.contention --processes 50 --rounds 200`. Each round all
contenders try to begin a run at the same moment. Exactly one has to; every other has to be told
that the lock is held, and by that one; none may fail otherwise, and none may hang. The rounds go
through all the ways in which the one before can have left the lock:

- `released`: its run ended;
- `killed`: its process was killed with SIGKILL and not reaped, so that a zombie holds the lock;
- `reaped`: likewise, and its pid is free;
- `reused`: likewise, and its pid is another process's by now, which is written into the metadata;
- `rebooted`: likewise, and the metadata is of an earlier boot.

What is printed is one JSON object of figures; the exit status is 0 when all of it is as it must be.
"""

# It prints what it found, as scripts do:
# ruff: noqa: T201

from __future__ import annotations

import argparse
import json
import os
import selectors
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from attrs import define, field, frozen

from launchfsm.launcher import BootstrapRun, LockHeldError
from launchfsm.launcher.inspect import find_lock
from launchfsm.records.documents import JOURNAL_FILE, LOCK_FILE

TEAM: Final = "contended"
ENDINGS: Final = ("released", "killed", "reaped", "reused", "rebooted")
PATIENCE: Final = 120.0
"""After how many seconds without any answer a contender counts as stuck."""


class ContentionError(AssertionError):
    """Something happened that must never happen."""


@frozen
class Contender:
    """A forked process that tries to begin a run whenever it is told to.

    Attributes:
        pid: Its pid.
        orders: Where it is told to: `g` is go, `r` is release.
        answers: Where it tells how it went, one line each.
    """

    pid: int
    orders: int
    answers: int


def contend(root: str, orders: int, answers: int) -> None:
    """Be a contender until there are no more orders."""
    run: BootstrapRun | None = None
    while order := os.read(orders, 1):
        if order == b"r" and run is not None:
            run.__exit__(None, None, None)
            answer, run = "released", None
        else:
            answer, run = attempt(root)
        os.write(answers, f"{answer}\n".encode())


def attempt(root: str) -> tuple[str, BootstrapRun | None]:
    run = BootstrapRun(root, TEAM, run_id=f"run-of-{os.getpid()}")
    try:
        run.__enter__()
    except LockHeldError as error:
        return f"held {error.provable} {error}", None
    except Exception as error:  # noqa: BLE001 - whatever it is, the coordinator has to be told
        return f"failed {error!r}", None
    stolen = run.stolen_from is not None
    return f"won {'stolen' if stolen else 'free'}", run


def start(root: str) -> Contender:
    """Fork a contender."""
    orders, order_end = os.pipe()
    answer_end, answers = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(order_end)
        os.close(answer_end)
        try:
            contend(root, orders, answers)
        finally:
            os._exit(0)
    os.close(orders)
    os.close(answers)
    return Contender(pid, order_end, answer_end)


@define
class Contest:
    """All contenders and what came of their races.

    Attributes:
        root: The teams root.
        contenders: Those who race.
        zombie: The last winner that was killed and not reaped.
        before: How the last round ended.
        winners: How often each pid won.
        slowest: How long the slowest round took, in seconds.
    """

    root: str
    contenders: list[Contender]
    zombie: Contender | None = None
    before: str = "released"
    winners: Counter[int] = field(factory=Counter)
    slowest: float = 0.0

    def run_round(self, ending: str) -> None:
        """Have everybody try at once, judge the answers, and end the winner in some way."""
        began = time.monotonic()
        for contender in self.contenders:
            os.write(contender.orders, b"g")
        answers = self.answers()
        self.slowest = max(self.slowest, time.monotonic() - began)
        winner = self.judge(answers)
        self.winners[winner.pid] += 1
        self.reap_zombie()
        self.end(winner, ending)
        self.before = ending

    def answers(self) -> dict[int, str]:
        """Collect one line of each contender."""
        found = {contender.pid: b"" for contender in self.contenders}
        with selectors.DefaultSelector() as selector:
            for contender in self.contenders:
                selector.register(contender.answers, selectors.EVENT_READ, contender.pid)
            while selector.get_map():
                ready = selector.select(PATIENCE)
                if not ready:
                    silent = [pid for pid, text in found.items() if not text]
                    raise ContentionError(f"stuck for {PATIENCE:g} s: {silent}")
                for key, _ in ready:
                    found[key.data] += os.read(key.fd, 65_536)
                    if found[key.data].endswith(b"\n"):
                        selector.unregister(key.fd)
        return {pid: text.decode().strip() for pid, text in found.items()}

    def judge(self, answers: dict[int, str]) -> Contender:
        """Return the one winner, if all is as it must be."""
        won = {pid: answer for pid, answer in answers.items() if answer.startswith("won")}
        if len(won) != 1:
            raise ContentionError(f"{len(won)} winners; all answers: {answers}")
        ((winner, how),) = won.items()
        if how != ("won free" if self.before == "released" else "won stolen"):
            raise ContentionError(f"after {self.before!r} the lock was {how}")
        for pid, answer in answers.items():
            known = answer.startswith("held True") and f"pid {winner} for the run" in answer
            if pid != winner and not known:
                raise ContentionError(f"{pid} was not told that {winner} has the lock: {answer}")
        held = find_lock(f"{self.root}/{TEAM}")
        if held is None or held.holder.pid != winner:
            raise ContentionError(f"{winner} won, and the lock says {held}")
        return next(contender for contender in self.contenders if contender.pid == winner)

    def end(self, winner: Contender, ending: str) -> None:
        """End the winner's run, and its process with it unless the ending is `released`."""
        if ending == "released":
            os.write(winner.orders, b"r")
            os.read(winner.answers, 65_536)
            return
        os.kill(winner.pid, signal.SIGKILL)
        os.waitid(os.P_PID, winner.pid, os.WEXITED | os.WNOWAIT)
        self.contenders[self.contenders.index(winner)] = start(self.root)
        self.zombie = winner
        if ending != "killed":
            self.reap_zombie()
        if ending == "reused":
            self.rewrite({"pid": os.getpid()})
        if ending == "rebooted":
            self.rewrite({"pid": os.getpid(), "bootId": "an earlier boot"})

    def reap_zombie(self) -> None:
        """Have the last winner that was killed be gone for good."""
        if self.zombie is not None:
            drop(self.zombie)
            self.zombie = None

    def rewrite(self, changes: dict[str, Any]) -> None:
        """Let the lock be another process's, which lives, but began at another time."""
        path = Path(self.root, TEAM, LOCK_FILE)
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    def finish(self) -> None:
        """End everybody."""
        self.reap_zombie()
        for contender in self.contenders:
            os.kill(contender.pid, signal.SIGKILL)
            drop(contender)


def drop(contender: Contender) -> None:
    """Reap a contender that was killed."""
    os.waitpid(contender.pid, 0)
    os.close(contender.orders)
    os.close(contender.answers)


def check_journal(root: str) -> int:
    """Return how many lines the journal has; each has to be a whole record."""
    lines = Path(root, TEAM, JOURNAL_FILE).read_bytes().splitlines()
    if not all(isinstance(json.loads(line), dict) for line in lines):
        raise ContentionError("the journal has a line that is no record")
    return len(lines)


def race(processes: int, rounds: int) -> dict[str, Any]:
    """Run the races and return the figures.

    Raises:
        ContentionError: Something happened that must never happen.
    """
    began = time.monotonic()
    with TemporaryDirectory() as root:
        contest = Contest(root, [start(root) for _ in range(processes)])
        try:
            for number in range(rounds):
                contest.run_round(ENDINGS[number % len(ENDINGS)])
            lines = check_journal(root)
        finally:
            contest.finish()
    return {
        "processes": processes,
        "rounds": rounds,
        "winners": contest.winners.total(),
        "different_winners": len(contest.winners),
        "slowest_round_ms": round(contest.slowest * 1000),
        "seconds": round(time.monotonic() - began, 1),
        "journal_lines": lines,
    }


def main() -> int:
    """Run the races that the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--processes", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=200)
    arguments = parser.parse_args()
    try:
        figures = race(arguments.processes, arguments.rounds)
    except ContentionError as error:
        print(f"contention: {error}", file=sys.stderr)
        return 1
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
