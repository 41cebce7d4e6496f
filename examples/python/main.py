"""Prints Meshery's events, and how to remedy an error."""

import signal
import subprocess
import sys

from meshery_events import Event, follow_events


def remedy_of(event: Event) -> str | None:
    error = (event["metadata"] or {}).get("error") or {}
    remedies = error.get("SuggestedRemediation") if isinstance(error, dict) else None
    return " ".join(remedies) if remedies else None


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with follow_events("--since", "10m", "--wait-for-server") as events:
            for event in events:
                print(event["createdAt"], event["severity"], event["description"], flush=True)
                if remedy := remedy_of(event):
                    print("  remedy:", remedy, flush=True)
    except KeyboardInterrupt:
        return 0
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


sys.exit(main())
