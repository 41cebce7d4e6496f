"""Meshery's events in Python, by the command line of meshery-live. Needs the standard library alone."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Event = dict[str, Any]
_PROGRAMS = Path(__file__).parent / "node_modules" / ".bin"


def _program() -> str:
    """The program of this folder, else that of the PATH."""
    found = shutil.which("meshery-live", path=str(_PROGRAMS)) or shutil.which("meshery-live")
    if found is None:
        raise FileNotFoundError("meshery-live is not installed: run npm install")
    return found


@contextmanager
def follow_events(*options: str) -> Iterator[Iterator[Event]]:
    """Gives an iterator of events, each once and in order, also after the connection was lost.

    The options are those of `meshery-live events`. The program is stopped at the end of the block. What it reports goes to
    stderr. Raises CalledProcessError if it ends by itself with an error.
    """
    command = [_program(), "events", "--output", "jsonl", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            yield _events(process, command)
        finally:
            process.terminate()


def _events(process: "subprocess.Popen[str]", command: list[str]) -> Iterator[Event]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)
    if process.wait() != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
