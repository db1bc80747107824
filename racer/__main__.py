"""``python -m racer``: the same as the command ``racer``."""

from racer.cli.main import main

if __name__ == "__main__":
    main()
