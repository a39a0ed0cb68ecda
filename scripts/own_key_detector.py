"""What `find_secrets.py` looks for besides the usual: API keys of Cangsu itself, and private keys of the chain."""

import re
from typing import Any

from detect_secrets.plugins.base import RegexBasedDetector


class OwnKeyDetector(RegexBasedDetector):
    """`cangsu_` and 32 random bytes; or 32 bytes in hex beside the word key, secret or private."""

    secret_type = "Key of Cangsu"  # noqa: S105  # nosec B105
    denylist: Any = (
        re.compile(r"\b(cangsu_[A-Za-z0-9_-]{43})\b"),
        re.compile(
            r"(?i)(?:private|secret|_key|\bkey)\w{0,30}[\"']?\s*[:=]\s*(?:bytes\.fromhex\()?[\"']?((?:0x)?[0-9a-f]{64})\b"
        ),
    )
