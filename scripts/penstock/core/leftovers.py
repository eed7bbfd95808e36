"""What editors, desktops and file systems leave behind: part of no source, no chart and no manifest."""

from __future__ import annotations

import re
from functools import cache

# Any other hidden file counts: .helmignore and .env do change a render. So do *.orig, *.rej and *.bak, which a chart
# may well read, or render when they lie in its templates/.
_PATTERNS = (
    r".*~",  # Emacs, gedit and many others; *.un~ of Vim
    r"#.*#",  # Emacs, saved by itself
    r"\.#.*",  # Emacs, the lock of an open file: a symbolic link that leads nowhere
    r"(\..*)?\.sw[a-p]|.*\.sw[op]",  # Vim
    r".*___jb_(tmp|old)___",  # JetBrains
    r"\.~lock\..*#|~\$.*",  # LibreOffice, Office
    r"\.DS_Store|\._.*",  # macOS, its AppleDouble files too
    r"(eh)?thumbs\.db|desktop\.ini",  # Windows
    r"\.directory",  # KDE
    r"\.goutputstream-.*|\.nfs[0-9a-f]+|\.fuse_hidden.*",  # GNOME, NFS, FUSE: half-written, or deleted but still open
)
_LEFTOVER = re.compile("|".join(_PATTERNS), re.IGNORECASE)


@cache
def is_leftover(name: str) -> bool:
    """Whether a file of this name is one that a program left behind."""
    return _LEFTOVER.fullmatch(name) is not None
