"""Runs of ours as folders of DeepRacer: the community's own tools read them and agree with us."""

import json

import numpy as np
import pytest

from racer import api
from racer.deepracer.export import export_deepracer
from racer.deepracer.imported import ImportOptions, import_logs
from racer.errors import ConfigError, RunError
from racer.runs.record import read_run
from tests.cli.conftest import racer, training  # noqa: F401  fixtures

SMALL = {"n_envs": 16, "eval_trials": 3, "steps": 2000, "track": "oval"}


@pytest.fixture(scope="module")
def runs(made_once):
    """A run with a list of actions, and one with ranges."""

    def train(folder):
        api.train("center_line", name="list", runs_dir=folder, **SMALL)
        api.train("center_line", name="ranges", runs_dir=folder, actions="continuous", **SMALL)

    folder = made_once("exported-runs", train)
    return {name: read_run(folder / name) for name in ("list", "ranges")}


@pytest.fixture(scope="module")
def exports(runs, tmp_path_factory):
    """Folders of DeepRacer: of one worker with each kind of actions, and of three workers."""
    folder = tmp_path_factory.mktemp("exports")
    made = {}
    for name, run, workers in (("list", "list", 1), ("ranges", "ranges", 1), ("three", "list", 3)):
        made[name] = export_deepracer(runs[run], folder / name, workers=workers, with_text=True)
    return made


def ours(run, made):
    """Return steps, progress, seconds and return of the exported episodes, in our order."""
    table = run.episodes
    n = made.episodes
    return np.stack([table["steps"], table["completion"], table["return"]], axis=1)[:n]


