"""Files that editors, desktops and file systems leave behind. They belong to no source, chart or manifest."""

from __future__ import annotations

import re
from functools import cache

# Other hidden files count: .helmignore and .env can change a render. So do *.orig, *.rej and *.bak, which a chart may
# read, or render from its templates/.
_PATTERNS = (
    r".*~",  # Emacs, gedit and others; *.un~ of Vim
    r"#.*#",  # Emacs auto-save
    r"\.#.*",  # Emacs, the lock of an open file: a dangling symbolic link
    r"(\..*)?\.sw[a-p]|.*\.sw[op]",  # Vim
    r".*___jb_(tmp|old)___",  # JetBrains
    r"\.~lock\..*#|~\$.*",  # LibreOffice, Office
    r"\.DS_Store|\._.*",  # macOS, with AppleDouble files
    r"(eh)?thumbs\.db|desktop\.ini",  # Windows
    r"\.directory",  # KDE
    r"\.goutputstream-.*|\.nfs[0-9a-f]+|\.fuse_hidden.*",  # GNOME, NFS, FUSE: half-written, or deleted but open
)
_LEFTOVER = re.compile("|".join(_PATTERNS), re.IGNORECASE)


@cache
def is_leftover(name: str) -> bool:
    """Whether a file name is that of a leftover."""
    return _LEFTOVER.fullmatch(name) is not None
