"""``racer reward``: the shipped reward functions, what a function pays, and a call that failed."""

from pathlib import Path
from typing import Annotated

import typer

from racer.cli.former import refuse_former
from racer.cli.isolated import isolated
from racer.cli.options import AsJson
from racer.cli.output import print_json
from racer.cli.reward_check import check_rewards
from racer.cli.reward_map import map_reward
from racer.cli.reward_replay import replay_reward
from racer.cli.table import print_table

reward_app = typer.Typer(help="See what reward functions pay, or call one.", no_args_is_help=True)
reward_app.command(name="check")(check_rewards)
reward_app.command(name="map")(map_reward)
reward_app.command(name="replay")(replay_reward)


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
    from racer.reward import load_reward, read_params

    source = load_reward(reward)
    value = isolated(timeout).call(source, read_params(params))
    if as_json:
        print_json({"reward": value})
    else:
        print(repr(value))


@reward_app.command(
    name="compile",
    hidden=True,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def former_compile() -> None:
    """Refuse a verb of older versions."""
    refuse_former("racer reward compile", "racer reward check FILE says what a call costs")


def _first_sentence(text: str) -> str:
    """Return the first line of a module's docstring."""
    import ast

    docstring = ast.get_docstring(ast.parse(text)) or ""
    return docstring.partition("\n")[0]
