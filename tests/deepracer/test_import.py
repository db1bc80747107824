"""Logs become runs that the readers take; what is missing is said, what is dangerous refused."""

import json
import shutil
import tarfile

import numpy as np
import pytest

from racer import api
from racer.deepracer.imported import ImportOptions, import_logs
from racer.errors import RacerError, RunError
from racer.evaluation.recorded_steps import judge_again, read_recording, recorded_world
from racer.kernels import layout
from racer.reward_lab.replay import replay
from racer.runs.listing import describe_run
from racer.runs.record import read_run
from tests.cli.conftest import racer  # noqa: F401  a fixture
from tests.deepracer.conftest import HEADER, episode_lines, line, pack

REAL = {  # logs, how many rows and episodes, laps, and the route that is found
    "v4_reinvent_base": (2831, 40, 5, "reinvent_base"),
    "v6_training": (846, 40, 0, "Spain_track"),
    "v4_red_star_pro/worker-0.log": (7810, 70, 0, "red_star_pro"),
    "v5_FS_June2020": (7012, 36, 9, "FS_June2020"),
    "v5_objects": (1064, 41, 0, "2022_reinvent_champ"),
    "console_archives/continuous-training_job_logs.tar.gz": (391, 20, 0, None),
    "console_archives/fixed-objects-training_job_logs.tar.gz": (1312, 60, 0, "2022_reinvent_champ"),
}


@pytest.fixture(scope="module")
def real_runs(reference_data, tmp_path_factory):
    """Every log and archive of the reference data as a run."""
    folder = tmp_path_factory.mktemp("real")
    options = ImportOptions(routes=reference_data / "tracks")
    made = {}
    for i, name in enumerate(REAL):
        path = folder / f"run-{i}"
        made[name] = path, import_logs([reference_data / "logs" / name], path, options)
    return made


@pytest.mark.parametrize("name", REAL)
def test_every_real_log_and_archive_is_read_whole_and_its_route_found(real_runs, name):
    path, facts = real_runs[name]
    n_rows, n_episodes, n_laps, route = REAL[name]
    episodes = read_run(path).episodes
    assert (facts["imported"]["rows"], len(episodes["episode"])) == (n_rows, n_episodes)
    assert facts["imported"]["broken"] == 0
    assert int(np.isfinite(episodes["lap_time"]).sum()) == n_laps
    assert (path / "steps.arrows").is_file() == (route is not None)
    if route is None:
        assert "no route in" in facts["imported"]["route"]
        assert np.isnan(episodes["start"]).all()
    else:
        assert facts["track"] == route
        assert np.isfinite(episodes["start"]).all()


@pytest.mark.parametrize("name", [name for name, row in REAL.items() if row[3]])
def test_params_measured_again_equal_the_logged_ones_to_the_digits_they_have(real_runs, name):
    text = real_runs[name][1]["imported"]["route"]
    progress = float(text.split("in ")[1].split(" %")[0])
    waypoints = float(text.split("closest waypoint in ")[1].split(" %")[0])
    wheels = float(text.split("all_wheels_on_track in ")[1].split(" %")[0])
    assert progress >= 99.98
    assert waypoints == 100.0
    assert wheels >= 99.8
    if not name.endswith(".log") and "v5" not in name:  # with all digits
        assert float(text.split("at most ")[1].split(" ")[0]) < 1e-9


@pytest.mark.parametrize("name", ["v4_reinvent_base", "console_archives/continuous-training_job_"
                                  "logs.tar.gz"])  # fmt: skip
def test_plot_runs_show_and_why_take_a_run_made_of_logs(real_runs, name, racer, tmp_path):  # noqa: F811
    path, _ = real_runs[name]
    has_route = REAL[name][3] is not None
    notes = []
    written = {one.stem for one in api.plot(path, tmp_path, on_note=notes.append)}
    assert written >= {"learning_curves", "diagnostics", "actions_used"}
    assert ("laps_by_speed" in written) == ("off_tracks" in written) == has_route
    assert any("no route" in note for note in notes) != has_route
    assert describe_run(path).status == "imported"
    page = json.loads(racer("show", str(path), "--json").out)
    assert page["seed"] is None
    assert page["imported"]["absent"][0] == "seed"
    assert "seed not in the logs" in racer("show", str(path)).out
    assert api.why(path).command == ""


