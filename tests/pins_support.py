"""A platform with history: v1, where the greeting was another one, and what came after."""

from __future__ import annotations

from support import Platform

OLD, NEW = "text: hello from v1\n", "text: hello from today\n"
GREETING = "components/greeting/values.yaml.gotmpl"
FILE = "greeting/configmap-greeting.yaml"


def make_history(platform: Platform) -> Platform:
    """Commit the platform as v1, then with another greeting and a new component; hydrated, and committed on main."""
    platform.git("init", "--quiet", "--initial-branch=main")
    platform.write(GREETING, OLD)
    platform.release("old-times", values=OLD)
    platform.hydrate()
    platform.commit("Greet")
    platform.git("tag", "v1")
    platform.git("rm", "-r", "--quiet", "components/old-times")
    platform.write(GREETING, NEW)
    platform.release("news", values=NEW)
    platform.hydrate()
    platform.commit("Greet again")
    return platform


def pin(platform: Platform, text: str) -> None:
    """Write `sources:` of the environment."""
    path = platform.root / "environments/local.yaml"
    kept = path.read_text().partition("\nsources:")[0].rstrip("\n")
    path.write_text(f"{kept}\n\nsources:\n{text}")


def commit_of(platform: Platform, revision: str) -> str:
    """The commit of a revision."""
    return platform.git("rev-parse", f"{revision}^{{commit}}")
