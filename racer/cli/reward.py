"""``racer reward``: the shipped reward functions, and the replay of a call that failed."""

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from racer.cli.options import AsJson
from racer.cli.output import print_error, print_json, print_table
from racer.cli.where import running_line
from racer.errors import RewardError

reward_app = typer.Typer(
    help="List the shipped reward functions, or call one.", no_args_is_help=True
)


@reward_app.command(name="list")
def list_rewards(as_json: AsJson = False) -> None:
    """List the shipped reward functions and what each teaches."""
    from racer.reward import load_reward, reward_names

    sources = [load_reward(name) for name in reward_names()]
    lessons = [(source.name, _first_sentence(source.text), str(source.path)) for source in sources]
    if as_json:
        print_json([{"name": n, "lesson": lesson, "file": file} for n, lesson, file in lessons])
        return
    print_table(
        ["reward function", "what it teaches"],
        [(name, lesson) for name, lesson, _ in lessons],
        left=("reward function", "what it teaches"),
    )


@reward_app.command(name="run")
def run_reward(
    reward: Annotated[str, typer.Argument(metavar="NAME|FILE", help="The reward function.")],
    params: Annotated[
        Path, typer.Option(help="The failure.json of a run, or a file with the params.")
    ],
    timeout: Annotated[float, typer.Option(help="Seconds that the call may take.")] = 10.0,
    as_json: AsJson = False,
) -> None:
    """Call a reward function once, with the params of a call that failed, and print its reward."""
    from racer.reward import call_once, load_reward, read_params

    source = load_reward(reward)
    with _time_limit(timeout, {file: label for file, (label, _) in source.files().items()}):
        value = call_once(source, read_params(params))
    if as_json:
        print_json({"reward": value})
    else:
        print(repr(value))


@contextmanager
def _time_limit(seconds: float, files: Mapping[str, str]) -> Iterator[None]:
    """End the process with one line if the body takes longer: a loop lets no exception out.

    Args:
        seconds: what the body may take.
        files: the reward function's files, and what messages call them.
    """
    main = threading.get_ident()

    def end() -> None:
        file, line = running_line(main, files) or (next(iter(files.values())), None)
        place = file if line is None else f"{file}:{line}"
        message = f"{place}: the call has not returned after {seconds:g} s: an endless loop?"
        print_error(RewardError(message))
        sys.stderr.flush()
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _first_sentence(text: str) -> str:
    """Return the first line of a module's docstring."""
    import ast

    docstring = ast.get_docstring(ast.parse(text)) or ""
    return docstring.partition("\n")[0]