def test_a_reward_function_is_replayed_on_the_steps_of_a_log(real_runs):
    path, _ = real_runs["v4_reinvent_base"]
    found = replay(path, "center_line")
    assert found.n_steps == 2791
    assert len(found.episodes) == 40
    assert {row["status"] for row in found.best(40)} <= {"off_track", "lap_complete"}
    # the log's own reward is 1 in most rows; a reward that pays 1 is recognised there
    ones = replay(path, lambda params: 1.0)
    assert ones.n_equal > 0


def test_the_world_of_a_replay_has_the_progress_of_the_log(real_runs, reference_data):
    path, _ = real_runs["v6_training"]
    recording = read_recording(path / "steps.arrows")
    run = api.load_run(path)
    world = recorded_world(recording, run.tracks)
    ours = [100 * world.measured[0, layout.M_PROGRESS] for _ in judge_again(recording, world)]
    logged = [
        float(row.split(",")[11])
        for k in (0, 1)
        for row in (reference_data / f"logs/v6_training/training-simtrace/{k}-iteration.csv")
        .read_text().splitlines()[1:]
        if "prepare" not in row
    ]  # fmt: skip
    assert ours == pytest.approx(logged, abs=1e-6)


@pytest.mark.parametrize("verb", [("evaluate",), ("watch",), ("resume",), ("clone", "--name", "x")])
def test_what_needs_a_policy_says_that_logs_have_none(real_runs, racer, verb):  # noqa: F811
    path, _ = real_runs["v6_training"]
    answer = racer(verb[0], str(path), *verb[1:])
    assert answer.status == 1
    assert "was made of logs" in answer.err


def test_sagemakers_log_and_the_metrics_of_the_console_become_updates_and_evaluations(real_runs):
    objects = read_run(real_runs["console_archives/fixed-objects-training_job_logs.tar.gz"][0])
    assert objects.updates["entropy"][0] == pytest.approx(2.294, abs=0.01)
    assert objects.updates["approx_kl"][0] == pytest.approx(0.00833, abs=1e-4)
    assert len(objects.evaluations["update"]) >= 1
    assert "crashed" in objects.episodes["status"]


def test_workers_are_cars_and_evaluations_are_kept_apart(model_folder, tmp_path):
    for worker in (0, 1):
        shutil.copytree(model_folder / "training-simtrace",
                        model_folder / str(worker) / "training-simtrace")  # fmt: skip
    shutil.rmtree(model_folder / "training-simtrace")
    trials = model_folder / "evaluation-20230101120000" / "evaluation-simtrace"
    trials.mkdir(parents=True)
    rows = [
        *episode_lines(0, 31, "lap_complete", 100.0),
        *episode_lines(1)[:-1],
        line(1, 10, status="off_track"),
        line(1, 11, status="pause", reward=0.0),
        line(1, 12, status="lap_complete", progress=100.0, done=True),
    ]
    (trials / "0-iteration.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    import_logs([model_folder], tmp_path / "run")
    run = read_run(tmp_path / "run")
    assert run.episodes["car"].tolist() == [0, 0, 1, 1] * 2
    assert run.updates["episodes"].tolist() == [4, 4]
    assert run.updates["finish_rate"].tolist() == [0.5, 0.5]
    trials = run.evaluation["trials"]
    assert [one["end_reason"] for one in trials] == ["lap_complete", "lap_complete"]
    assert [one["resets"] for one in trials] == [0, 1]
    assert trials[1]["off_tracks"] == 1
    assert trials[1]["steps"] == 10  # the step of waiting is none
    assert trials[0]["lap_time"] == pytest.approx(2.0)


def test_a_folder_without_a_route_says_how_to_give_one(model_folder, tmp_path):
    facts = import_logs([model_folder], tmp_path / "run")
    assert "--routes FOLDER" in facts["imported"]["route"]
    with pytest.raises(RunError, match="nothing to replay: the route of"):
        replay(tmp_path / "run", "center_line")


def test_a_route_with_nan_is_passed_over_with_a_note(model_folder, tmp_path):
    np.save(tmp_path / "broken.npy", np.full((20, 6), np.nan))
    facts = import_logs([model_folder], tmp_path / "run", ImportOptions(routes=tmp_path))
    assert any("broken.npy: row 0, column 0 is not finite" in note for note in facts["notes"])


def test_a_track_that_the_rows_do_not_fit_is_refused(model_folder, tmp_path, reference_data):
    options = ImportOptions(track=reference_data / "tracks" / "Monaco.npy")
    with pytest.raises(RacerError, match=r"Monaco.npy: the rows were not driven on this track"):
        import_logs([model_folder], tmp_path / "run", options)
    assert not (tmp_path / "run").exists()


def test_metadata_of_another_model_is_not_believed(model_folder, tmp_path):
    (model_folder / "model").mkdir()
    (model_folder / "model" / "model_metadata.json").write_text(
        json.dumps({"action_space": [{"steering_angle": 0, "speed": 1}] * 2, "version": 5})
    )
    facts = import_logs([model_folder], tmp_path / "run")
    assert any("of another model: action 1 is (0.0, 1.0)" in note for note in facts["notes"])
    assert facts["config"]["actions"]["speed"] == [1.5]
    assert facts["config"]["vehicle"] == "deepracer_v5"


def info(name, kind, link=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


def huge(name):
    member = tarfile.TarInfo(name)
    member.size = 10 << 40
    return member


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("/etc/evil.csv", b"x", "lies outside the archive"),
        ("../evil.csv", b"x", "lies outside the archive"),
        ("a/../../evil.csv", b"x", "lies outside the archive"),
        ("link.csv", info("link.csv", tarfile.SYMTYPE, "/etc/passwd"), "is a link or a device"),
        ("hard.csv", info("hard.csv", tarfile.LNKTYPE, "/etc/passwd"), "is a link or a device"),
        ("pipe", info("pipe", tarfile.FIFOTYPE), "is a link or a device"),
        ("bomb.csv", b"0" * (70 << 20), "would unpack to more than 64 MB"),
        ("claims.csv", huge("claims.csv"), "would unpack to more than 64 MB"),
        ("readme.txt", b"nothing", "no rows there"),
    ],
)
def test_a_dangerous_or_empty_archive_is_refused_in_a_line(tmp_path, name, content, message):
    archive = pack(tmp_path / "x.tar.gz", **{name: content})
    with pytest.raises(RunError, match=message) as caught:
        import_logs([archive], tmp_path / "run")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()
    assert not list(tmp_path.glob("**/evil*"))


