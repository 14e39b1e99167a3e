"""The list of mutants that are argued to be equivalent."""

from __future__ import annotations

import tomllib
from collections import Counter

from tests.mutation.code import code_mutants
from tests.mutation.equivalents import LIST, argued
from tests.mutation.modules import MODULES
from tests.mutation.rules import POLICIES, rule_mutants


def test_every_mutant_that_is_argued_about_exists() -> None:
    keys = {mutant.key for policy in POLICIES for mutant in rule_mutants(policy)}
    keys |= {mutant.key for module in MODULES for mutant in code_mutants(module)}

    assert set() == argued().keys() - keys


def test_every_argument_is_one_and_is_about_each_mutant_once() -> None:
    groups = tomllib.loads(LIST.read_text(encoding="utf-8"))["equivalent"]

    assert all(group["why"].strip() and group["mutants"] for group in groups)
    listed = Counter(key for group in groups for key in group["mutants"])
    assert {1} >= set(listed.values())
