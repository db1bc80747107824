"""``racer export RUN --deepracer DIR``: a run as a model folder of the real DeepRacer."""

from pathlib import Path

from racer.cli.output import count, escape, print_json, print_note, say


def export_folder(run: str, folder: Path, *, workers: int, with_text: bool, as_json: bool) -> None:
    """Write a run as deepracer-for-cloud lays out a model, and print what was written."""
    from racer import api
    from racer.deepracer.export import export_deepracer

    made = export_deepracer(api.load_run(run).record, folder, workers=workers, with_text=with_text)
    if as_json:
        print_json(made.to_dict())
        return
    for line in made.notes:
        print_note(line)
    say(f"[bold]folder[/]    {escape(str(made.folder))}")
    say(
        f"[bold]training[/]  {count(made.episodes)} episodes in {made.iterations} iterations, "
        f"{made.workers} {'worker' if made.workers == 1 else 'workers'}"
    )
    if made.trials:
        say(f"[bold]trials[/]    {made.trials} of the evaluation")
    say("deepracer-utils opens it: DeepRacerLog(folder).load_training_trace()")
