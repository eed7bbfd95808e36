"""inv doctor reports all problems at once, each with its fix."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from support import Platform


def test_every_problem_is_named_with_its_fix(good: Platform) -> None:
    good.git("init", "--quiet", ".")
    good.write("components/greeting/values.yaml.gotmpl", "text: changed\n")
    state = json.dumps(
        {
            "provider": "kwok",
            "environment": "local",
            # Our own pid with another start time: somebody else's process by now.
            "processes": {"etcd": {"pid": os.getpid(), "created": 1.0, "log": "x"}},
        }
    )
    good.write(".penstock/local/state.json", state)
    told = good.run("doctor")
    assert told.returncode == 1
    assert "HEAD has no commit yet" in told.stderr
    assert "the pre-commit hook is not installed" in told.stderr
    assert "components/greeting changed since manifests/local/greeting was hydrated" in told.stderr
    assert "the cluster of local is not whole: etcd ended" in told.stderr
    problems = json.loads(good.run("doctor", "--json").stdout)
    assert len(problems) == 4
    assert all(problem["what"] and problem["fix"] for problem in problems)


def test_nothing_to_report(platform: Callable[..., Platform]) -> None:
    made = platform()
    made.git("init", "--quiet", ".")
    made.write(".git/hooks/pre-commit", "")
    made.commit("Start")
    told = made.run("doctor")
    assert told.returncode == 0, told.stderr
    assert "no problem found" in told.stderr
