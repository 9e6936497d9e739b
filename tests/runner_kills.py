"""Start a runner, kill it with signal 9 at a random moment, start the next: as often as asked, then leave one to work.

Each runner is forked from this process, which has the program loaded, exactly as ``portal serve`` starts its own.

    python -m tests.runner_kills KILLS LONGEST_LIFE SEED     (the database is named by the environment)

Prints ``last`` when the last runner is at work; ends it and itself when the input closes.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time


def start_runner() -> int:
    """Fork a runner; returns its process id."""
    child = os.fork()
    if child:
        return child
    from portal import jobs
    from portal.app import create_app

    sys.stdin.close()
    jobs.runner(create_app())
    os._exit(0)


def main() -> None:
    import portal.app
    from plugins.areas.exchange import imports
    from portal import core_hooks
    from portal.plugging import Registry

    # Everything is loaded before the first fork; nothing is opened.
    Registry(core=core_hooks)
    assert portal.app
    # Small batches, so that a short life gets somewhere.
    imports._BATCH = 100
    kills, longest, moments = int(sys.argv[1]), float(sys.argv[2]), random.Random(int(sys.argv[3]))
    for _ in range(kills):
        child = start_runner()
        time.sleep(moments.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL, status
    child = start_runner()
    print("last", flush=True)
    sys.stdin.read()
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)


if __name__ == "__main__":
    main()
