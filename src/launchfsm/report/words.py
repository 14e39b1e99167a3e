"""Texts of records: safe to show, or replaced so that a page can go into a bug report.

What a redacted page shows is safe by where it comes from. Words of launchfsm, of a policy's rules
and numbers stay. A name, an id, a path or any other text of a record becomes a stand-in such as
`member-2`, the same one everywhere on the page. A rule's sentence keeps the rule's words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias, get_origin

from launchfsm import vocabulary
from launchfsm.engine.templates import Template, writer
from launchfsm.engine.text import literal, visible
from launchfsm.engine.trace import TracedDecision
from launchfsm.engine.types import write_value
from launchfsm.policy.discovery import is_shipped
from launchfsm.records.documents import BOUNDS
from launchfsm.records.side_files import SIDE_FILES

Kind: TypeAlias = Literal["team", "member", "phase", "run", "id", "path", "policy", "rule", "text"]
"""What a text is: each kind has its own stand-ins."""

_LONGEST: Final[Mapping[Kind, int]] = {"team": 255, "text": 400, "path": 200, "rule": 200}
_LONGEST_NAME: Final = 80
_FILES: Final = frozenset({*BOUNDS, *SIDE_FILES})
_VOCABULARY: Final = frozenset(
    word
    for alias in vars(vocabulary).values()
    if get_origin(alias) is Literal
    for word in vocabulary.values(alias)
)


class Words:
    """Texts of records, made safe to show: every character visible, none too many."""

    redacts: bool = False

    def say(self, kind: Kind, text: str) -> str:
        """A text of a record."""
        return visible(text, most=_LONGEST.get(kind, _LONGEST_NAME))

    def learn(self, decisions: Iterable[TracedDecision]) -> None:
        """Learn which texts rules wrote, from the decisions about a team."""

    def file(self, name: str) -> str:
        """A file of a team's folder: the names of those that every team may have stay."""
        return name if name in _FILES else self.say("path", name)

    def policy(self, name: str) -> str:
        """A policy's name: those of launchfsm's own stay."""
        return name if is_shipped(name) else self.say("policy", name)

    def fact(self, decision: TracedDecision, name: str) -> str:
        """What a decision knew of a fact, as a rule file writes it."""
        kind = decision.asked.fact_fields[name].kind
        value = write_value(kind, decision.known[name])
        if value is None or kind.name != "text":
            return "unknown" if value is None else literal(value)
        return self.say("text", value if isinstance(value, str) else literal(value))


PLAIN: Final = Words()
"""Shows every text: on a terminal all, on a redacted page those that no record wrote."""


class RedactingWords(Words):
    """Texts of records, each replaced by its stand-in."""

    redacts = True

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._counts: Counter[Kind] = Counter()
        self._rules: dict[str, tuple[Template, TracedDecision]] = {}

    def say(self, kind: Kind, text: str) -> str:
        """The stand-in of a text; of a sentence that a rule wrote, its facts replaced."""
        if text in self._known:
            return self._known[text]
        if kind in {"text", "phase"} and text in _VOCABULARY:
            return text
        # Out of the way while its facts are replaced: a fact may be the whole sentence.
        written = self._rules.pop(text, None) if kind == "text" else None
        if written is not None:
            return self._known.setdefault(text, self._rewritten(*written))
        self._counts[kind] += 1
        return self._known.setdefault(text, f"{kind}-{self._counts[kind]}")

    def learn(self, decisions: Iterable[TracedDecision]) -> None:
        """Learn which texts rules wrote, from the decisions about a team."""
        self._rules = {}
        for decision in decisions:
            collect = decision.asked.collect
            outcomes = decision.outcome if collect else [decision.outcome]
            for rule, outcome in zip(decision.winners, outcomes, strict=False):
                for name, said in rule.then.items():
                    texts = getattr(outcome, name)
                    pairs = zip(said, texts, strict=True) if isinstance(said, tuple) else ()
                    for template, text in (*pairs, (said, texts)):
                        if isinstance(template, Template) and isinstance(text, str):
                            self._rules[text] = template, decision

    def _rewritten(self, template: Template, decision: TracedDecision) -> str:
        """A rule's sentence, in which every text that came from a record is replaced."""
        parts: list[str] = []
        for plain, fact in template.parts:
            parts.append(visible(plain))
            if fact:
                kind, value = decision.asked.fact_fields[fact].kind, decision.known[fact]
                text: Any = writer(kind)(value)
                recorded = kind.name == "text" and value is not None
                parts.append(self.say("text", text) if recorded else text)
        return "".join(parts)
