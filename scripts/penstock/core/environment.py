"""The environment of child processes: the user's own, without the variables that point git at a repository.

Git exports GIT_DIR, GIT_INDEX_FILE, GIT_WORK_TREE and more to hooks, to aliases that begin with `!`, and to
`git rebase --exec`; they override `git -C` and the current folder. With them a git command that Penstock starts for
another repository would change the user's: https://git-scm.com/docs/githooks,
https://git-scm.com/docs/git#_environment_variables.
"""

from __future__ import annotations

import os
import re

# An allow-list, so that variables of later git versions are dropped. None of these chooses a repository, an index, a
# store, a configuration key, a template or a hook.
_PASSES = re.compile(
    r"GIT_("
    r"SSH|SSH_COMMAND|SSH_VARIANT|ASKPASS|TERMINAL_PROMPT"  # access to remotes, and credentials
    r"|SSL_\w+|HTTP_\w+|PROXY_\w+|ALLOW_PROTOCOL|PROTOCOL_FROM_USER"
    r"|CONFIG_GLOBAL|CONFIG_SYSTEM|CONFIG_NOSYSTEM"  # the user's configuration files
    r"|EXEC_PATH"  # programs of a relocated installation
    r"|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM"  # where the search for a repository ends
    r"|TRACE\w*|CURL_VERBOSE"  # debugging
    r")"
)


def inherited() -> dict[str, str]:
    """Return the variables of this process that child processes may inherit."""
    return {name: value for name, value in os.environ.items() if not is_of_git(name)}


def is_of_git(name: str) -> bool:
    """Whether a variable is meant only for the git command that started Penstock."""
    return name.startswith("GIT_") and not _PASSES.fullmatch(name)
