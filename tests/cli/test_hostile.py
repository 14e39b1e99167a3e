"""No text of a stranger does anything, hides anything or forges a line, in no command's output."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from typing import TYPE_CHECKING, Any, Final

import pytest

from launchfsm.cli import options
from launchfsm.cli.program import POLICY_SUBCOMMANDS, SUBCOMMANDS
from launchfsm.policies import load_policy
from tests.cli.running import Run, invoke, run_on_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from launchfsm.engine.table import Policy
    from launchfsm.policy.loader import Catalogue

FORGED: Final = "ok       forged"
INVISIBLE: Final = "\u034f\u115f\u17b4\u180b\u2800\u3164\ufe0f\uffa0\U000e0101"
ATTACK: Final = (
    f"a\x1b[2J\x1b]0;t\x07\x9b31m\x7f\n{FORGED}\r{FORGED}\u2028{FORGED}\u0085{FORGED}\x0b{FORGED}"
    f"\u202e\u2066\u200b\ufeff{INVISIBLE}\ttab"
)
FILE: Final = f"\n{FORGED}\x1b[2J\u202e{INVISIBLE}"
"""What a file's name can hold."""

DRAWING: Final = re.compile(r"\x1b\[\?(?:25|1049)[lh]|\x1b\[\d*[AHK]|\r")
"""What a live table moves the cursor with."""

NOW: Final = "2026-03-02T09:00:00Z"


def toml(text: str) -> str:
    """A text as TOML has it, every character that is not a plain one as an escape."""
    return (
        '"' + "".join(c if c.isascii() and c.isalnum() else f"\\U{ord(c):08x}" for c in text) + '"'
    )


