"""Rotates a master key and is killed at a step: ``python -m tests.service.keys.killed STEP ACTION KEY_FILE OLD NEW``.

The steps are every call that touches the disk, before and after it. Exit status 0 says that the step never came.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from service.keys.master import MasterKeyFile
from service.keys.rotate_master import finish_rotation, rotate_master

steps_left = int(sys.argv[1])


def step() -> None:
    global steps_left
    steps_left -= 1
    if steps_left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def between_steps(call: Callable[..., Any]) -> Callable[..., Any]:
    def called(*arguments: Any, **named: Any) -> Any:
        step()
        result = call(*arguments, **named)
        step()
        return result

    return called


def main(action: str, key_file: str, old: str, new: str) -> None:
    masters = MasterKeyFile(Path(old)), MasterKeyFile(Path(new))
    for module, name in ((os, "open"), (os, "fsync"), (os, "replace"), (os, "unlink"), (json, "dump")):
        setattr(module, name, between_steps(getattr(module, name)))
    if action == "rotate":
        rotate_master(Path(key_file), *masters)
    else:
        finish_rotation(Path(key_file), masters[1])


main(*sys.argv[2:])
