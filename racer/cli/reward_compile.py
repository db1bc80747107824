"""``racer reward compile``: whether a reward function runs as machine code, and if not, why."""

from typing import Annotated, Any

import typer

from racer import defaults
from racer.cli.options import AsJson
from racer.cli.output import count, print_json, say
from racer.cli.setting_options import setting_options
from racer.cli.time_limit import time_limit


@setting_options("track", "reverse")
def compile_reward(
    reward: Annotated[str, typer.Argument(metavar="NAME|FILE", help="The reward function.")],
    timeout: Annotated[float, typer.Option(help="Seconds that the calls may take.")] = 30.0,
    as_json: AsJson = False,
    *,
    settings: dict[str, Any],
) -> None:
    """Say whether a reward function is compiled for training, and if not, what prevents it.

    It is compiled where racer can prove that nothing changes: it pays driven
    cars both ways and compares. All others run too, one Python call a step.
    """
    from rich.markup import escape

    from racer.env import Scenario
    from racer.evaluation import compile_checked

    scenario = Scenario.of(
        settings.get("track", defaults.TRACK), reward, reverse=settings.get("reverse", False)
    )
    assert scenario.reward is not None
    label = scenario.reward.label
    files = {file: shown for file, (shown, _) in scenario.reward.files().items()}
    with time_limit(timeout, files):
        scenario.reward_runner(1, seed=0)  # a file that cannot be executed is an error
        found = compile_checked(scenario)
    if as_json:
        obstacles = [{"line": o.line, "construct": o.construct} for o in found.obstacles]
        print_json(
            {"reward": label, "path": found.path, "states": found.n_states, "why": obstacles}
        )
        return
    if found.reward is not None:
        seen = f"equal to the interpreted one in {count(found.n_states)} states"
        say(f"{escape(label)}: compiled; {seen}")
        return
    say(f"{escape(label)}: interpreted, one Python call a step, because of")
    for obstacle in found.obstacles:
        say(f"  {escape(str(obstacle))}")