def test_half_an_archive_is_refused_in_a_line(tmp_path):
    whole = pack(
        tmp_path / "x.tar.gz", **{"0-iteration.csv": "\n".join(map(str, range(9**5))).encode()}
    )
    whole.write_bytes(whole.read_bytes()[:5000])
    with pytest.raises(RunError, match=r"x.tar.gz: broken, or not a tar archive"):
        import_logs([whole], tmp_path / "run")


@pytest.mark.parametrize("broken", ["{", "[1]", '{"action_space": [], "version": 5}',
                                    '{"action_space": [{"speed": 1}]}',
                                    '{"action_space": [{"steering_angle": 0, "speed": 1}], '
                                    '"version": 9}'])  # fmt: skip
def test_a_broken_metadata_is_an_error_of_one_line(model_folder, tmp_path, broken):
    (model_folder / "model_metadata.json").write_text(broken)
    with pytest.raises(RacerError, match=r"model_metadata.json") as caught:
        import_logs([model_folder], tmp_path / "run")
    assert "\n" not in str(caught.value)


def test_a_run_that_is_there_is_replaced_only_with_force(model_folder, tmp_path):
    import_logs([model_folder], tmp_path / "run")
    with pytest.raises(RunError, match="already there"):
        import_logs([model_folder], tmp_path / "run")
    assert read_run(tmp_path / "run").episodes["episode"].size == 4
    import_logs([model_folder], tmp_path / "run", ImportOptions(force=True))


def test_the_command_prints_what_was_read_and_what_is_absent(model_folder, tmp_path, racer):  # noqa: F811
    log = tmp_path / "worker-0.log"
    rows = [*episode_lines(0), "half a"]
    log.write_text("using world Nowhere and\n" + "".join(f"SIM_TRACE_LOG:{row}\n" for row in rows))
    answer = racer("import", str(log), "-o", str(tmp_path / "run"))
    assert answer.status == 0
    for words in ("10 rows, 1 training episodes", "absent", "seed", "1 lines", "row 11: 'half a'",
                  "Nowhere, 17.71 m long"):  # fmt: skip
        assert words in " ".join(answer.out.split())
    assert racer("import", str(tmp_path / "none"), "-o", str(tmp_path / "r2")).status == 1