def dealt(values, made):
    """Return rows of episodes in the order of unique_episode: by iteration, worker, then trial."""
    size = made.episodes // made.iterations
    order = [
        i * size + trial * made.workers + worker
        for i in range(made.iterations)
        for worker in range(made.workers)
        for trial in range(size // made.workers)
    ]
    return values[order]


@pytest.mark.parametrize("name", ["list", "ranges"])
def test_what_is_exported_and_imported_again_is_the_same_training(exports, runs, name, tmp_path):
    made, run = exports[name], runs[name]
    options = ImportOptions(routes=made.folder / "tracks")
    facts = import_logs([made.folder], tmp_path / "back", options)
    back, n = read_run(tmp_path / "back"), made.episodes
    assert facts["imported"]["broken"] == 0
    assert facts["track"] == "oval"
    for column in ("steps", "status"):
        assert back.episodes[column].tolist() == run.episodes[column][:n].tolist()
    for column in ("return", "completion", "start"):
        assert back.episodes[column] == pytest.approx(run.episodes[column][:n], abs=1e-5)
    times = [one["raw_lap_time"] for one in run.evaluation["trials"]]
    laps = [one["lap_time"] for one in back.evaluation["trials"]]
    for time, lap in zip(times, laps, strict=True):
        # the simulator's metrics count from the prepare step, a control step earlier
        assert (lap is None) == (time is None)
        assert lap is None or lap == pytest.approx(time + 1 / 15)
    assert back.episodes["return"].shape == (n,)
    assert api.load_run(tmp_path / "back").actions.to_dict()["type"] == (
        "discrete" if name == "list" else "continuous"
    )


def test_the_text_of_the_simulator_says_the_same_as_the_tables(exports, tmp_path):
    made = exports["list"]
    text = import_logs([made.folder / "logs" / "worker-0.log"], tmp_path / "text")
    table = import_logs([made.folder / "training-simtrace"], tmp_path / "table")
    assert text["imported"]["rows"] == table["imported"]["rows"]
    assert text["imported"]["iterations"] == made.iterations
    one, other = read_run(tmp_path / "text").episodes, read_run(tmp_path / "table").episodes
    assert one["update"].tolist() == other["update"].tolist()
    assert one["return"] == pytest.approx(other["return"], abs=0.02)


@pytest.mark.parametrize("workers", [0, 11])
def test_more_workers_than_the_tools_can_tell_apart_are_refused(runs, tmp_path, workers):
    with pytest.raises(ConfigError, match=f"expected 1 to 10, got {workers}"):
        export_deepracer(runs["list"], tmp_path / "x", workers=workers)


def test_a_folder_that_is_not_empty_is_left_as_it_is(runs, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine.txt").write_text("mine")
    with pytest.raises(RunError, match="already there"):
        export_deepracer(runs["list"], tmp_path / "x")
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["mine.txt"]


def test_the_command_writes_the_folder_and_says_what_has_no_name_there(runs, racer, tmp_path):  # noqa: F811
    answer = racer("export", str(runs["list"].folder), "--deepracer", "out", "--workers", "2")
    assert answer.status == 0
    assert "DeepRacer has no state" in answer.err
    assert (tmp_path / "out" / "1" / "training-simtrace" / "0-iteration.csv").is_file()
    answer = racer("export", str(runs["list"].folder), "--deepracer", "out2", "--onnx")
    assert answer.status == 1
    assert "takes neither" in answer.err


# --- the community's own package ---


@pytest.fixture(scope="module")
def utils():
    """deepracer-utils, unmodified."""
    import matplotlib

    matplotlib.use("Agg")
    return pytest.importorskip(
        "deepracer.logs", reason="deepracer-utils is not installed: pip install .[test-deepracer]"
    )


pytestmark = pytest.mark.filterwarnings("ignore")  # of pandas, in that package


@pytest.mark.parametrize("name", ["list", "ranges", "three"])
def test_deepracer_utils_agrees_on_episodes_progress_times_and_rewards(utils, exports, runs, name):
    made = exports[name]
    run = runs["ranges" if name == "ranges" else "list"]
    log = utils.DeepRacerLog(str(made.folder))
    log.load_training_trace()
    frame = log.dataframe()
    table = utils.AnalysisUtils.simulation_agg(frame, secondgroup="unique_episode")
    assert len(table) == made.episodes
    assert table["iteration"].nunique() == made.iterations
    table = table.sort_values("unique_episode")
    expected = dealt(ours(run, made), made)
    assert (table["steps"] - 1).to_numpy() == pytest.approx(expected[:, 0])
    assert table["progress"].to_numpy() == pytest.approx(expected[:, 1], abs=1e-5)
    assert table["reward"].to_numpy() == pytest.approx(expected[:, 2], abs=1e-5)
    assert table["time"].to_numpy() == pytest.approx(expected[:, 0] / 15.0)
    if name == "ranges":
        assert {*frame["action"]} == {-1}
    else:
        assert {*frame["action"]} <= {*range(10)}


@pytest.mark.parametrize("name", ["list", "ranges"])
def test_deepracer_utils_agrees_on_the_evaluation(utils, exports, runs, name):
    log = utils.DeepRacerLog(str(exports[name].folder))
    log.load_evaluation_trace()
    table = utils.AnalysisUtils.simulation_agg(
        log.dataframe(), firstgroup="stream", is_eval=True
    ).sort_values("episode")
    trials = runs[name].evaluation["trials"]
    assert len(table) == len(trials)
    assert table["progress"].to_numpy() == pytest.approx(
        [100.0 if one["lap_time"] else one["completion"] for one in trials]
    )
    for time, one in zip(table["time"], trials, strict=True):
        assert time == pytest.approx(one["steps"] / 15.0)
    assert table["off_track"].sum() == sum(one["off_tracks"] for one in trials)


def test_deepracer_utils_reads_the_model_and_its_hyperparameters(utils, exports, runs):
    log = utils.DeepRacerLog(str(exports["list"].folder))
    log.load()
    actions = api.load_run(runs["list"].folder).actions
    assert [(one["steering_angle"], one["speed"]) for one in log.action_space()] == [
        (degrees, speed) for _, degrees, speed in actions.table()
    ]
    assert log.hyperparameters()["lr"] == runs["list"].info["hyperparameters"]["learning_rate"]
    network = log.agent_and_network()
    assert network["simapp_version"] == "6"
    assert network["sensor_list"] == ["FRONT_FACING_CAMERA"]


def test_the_metrics_of_deepracer_utils_agree_and_its_plots_draw(utils, exports, runs):
    made, run = exports["list"], runs["list"]
    metrics = utils.TrainingMetrics(None, fname=str(made.folder / "metrics/TrainingMetrics.json"))
    found = metrics.getTraining()
    expected = ours(run, made)
    assert found["completion"].to_numpy() == pytest.approx(np.floor(expected[:, 1]))
    assert found["reward"].to_numpy() == pytest.approx(expected[:, 2], abs=0.51)
    assert found["time"].to_numpy() == pytest.approx(expected[:, 0] / 15.0, abs=1e-3)
    laps = (run.episodes["status"][: made.episodes] == "lap_complete").sum()
    assert found["complete"].sum() == laps
    from deepracer.tracks import TrackIO

    log = utils.DeepRacerLog(str(made.folder))
    log.load_training_trace()
    frame = log.dataframe()
    table = utils.AnalysisUtils.simulation_agg(frame, secondgroup="unique_episode")
    utils.AnalysisUtils.scatter_aggregates(table, title="ours")
    track = TrackIO(base_path=str(made.folder / "tracks")).load_track("oval.npy")
    utils.PlottingUtils.plot_track(frame, track)
    lines = utils.SimulationLogsIO.load_data(str(made.folder / "logs" / "worker-0.log"))
    size = made.episodes // made.iterations
    again = utils.SimulationLogsIO.convert_to_pandas(lines, episodes_per_iteration=size)
    assert len(again) == len(frame)


def test_metrics_of_an_evaluation_have_no_version_and_those_of_a_training_have_labels(exports):
    (path,) = (exports["list"].folder / "metrics" / "evaluation").glob("*.json")
    assert set(json.loads(path.read_text())) == {"metrics"}
    content = json.loads((exports["list"].folder / "metrics" / "TrainingMetrics.json").read_text())
    assert content["version"] == 2.0
    assert {one["episode_status"] for one in content["metrics"]} <= {
        "Lap complete", "Off track", "Immobilized", "Reversed", "Time Up"
    }  # fmt: skip
    assert content["metrics"][0]["episode"] == content["metrics"][0]["trial"] == 1