SAID = toml(ATTACK)
# An id of a rule has to be one that can be seen; it stands for itself in the faulty policy.
POLICIES = {
    "sound": {
        "policy": 'policy = "mine"\nextends = "default"\n',
        f"verdict{FILE}": f"""
table = "verdict"
[[rule]]
id = "ours"
before = "all-confirmed"
when = "team_state != 'clean_success'"
then = {{ severity = "warning", text = {SAID} }}
why = {SAID}
""",
        f"owner{FILE}": f"""
table = "owner"
[[rule]]
id = "ours"
before = "owner-gone-stale"
when = "owner == 'dead' and owner_pid == 4242"
then = {{ dead = true, reason = {SAID} }}
why = {SAID}
""",
    },
    "faulty": {
        "policy": f"""
policy = {SAID}
extends = {SAID}
{SAID} = {SAID}
[[tables.{SAID}.rule]]
id = "x"
""",
        f"verdict{FILE}": f"""
table = "verdict"
[[rule]]
id = {SAID}
after = {SAID}
when = {SAID}
then = {{ severity = {SAID}, {SAID} = {SAID} }}
[[rule]]
id = {SAID}
[params]
{SAID} = {SAID}
""",
        f"other{FILE}": f"table = {SAID}\n",
        f"broken{FILE}": f"table = {SAID}\n{SAID}",
    },
    "untested": {
        "policy": 'policy = "untested"\nextends = "default"\n',
        f"owner{FILE}": f"""
table = "owner"
[[rule]]
id = "ours"
before = "owner-gone-stale"
when = "owner == 'dead' and owner_pid == 4242"
then = {{ dead = true, reason = {SAID} }}
[[rule.test]]
facts = {{ owner = "alive", basis = "reached", owner_pid = 1 }}
fires = true
[[rule]]
id = "never"
before = "owner-gone-stale"
when = "owner == 'dead' and owner_pid == 4242"
then = {{ dead = true }}
""",
    },
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a hostile name, in which every text of a team is an attack."""
    root = tmp_path_factory.mktemp("hostile") / f"root{FILE}"
    folder = root / f"team{FILE}"
    (folder / ".bootstrap.lock").mkdir(parents=True)
    member = dict.fromkeys(
        ("name", "failureReason", "diagnostic", "agentId", "hardFailureReason", "laneId",
         "laneKind", "laneOwnerProviderId", "livenessKind", "runtimeDiagnostic", "skipReason",
         "model", "providerId", "runId", "role", "effort"),
        ATTACK,
    )  # fmt: skip
    launcher = {
        **member,
        "launchState": "runtime_pending_permission",
        "pendingPermissionRequestIds": [ATTACK],
        "diagnostics": [ATTACK],
        "runtimePid": 4242,
    }
    top = dict.fromkeys(("teamName", "runId", "publicationRunId", "error", "reason"), ATTACK)
    state = {
        **top,
        "version": 1,
        "phase": "spawning_members",
        "ownerPid": 2**31 - 2,
        "updatedAt": 1,
        "members": [
            {**member, "status": "failed"},
            {**member, "name": f"b{ATTACK}", "status": ATTACK},
        ],
    }
    launch = {
        **top,
        "teamName": folder.name,
        "version": 2,
        "launchPhase": "finished",
        "updatedAt": NOW,
        "expectedMembers": [ATTACK, "eve"],
        "members": {
            ATTACK: launcher,
            "eve": {**launcher, "launchState": "failed_to_start"},
        },
    }
    records = [
        {**top, "type": "phase", "phase": "spawning_members"},
        {**top, "type": "member", "name": ATTACK, "action": "spawn", "detail": ATTACK},
        {**top, "type": ATTACK, "phase": ATTACK, "name": ATTACK, "status": ATTACK},
    ]
    config = {
        **top,
        "name": ATTACK,
        "deletedAt": ATTACK,
        "members": [{**member, "agentType": ATTACK, "bootstrapRunId": ATTACK}],
    }
    files: dict[str, Any] = {
        "bootstrap-state.json": state,
        "launch-state.json": launch,
        ".bootstrap.lock/metadata.json": {**top, "pid": 4242, "nonce": ATTACK, "host": ATTACK},
        "launch-freshness.json": {"version": 1, "kind": ATTACK, **top},
        "launch-stopped.json": {"version": 1, "stoppedAt": ATTACK, "stopId": ATTACK, **top},
        "config.json": config,
        "members.meta.json": {"version": 1, "members": [member]},
        "team.meta.json": {"version": 1, "displayName": ATTACK, "cwd": ATTACK},
        "launch-summary.json": {"version": 1, "missingMembers": [ATTACK], **top},
    }
    for name, document in files.items():
        (folder / name).write_text(json.dumps(document))
    journal = "\n".join([*map(json.dumps, records), ATTACK])
    (folder / "bootstrap-journal.jsonl").write_text(journal)
    return root


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Policies in files with hostile names: one sound, one with faults, one with failing tests."""
    folder = tmp_path_factory.mktemp("policies") / f"of{FILE}"
    for name, files in POLICIES.items():
        (folder / f"{name}{FILE}").mkdir(parents=True)
        for file, text in files.items():
            (folder / f"{name}{FILE}" / f"{file}.toml").write_text(text)
    return folder


@pytest.fixture(scope="module", autouse=True)
def _each_policy_is_loaded_once() -> Iterator[None]:
    known: dict[str, Policy] = {}

    def load_once(name: str, *, catalogue: Catalogue) -> Policy:
        if name not in known:
            known[name] = load_policy(name, catalogue=catalogue)
        return known[name]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(options, "load_policy", load_once)
        yield


def harmless(ended: Run) -> None:
    """Fail when an output holds anything but visible text, or a forged line."""
    for text in (ended.out, ended.errors):
        assert not [
            hex(ord(char))
            for char in set(text)
            if char in INVISIBLE
            or (unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and char not in "\n\t")
        ]
        assert not [line for line in text.splitlines() if line.strip().startswith(FORGED)]
        assert "Traceback" not in text


TEAM = f"team{FILE}"
OF_A_TEAM: Final = [
    ("status",),
    ("status", TEAM),
    ("status", "--json"),
    ("check", TEAM),
    ("explain", TEAM),
    ("explain", TEAM, "--json"),
    ("explain", TEAM, "--about", ATTACK),
    ("explain", TEAM, "--about", f"{ATTACK}?"),
    ("explain", TEAM, "--why-not", ATTACK),
    ("explain", TEAM, "--why-not", f"verdict.{ATTACK}"),
    ("explain", TEAM, "--why-not", f"verdict.{ATTACK}?"),
    ("explain", TEAM, "--why-not", "member.confirmed", "--about", ATTACK),
    ("diff", TEAM),
    ("diff", TEAM, "--full"),
    ("diff", TEAM, "--json"),
    ("status", "--members"),
    ("status", "--jsonl"),
    ("status", "--verdict", ATTACK),
    ("status", "--match", ATTACK),
    ("check",),
    ("watch", "--initial", "--looks", "1"),
    ("watch", "--initial", "--looks", "1", "--jsonl"),
    ("wait", TEAM, "--timeout", "1ms"),
    ("wait", TEAM, "--timeout", ATTACK),
    ("audit",),
    ("audit", TEAM),
    ("metrics",),
    ("audit", "--json"),
    ("audit", "--sarif"),
    ("check", f"{TEAM}?"),
    ("check", ATTACK + "/"),
    ("status", "--now", ATTACK),
    ("status", "--root", f"/{ATTACK}"),
    ("status", "--alive", ATTACK),
    ("status", "--processes", ATTACK),
    ("watch", "--interval", ATTACK),
    ("wait", TEAM, "--for", ATTACK),
    ("wait", ATTACK, "--create", "--timeout", "1ms"),
    ("timeline", TEAM),
    ("runs", TEAM),
    ("metrics",),
    ("report", TEAM, "-o", "/dev/null/none"),
]
OF_A_POLICY: Final = [
    ("check",),
    ("check", "--json"),
    ("check", "--sarif"),
    ("test", "--coverage", "--suggest"),
    ("test", "--json"),
    ("verify", "--tables"),
    ("verify", "--sarif"),
    ("verify", "--against", ATTACK),
    ("show",),
    ("report", "-o", "/dev/null/none"),
    ("audit", "--property", ATTACK),
    ("audit", "--never", ATTACK),
    ("audit", "--never", f"{ATTACK}: {ATTACK} -> {ATTACK}"),
    ("audit", "--always", f"verdict: {ATTACK} -> severity == 'ok'"),
    (
        *("audit", "--property", "confirmed-stays", "--examples", "1"),
        *("--never", "owner: owner == 'dead' -> dead == true"),
    ),
]
OTHERS: Final = [
    ("policy", "new"),
    ("policy", "list"),
    ("policy", "list", "--json"),
    ("policy", "catalogue"),
    ("policy", "schema"),
    ("policy", "check", ATTACK),
    ("timeline", ATTACK),
    ("runs", ATTACK),
    ("report", ATTACK, "-o", ATTACK),
    ("policy", "report", ATTACK, "-o", ATTACK),
    ("policy", "eval", ATTACK),
    ("policy", "impact", "reference", "--root", ATTACK),
    ("policy", "impact", ATTACK, "--against", ATTACK),
    ("policy", "eval", "owner", ATTACK),
    ("policy", "eval", "owner", f"{ATTACK}={ATTACK}", f"owner={ATTACK}"),
    ("policy", "eval", "reconciliation", f"reason={ATTACK}"),
    ("machines",),
    ("machines", ATTACK),
    (ATTACK,),
    ("policy", ATTACK),
    ("status", f"--{ATTACK}"),
]


def test_every_command_is_walked() -> None:
    walked = {args[0] for args in (*OF_A_TEAM, *OTHERS)}
    of_policies = {args[0] for args in OF_A_POLICY} | {args[1] for args in OTHERS if len(args) > 1}

    assert set(SUBCOMMANDS) <= walked
    assert set(POLICY_SUBCOMMANDS) - {"explain"} <= of_policies


@pytest.mark.parametrize("args", OF_A_TEAM, ids=lambda args: ascii(" ".join(args))[:40])
def test_a_hostile_team_only_shows_text(root: Path, policies: Path, args: tuple[str, ...]) -> None:
    for policy in ("default", policies / f"sound{FILE}"):
        ended = invoke("--root", root, *args, "--policy", policy)

        harmless(ended)
        assert ended.out + ended.errors


@pytest.mark.parametrize(
    "args",
    [("timeline", TEAM), ("runs", TEAM), ("policy", "impact", "reference")],
    ids=lambda args: args[0],
)
def test_hostile_records_only_show_text_without_the_option_policy(
    root: Path, args: tuple[str, ...]
) -> None:
    ended = invoke("--root", root, *args)

    harmless(ended)
    assert ended.out + ended.errors


@pytest.mark.parametrize("name", ["sound", "faulty", "untested"])
@pytest.mark.parametrize("args", OF_A_POLICY, ids=lambda args: ascii(" ".join(args))[:40])
def test_a_hostile_policy_only_shows_text(policies: Path, name: str, args: tuple[str, ...]) -> None:
    ended = invoke("policy", args[0], policies / f"{name}{FILE}", *args[1:])

    harmless(ended)
    assert ended.out + ended.errors


def test_the_hostile_policies_are_what_they_are_meant_to_be(policies: Path) -> None:
    statuses = {
        name: invoke("policy", "check", policies / f"{name}{FILE}").status
        for name in ("sound", "faulty", "untested")
    }

    assert {"sound": 0, "faulty": 1, "untested": 0} == statuses
    assert 1 == invoke("policy", "test", policies / f"untested{FILE}").status


@pytest.mark.parametrize("args", OTHERS, ids=lambda args: ascii(" ".join(args))[:40])
def test_a_hostile_argument_only_shows_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    more = (str(tmp_path / f"new{FILE}"),) if args[-1] == "new" else ()

    harmless(invoke(*args, *more))


@pytest.mark.parametrize(
    "args",
    [
        ("status", "--members"),
        ("watch", "--looks", "1"),
        ("watch", "--looks", "1", TEAM),
        ("audit", TEAM),
    ],
    ids=str,
)
@pytest.mark.parametrize("columns", [40, 200])
def test_a_hostile_team_only_shows_text_on_a_terminal(
    root: Path, args: tuple[str, ...], columns: int
) -> None:
    ended = run_on_terminal("--root", root, *args, columns=columns, NO_COLOR="1")

    # A line that is indented continues one; it begins with whatever word does not fit there.
    shown = re.sub("^ +", "> ", DRAWING.sub("", ended.out), flags=re.MULTILINE)
    harmless(Run(0, shown))
    assert "\\u001" in ended.out  # however narrow


def test_a_policy_that_is_shown_can_be_read_again(policies: Path, tmp_path: Path) -> None:
    shown = invoke("policy", "show", policies / f"sound{FILE}").out

    (tmp_path / "again.toml").write_text(shown)

    for name in ("verdict", "owner"):
        written, read = (
            [
                (rule.id, rule.when, rule.then, rule.why)
                for rule in load_policy(path).tables[name].rules
            ]
            for path in (policies / f"sound{FILE}", tmp_path / "again.toml")
        )
        assert written == read


def test_names_that_are_no_text_are_shown(tmp_path: Path) -> None:
    os.mkdir(os.path.join(os.fsencode(tmp_path), b"\xff\xfe"))  # noqa: PTH102, PTH118 - no text
    for args in (
        ["status"],
        ["audit"],
        ["watch", "--initial", "--looks", "1"],
        ["check", "\udcff\udcfe"],
    ):
        ended = invoke("--root", tmp_path, *args)

        harmless(ended)
        assert r"\udcff\udcfe" in ended.out
