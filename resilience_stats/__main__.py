"""``python -m resilience_stats <command>``: the command line; every make target is one of its commands."""

from __future__ import annotations

import gc
import signal
import sys
from pathlib import Path

from resilience_stats.bootstrap import BootstrapError, run_inside_environment


def main() -> None:
    """Run one command, in an environment that has the dependencies; exit with the code that its outcome has."""
    try:
        run_inside_environment(sys.argv[1:], Path(__file__).resolve().parents[1])
    except BootstrapError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. The installation is done again from the start next time.\n")
        sys.exit(130)
    signal.signal(signal.SIGTERM, _interrupt)  # told to end, it ends as at Ctrl-C: nothing confidential is left lying
    from resilience_stats.report.commands import run_command

    code = run_command(sys.argv[1:])
    gc.freeze()  # the process ends: Python would look through all that is loaded for garbage, for a third of a second
    sys.exit(code)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
