"""Reports keep apart what is proven, what is not refuted, and what nobody looked at."""

from __future__ import annotations

import json

import pytest

from launchfsm.properties import Counterexample, Part, PolicyAudit, PropertyVerdict, Status
from launchfsm.records.wire import to_wire


def part(status: Status, **fields: object) -> Part:
    known = {"about": "it", "looked_at": 1_234, "status": status, **fields}
    return Part(**known)  # type: ignore[arg-type]  # fields of several types


def verdict(*statuses: Status, name: str = "it") -> PropertyVerdict:
    return PropertyVerdict(name=name, sentence="So it is.", parts=tuple(map(part, statuses)))


@pytest.mark.parametrize(
    ("statuses", "weakest", "holds", "word"),
    [
        (("proven", "proven"), "proven", True, "proven"),
        (("proven", "not_refuted"), "not_refuted", True, "holds"),
        (("not_all", "not_refuted"), "not_all", True, "holds"),
        (("proven", "inherited"), "inherited", True, "inherited"),
        (("proven", "not_searched"), "not_searched", False, "unknown"),
        (("not_all", "asked_of_nothing"), "asked_of_nothing", False, "unknown"),
        (("not_searched", "refuted", "proven"), "refuted", False, "REFUTED"),
    ],
)
def test_a_property_is_as_strong_as_its_weakest_claim(
    statuses: tuple[Status, ...],
    weakest: str,
    holds: bool,  # noqa: FBT001 - a row
    word: str,
) -> None:
    found = verdict(*statuses)

    assert weakest == found.status
    assert (holds, holds) == (found.holds, bool(found))
    assert f"{word:<9} it: So it is." == found.text().splitlines()[0]


def test_each_claim_says_how_far_it_was_looked() -> None:
    assert "proven over 1,234 situations: it" == part("proven").text()
    assert "not refuted in 1,234 launches: it" == part("not_refuted", unit="launches").text()
    assert (
        "not refuted in 1,234 situations, which is NOT ALL, up to 99 more were not looked at: it"
        == (part("not_all", unseen=99).text())
    )
    assert part("not_searched").text().startswith("not searched, hypothesis is missing; ")


def test_a_refuted_claim_shows_the_counterexample_below() -> None:
    found = Counterexample(violation="oh", when=("a", "b"), won=("r -> {}",), paste="x\n\ny")

    assert [
        "refuted: it",
        "  oh",
        "  when a",
        "    or b",
        "  won: r -> {}",
        "  to paste:",
        "    x",
        "",
        "    y",
    ] == part("refuted", counterexample=found).text().splitlines()


def test_an_audit_counts_and_finds_its_verdicts() -> None:
    verdicts = (verdict("proven", name="one"), verdict("refuted", name="two"))
    audit = PolicyAudit(policy="mine", verdicts=verdicts)

    assert not audit
    assert verdicts[1:] == audit.refuted
    assert verdicts[0] is audit.of("one")
    assert "mine: 2 properties: 1 proven, 1 refuted" == audit.text().splitlines()[-1]
    with pytest.raises(LookupError, match="these were: one, two"):
        audit.of("three")


def test_an_audit_of_nothing_says_so() -> None:
    assert "mine: 0 properties: none asked for" == PolicyAudit(policy="mine", verdicts=()).summary()


def test_an_audit_is_json() -> None:
    audit = PolicyAudit(policy="mine", verdicts=(verdict("proven"),))

    document = json.loads(json.dumps(to_wire(audit)))

    assert 1_234 == document["verdicts"][0]["parts"][0]["lookedAt"]
