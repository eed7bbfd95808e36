"""The environment that programs inherit: the user's own, without what points git at a repository.

Git exports GIT_DIR, GIT_INDEX_FILE, GIT_WORK_TREE and more to hooks, to aliases that begin with `!`, and to
`git rebase --exec`; they outrank `git -C` and the current folder. With them a git that we start for another repository
works on the user's: https://git-scm.com/docs/githooks, https://git-scm.com/docs/git#_environment_variables.
"""

from __future__ import annotations

import os
import re

# A list of what passes, so that a variable of a later git doesn't. None of these chooses a repository, an index, a
# store, a configuration key, a template or a hook.
_PASSES = re.compile(
    r"GIT_("
    r"SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|TERMINAL_PROMPT"  # how a remote is reached, and with which credentials
    r"|SSL_\w+|HTTP_\w+|PROXY_\w+|ALLOW_PROTOCOL|PROTOCOL_FROM_USER"
    r"|CONFIG_GLOBAL|CONFIG_SYSTEM|CONFIG_NOSYSTEM"  # which files are the user's configuration
    r"|EXEC_PATH"  # where an installation that was moved has its programs
    r"|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM"  # where the search for a repository ends
    r"|TRACE\w*|CURL_VERBOSE"  # debugging
    r")"
)


def inherited() -> dict[str, str]:
    """The variables of this process that any program may get."""
    return {name: value for name, value in os.environ.items() if not is_of_git(name)}


def is_of_git(name: str) -> bool:
    """Whether a variable belongs to the git command that started us, and to no other one."""
    return name.startswith("GIT_") and not _PASSES.fullmatch(name)
