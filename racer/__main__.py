"""``racer`` and ``python -m racer``: the command line, begun so that Ctrl-C is quiet at once."""

import signal


def main() -> None:
    """Load the command line and run it; who presses Ctrl-C meanwhile sees no traceback."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:  # not where it is ignored, as under nohup
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from racer.cli.main import main as run

    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, before)
    run()


if __name__ == "__main__":
    main()
