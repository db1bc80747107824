"""``racer sweep``: what each value of a setting does to the cars, in a picture."""

from typing import Annotated, Any

import typer

from racer import defaults
from racer.cli.options import OUTPUT_PANEL
from racer.cli.setting_options import training_options
from racer.cli.tune import SEARCH_PANEL, StudyOptions, run_study
from racer.errors import ConfigError


@training_options(without=("reward",))
def sweep(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME=A,B,C... [REWARD]",
            help="Values of a hyperparameter, of several names all combinations; then a reward "
            "function, a file or a shipped one's name, center_line by default.",
        ),
    ],
    seeds: Annotated[
        int, typer.Option(help="Trainings of each value.", rich_help_panel=SEARCH_PANEL)
    ] = 3,
    confirm: Annotated[
        int,
        typer.Option(
            help="How many of the best are trained again beside the defaults, on fresh seeds.",
            rich_help_panel=SEARCH_PANEL,
        ),
    ] = 0,
    confirm_seeds: Annotated[
        int, typer.Option(help="Trainings of each of these.", rich_help_panel=SEARCH_PANEL)
    ] = 10,
    laps: Annotated[
        int,
        typer.Option(help="Laps of each policy that are judged.", rich_help_panel=OUTPUT_PANEL),
    ] = 20,
    *,
    study: StudyOptions,
    settings: dict[str, Any],
) -> None:
    """See in a picture what each value of a setting does to the cars.

    For example racer sweep learning_rate=1e-4,1e-2,0.3: each value is trained
    with the same seeds, 20,000 steps by default, and the defaults beside. The
    picture shows the exploring and the greedy car while they learn, at the
    end and on the whole. Ctrl-C stops; the same command continues where it
    stopped.
    """
    from racer.studies.tune.sweep import EVALUATIONS, STEPS

    values, reward = _read(words)
    if not {"steps", "minutes", "until_finish"} & set(settings):
        settings["steps"] = STEPS
    if settings.get("steps") and "eval_every" not in settings:
        settings["eval_every"] = max(1, int(settings["steps"]) // EVALUATIONS)
    plan_of = {
        "seeds": seeds, "sweep": values, "confirm": confirm, "confirm_seeds": confirm_seeds,
        "laps": laps,
    }  # fmt: skip
    run_study(reward, settings, plan_of, study)


def _read(words: list[str]) -> tuple[list[str], str]:
    """Return the values and the reward function of what a user says.

    Raises:
        ConfigError: if there are no values, or several reward functions.
    """
    values = [word for word in words if "=" in word]
    rewards = [word for word in words if "=" not in word]
    if not values:
        raise ConfigError(f"sweep: expected NAME=VALUE,VALUE, got '{' '.join(words)}'")
    if len(rewards) > 1:
        raise ConfigError(
            f"sweep: expected one reward function, got {' and '.join(rewards)}: racer compare "
            "trains several"
        )
    return values, rewards[0] if rewards else defaults.REWARD
