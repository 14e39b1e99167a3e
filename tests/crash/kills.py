"""Kills: real writers that die by SIGKILL at random instants.

A writer is forked, goes through a script, and says before and after each step, through a pipe that
the coordinator holds the other end of, that it begins and that it is done. What went into a pipe
is not lost with whoever wrote it, so this is the independent log. The coordinator picks a step,
waits until the writer begins it, and after a random part of a step's time kills the writer.

Then the folder is judged, and the next run has to start and finish, in half of the cases while the
dead writer is still a zombie. In half of the cases all that is undone again, and the next writer
itself begins over the wreck, dead lock and all.
"""

from __future__ import annotations

import gc
import os
import random
import shutil
import signal
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from tests.crash.judge import MisclassifiedError, Quick, judge, recover
from tests.crash.log import Log, Tree
from tests.crash.replay import DURABILITIES, full_journal
from tests.crash.script import SCRIPTS, TEAM, Script

if TYPE_CHECKING:
    from launchfsm.launcher import BootstrapRun

_LONGEST_STEP: Final = 0.002  # seconds; a kill comes at most so long after the step began
_ROUNDS: Final = 12  # in one folder, before the journal is too long to look at in no time


@define
class Campaign:
    """Kills, one after another.

    Attributes:
        seed: What decides all that is random, but for when the system lets whom run.
        figures: How many of what there were.
    """

    seed: int
    figures: Counter[str] = field(factory=Counter)
    _random: random.Random = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - to be repeated, not to be secret

    def kill(self, count: int) -> Counter[str]:
        """Kill so many writers and return the figures.

        Raises:
            MisclassifiedError: The records of one contradict its log, or nobody could succeed it.
        """
        gc.freeze()  # what is here by now need not be copied for every writer
        while self.figures["kills"] < count:
            with TemporaryDirectory() as root:
                self._use(Path(root), count)
        return self.figures

    def _use(self, root: Path, count: int) -> None:
        """Kill writers in one folder."""
        rotating = self._random.random() < 0.2
        (full_journal() if rotating else Tree({})).write(root / TEAM)
        for number in range(_ROUNDS // 4 if rotating else _ROUNDS):
            if self.figures["kills"] >= count:
                return
            self._round(root, f"run-{number}")

    def _round(self, root: Path, run_id: str) -> None:
        script = self._random.choice(SCRIPTS)
        writer = Writer.start(root, script, run_id, self._arguments())
        victim = writer.die(
            at=self._random.randrange(len(script.steps)),
            after=self._random.uniform(0, _LONGEST_STEP),
        )
        self.figures["kills" if victim else "ended first"] += 1
        self._count(writer.log)
        zombie = self._random.random() < 0.5
        if not zombie:
            writer.reap()
        wreck = Tree.read(root / TEAM)
        judge(wreck, writer.log, root=None if zombie else root)
        recover(wreck, run_id=f"after-{run_id}", root=root, fresh=True)
        self.figures["next runs"] += 1
        if zombie:
            writer.reap()
        if self._random.random() < 0.5:
            shutil.rmtree(root / TEAM)
            wreck.write(root / TEAM)

    def _arguments(self) -> dict[str, Any]:
        """A run that waits for the disk, or one that does not and so is elsewhere when it dies."""
        durability = self._random.choice(DURABILITIES)
        quick = {"filesystem": Quick()} if self._random.random() < 0.5 else {}
        return {"durability": durability, **quick}

    def _count(self, log: Log) -> None:
        within = log.began > log.done
        self.figures["within a step" if within else "between steps"] += 1
        if within:
            step = {1: "beginning", len(log.script.steps): "leaving"}.get(log.began, "an event")
            self.figures[f"within {step}"] += 1


@define
class Writer:
    """A process that goes through a script.

    Attributes:
        log: How far it came, as far as it was heard yet.
    """

    log: Log
    _voice: int
    _heard: bytes = b""

    @classmethod
    def start(cls, root: Path, script: Script, run_id: str, arguments: dict[str, Any]) -> Writer:
        """Fork one."""
        before = Tree.read(root / TEAM)
        voice, mouth = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                write(script, script.run(root, run_id, **arguments), mouth)
            except BaseException as error:  # noqa: BLE001 - whatever it is, it has to be told
                os.write(mouth, f"failed {error!r}\n".encode())
            finally:
                os._exit(0)
        os.close(mouth)
        return cls(Log(script, run_id, pid, before), voice)

    def die(self, *, at: int, after: float) -> bool:
        """Kill it a moment after a step began; returns whether it had not ended before."""
        while self.log.began <= at and self._hear():
            pass
        until = time.perf_counter() + after
        while time.perf_counter() < until:
            pass  # sleeping is not exact enough
        os.kill(self.log.pid, signal.SIGKILL)
        ended = os.waitid(os.P_PID, self.log.pid, os.WEXITED | os.WNOWAIT)
        while self._hear():
            pass
        os.close(self._voice)
        assert ended is not None
        return ended.si_code == os.CLD_KILLED

    def _hear(self) -> bool:
        """Take down what it says; returns whether there may be more."""
        said = os.read(self._voice, 65_536)
        *words, self._heard = (self._heard + said).split(b"\n")
        for word in words:
            if word == b"began":
                self.log.began += 1
            elif word == b"done":
                self.log.done += 1
            else:
                raise MisclassifiedError(f"a run could not go on: {word!r}, after {self.log}")
        return bool(said)

    def reap(self) -> None:
        """Take note that it is dead."""
        os.waitpid(self.log.pid, 0)


def write(script: Script, run: BootstrapRun, mouth: int) -> None:
    """Be a writer."""
    for step in script.steps:
        os.write(mouth, b"began\n")
        step.says(run)
        os.write(mouth, b"done\n")
