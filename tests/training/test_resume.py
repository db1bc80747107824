"""A training that was stopped ends as one that was not, byte for byte."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from racer.config.train_config import TrainConfig
from racer.errors import RunError
from racer.reward import RewardFailure
from racer.runs.listing import describe_run
from racer.runs.provenance import read_provenance
from racer.storage import durable
from racer.storage.container import pack, unpack
from racer.storage.durable import AppendFile
from racer.storage.lock import RunLock
from racer.training.checkpoint import load_checkpoint
from racer.training.clone import clone
from racer.training.hooks import Hooks
from racer.training.inheritance import parent_config
from racer.training.resume import plan, resume
from racer.training.train import train
from racer.vehicle import ContinuousActions

SMALL = {"steps": 1600, "n_envs": 8, "eval_every": 500, "eval_trials": 2, "track": "oval",
         "max_seconds": 5.0, "seed": 3}  # fmt: skip
WRITTEN_BY_THE_CLOCK = ("provenance", "tensorboard")
HYPERPARAMETERS = {
    "vpg": {"episodes_per_update": 8},
    "ppo": {"n_steps": 16, "batch_size": 128, "epochs": 2},
    "a2c": {"n_steps": 16},
    "sac": {"n_steps": 16, "gradient_steps": 4, "learning_starts": 300, "buffer_size": 1000},
}


def small(algo: str = "vpg", **changes) -> TrainConfig:
    """Return the settings of a training of a few updates."""
    own = {"algo": algo, "hyperparameters": HYPERPARAMETERS[algo]}
    return TrainConfig.of(**{**SMALL, **own, **changes})


def differences(one: Path, other: Path) -> list[str]:
    """Return the files in which two runs that must be equal are not."""
    mine, theirs = (
        {
            path.relative_to(run).as_posix(): path.read_bytes()
            for path in run.rglob("*")
            if path.is_file() and path.relative_to(run).parts[0] not in WRITTEN_BY_THE_CLOCK
        }
        for run in (one, other)
    )
    return [name for name in sorted(mine | theirs) if mine.get(name) != theirs.get(name)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the folder of a training that was never stopped, by its settings."""
    done: dict[str, Path] = {}

    def run(config: TrainConfig) -> Path:
        key = config.model_dump_json()
        if key not in done:
            done[key] = tmp_path_factory.mktemp("whole") / "run"
            train(config, folder=done[key])
        return done[key]

    return run


STATEFUL = """\
import random

seen = []

class Count:
    def __init__(self):
        self.n = 0

count = Count()

def reward_function(params):
    count.n += 1
    seen.append(params["speed"])
    del seen[:-5]
    return params["all_wheels_on_track"] + 0.01 * sum(seen) + 0.1 * random.random() + 1e-6 * count.n
"""


class Killed(BaseException):
    """Ends a training as a kill would: nothing is tidied up by the run."""


def stop_after(steps: int, *, kill: bool) -> Hooks:
    """Return hooks that stop a training, properly or at once, after some calls."""
    calls = iter(range(10**9))

    def should_stop() -> bool:
        if next(calls) < steps:
            return False
        if kill:
            raise Killed
        return True

    return Hooks(should_stop=should_stop)


def stopped(config, folder: Path, steps: int, *, kill: bool = False) -> None:
    """Train until it is stopped."""
    if not kill:
        assert train(config, folder=folder, hooks=stop_after(steps, kill=False)).stop_reason == (
            "interrupted"
        )
        return
    with pytest.raises(Killed):
        train(config, folder=folder, hooks=stop_after(steps, kill=True))


@pytest.mark.parametrize("algo", list(HYPERPARAMETERS))
@pytest.mark.parametrize(
    ("steps", "kill"),
    [pytest.param(0, True, marks=pytest.mark.long), (90, True), (150, False)],
)
def test_the_end_is_that_of_an_uninterrupted_training(tmp_path, whole, algo, steps, kill):
    config = small(algo)
    stopped(config, tmp_path / "run", steps, kill=kill)
    resume(tmp_path / "run")
    assert differences(whole(config), tmp_path / "run") == []


def test_a_training_can_be_stopped_again_and_again(tmp_path, whole):
    config, run = small("ppo"), tmp_path / "run"
    stopped(config, run, 40)
    for steps in (30, 0, 50):
        assert resume(run, hooks=stop_after(steps, kill=False)).stop_reason == "interrupted"
    with pytest.raises(Killed):
        resume(run, hooks=stop_after(40, kill=True))
    resume(run)
    assert differences(whole(config), run) == []
    assert len(read_provenance(run)["resumed"]) == 5


def test_continuous_actions_and_a_finish_rate_as_budget_go_on_exactly(tmp_path, whole):
    config = small("ppo", actions=ContinuousActions().to_dict(), until_finish=1.0)
    stopped(config, tmp_path / "run", 100)
    resume(tmp_path / "run")
    assert differences(whole(config), tmp_path / "run") == []


@pytest.mark.parametrize(
    ("changes", "kill"),
    [
        pytest.param(changes, kill, marks=[] if kill == killed else pytest.mark.long)
        for changes, killed in (
            ({"frame_stack": 2}, False),
            ({"observe": "camera+state", "randomize": 1.0}, True),
            ({"observe": "lidar"}, False),
        )
        for kill in (True, False)
    ],
)
def test_a_training_from_pictures_or_lidar_goes_on_exactly(tmp_path, whole, changes, kill):
    seen = {"observe": "camera", "image_size": "32x24", **changes}
    config = small("ppo", **seen)
    stopped(config, tmp_path / "run", 100, kill=kill)
    resume(tmp_path / "run")
    assert differences(whole(config), tmp_path / "run") == []


def test_a_critic_that_sees_the_state_goes_on_exactly(tmp_path, whole):
    config = small("ppo", observe="camera", image_size="32x24")
    values = {**config.hyperparameters, "critic": "state"}
    config = config.model_copy(update={"hyperparameters": values})
    stopped(config, tmp_path / "run", 100, kill=True)
    resume(tmp_path / "run")
    assert differences(whole(config), tmp_path / "run") == []


@pytest.mark.parametrize("kill", [True, False])
def test_what_a_reward_function_keeps_goes_on(tmp_path, whole, kill):
    file = tmp_path / "keeps.py"
    file.write_text(STATEFUL)
    config = small("ppo", reward=str(file))
    stopped(config, tmp_path / "run", 150, kill=kill)
    file.unlink()  # the run has its own copy
    resume(tmp_path / "run")
    file.write_text(STATEFUL)
    assert differences(whole(config), tmp_path / "run") == []


@pytest.mark.parametrize(
    ("reward", "kill"),
    [
        ("progress_per_step", True),
        ("smooth_driver", False),
        pytest.param("progress_per_step", False, marks=pytest.mark.long),
        pytest.param("smooth_driver", True, marks=pytest.mark.long),
    ],
)
def test_what_a_shipped_reward_function_keeps_goes_on(tmp_path, whole, reward, kill):
    config, run = small("ppo", reward=reward), tmp_path / "run"
    stopped(config, run, 150, kill=kill)
    assert len(load_checkpoint(run / "last.zip").training["env"]["reward"]["cars"]) == 8
    resume(run)
    assert differences(whole(config), run) == []


def as_of_before(run: Path, reward_path: str) -> None:
    """Let a run look like one of a version that compiled reward functions."""
    (run / "digests.json").unlink()
    for file in (run / "last.zip", run / "best.zip"):
        entries = unpack(file.read_bytes())
        head = json.loads(entries["checkpoint.json"])
        head["config"]["compile_reward"] = True
        head["facts"]["reward_path"] = reward_path
        file.write_bytes(pack({**entries, "checkpoint.json": json.dumps(head).encode()}))
    facts = json.loads((run / "run.json").read_text())
    facts["config"]["compile_reward"] = True
    (run / "run.json").write_text(json.dumps({**facts, "reward_path": reward_path}))


def test_a_run_that_ran_compiled_is_refused_and_can_be_cloned(tmp_path):
    config, run = small("ppo", reward="smooth_driver"), tmp_path / "run"
    stopped(config, run, 100)
    as_of_before(run, "compiled")
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    with pytest.raises(RunError, match=r"reward function ran compiled, .*; racer clone \S+run "):
        resume(run)
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()} == before
    inherited = parent_config(run)
    assert inherited.reward == str(run / "reward_function.py")
    clone(run, inherited.model_copy(update={"steps": 200}), folder=tmp_path / "clone")
    facts = json.loads((tmp_path / "clone" / "run.json").read_text())
    assert "compile_reward" not in facts["config"]
    assert "reward_path" not in facts


def test_a_run_whose_car_moved_otherwise_is_refused(tmp_path):
    config, run = small("ppo"), tmp_path / "run"
    stopped(config, run, 100)
    (run / "digests.json").unlink()
    entries = unpack((run / "last.zip").read_bytes())
    head = json.loads(entries["checkpoint.json"])
    assert head["facts"].pop("physics") == json.loads((run / "run.json").read_text())["physics"]
    (run / "last.zip").write_bytes(pack({**entries, "checkpoint.json": json.dumps(head).encode()}))
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    message = r"car moves otherwise now \(version 2 of .* not 1\); racer clone \S+run "
    with pytest.raises(RunError, match=message):
        resume(run)
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()} == before


def test_a_run_of_before_that_ran_interpreted_goes_on_exactly(tmp_path, whole):
    config, run = small("ppo", reward="smooth_driver"), tmp_path / "run"
    stopped(config, run, 100)
    as_of_before(run, "interpreted")
    resume(run)
    assert "compile_reward" not in json.loads((run / "run.json").read_text())["config"]
    # best.zip may be the one of before; run.json keeps how the reward function ran
    assert set(differences(whole(config), run)) <= {"best.zip", "run.json", "digests.json"}


def test_a_reward_function_that_cannot_be_saved_is_said_and_refused(tmp_path):
    file = tmp_path / "keeps.py"
    file.write_text(
        "generator = (i for i in range(10**9))\n"
        "def reward_function(params):\n    return 1.0 + next(generator) * 1e-9\n"
    )
    config, notes = small("ppo", reward=str(file)), []
    with pytest.raises(Killed):
        train(
            config,
            folder=tmp_path / "run",
            hooks=replace(stop_after(90, kill=True), on_note=notes.append),
        )
    (note,) = notes
    assert note.startswith("this run cannot be resumed exactly: the reward function")
    assert "'generator' holds a generator, which is no plain data" in note
    with pytest.raises(RunError, match=r"generator.*; --anyway goes on"):
        resume(tmp_path / "run")
    assert resume(tmp_path / "run", anyway=True).stop_reason == "budget"


@pytest.mark.parametrize("n_writes", [12, 30, 47])
def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path, whole, monkeypatch, n_writes):
    config, run = small("ppo"), tmp_path / "run"
    appended, replaced, left = AppendFile.write, durable.write_atomically, iter(range(n_writes))

    def append(self, data):
        if next(left, None) is None:
            appended(self, data[: len(data) // 2])  # what fits is written
            raise OSError(28, "No space left on device")
        appended(self, data)

    def replace(*arguments, **options):
        if next(left, None) is None:
            raise OSError(28, "No space left on device")
        replaced(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(AppendFile, "write", append)
        for module in ("runs.run_folder", "training.checkpoint"):
            patch.setattr(f"racer.{module}.write_atomically", replace)
        with pytest.raises(RunError, match="No space left") as caught:
            train(config, folder=run)
    assert "\n" not in str(caught.value)
    resume(run)
    assert differences(whole(config), run) == []


SMALL_DISK = """
import subprocess, sys
from pathlib import Path
from racer.errors import RunError
from racer.config.train_config import TrainConfig
from racer.training.resume import resume
from racer.training.train import train
disk, size = Path(sys.argv[2]), sys.argv[3]
subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=True)
try:
    train(TrainConfig.model_validate_json(sys.argv[1]), folder=disk / "run")
except RunError as error:
    print(error)
subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
resume(disk / "run")
subprocess.run(["cp", "-r", disk / "run", sys.argv[4]], check=True)
"""


def can_mount() -> bool:
    """Return whether a namespace of its own may be made here, in which mounting is allowed."""
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
               "mount -t tmpfs -o size=1m tmpfs /mnt"]  # fmt: skip
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not can_mount(), reason="needs Linux and the right to mount a small disk")
@pytest.mark.parametrize(
    "size", ["400k", *(pytest.param(size, marks=pytest.mark.long) for size in ("120k", "600k"))]
)
def test_a_small_disk_that_is_full_is_one_line_and_loses_nothing(tmp_path, whole, size):
    config, disk = small("ppo"), tmp_path / "disk"
    disk.mkdir()
    command = ["unshare", "--user", "--map-root-user", "--mount",
               # -P: the racer that is tested here, not one in the working folder
               sys.executable, "-P", "-c", SMALL_DISK,
               config.model_dump_json(), str(disk), size, str(tmp_path / "copy")]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert "No space left" in line
    assert differences(whole(config), tmp_path / "copy") == []


SERVER = """
import os, signal, sys
from pathlib import Path
import torch._dynamo  # what SB3 loads late
from racer.training.hooks import Hooks
from racer.config.train_config import TrainConfig
from racer.env import RacerVectorEnv
from racer.training.resume import resume
from racer.training.train import train

envs = RacerVectorEnv(2)  # loads the kernels: kills are to hit trainings, and not imports
envs.reset(seed=0)
envs.step([0, 0])

class Calls:
    def __init__(self, left):
        self.left = left
    def count(self, *_):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
    def begin(self):  # with the first step there is a first checkpoint
        sys.setprofile(self.count)
        return False

for line in sys.stdin:
    verb, folder, left, config = line.split(maxsplit=3)
    child = os.fork()
    if child == 0:
        calls = Calls(int(left))
        if verb == "train":
            config = TrainConfig.model_validate_json(config)
            train(config, folder=Path(folder), hooks=Hooks(should_stop=calls.begin))
        else:
            calls.begin()
            resume(Path(folder))
        sys.setprofile(None)
        print(int(left) - calls.left, flush=True)
        os._exit(0)
    print("status", os.waitpid(child, 0)[1], flush=True)
"""
"""Trains and resumes; a child ends itself by SIGKILL at its n-th call or return of a function."""


@pytest.fixture(scope="module")
def at_work():
    """Return a function that has a training begun or resumed, and killed after some calls.

    It returns how many calls there were, None if the training was killed.
    """
    words = [sys.executable, "-c", SERVER]
    with subprocess.Popen(
        words, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:

        def work(verb: str, folder: Path, config: TrainConfig, calls: int) -> int | None:
            server.stdin.write(f"{verb} {folder} {calls} {config.model_dump_json()}\n")
            server.stdin.flush()
            said = server.stdout.readline().split()
            if len(said) == 1:
                assert server.stdout.readline() == "status 0\n"
                return int(said[0])
            assert said == ["status", str(int(signal.SIGKILL))]
            return None

        yield work
        server.stdin.close()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs SIGKILL and fork")
@pytest.mark.parametrize(
    ("algo", "kills"),
    [
        ("vpg", 2), ("ppo", 2),
        *(pytest.param(algo, 12, marks=pytest.mark.long) for algo in HYPERPARAMETERS),
    ],
)  # fmt: skip
def test_sigkill_at_random_moments_changes_nothing(tmp_path, whole, at_work, algo, kills):
    # each call is counted, which takes long: the few kills are in a shorter training
    length = {"steps": 400, "eval_every": 150} if kills == 2 else {}
    config, rng = small(algo, **length), random.Random(f"{algo} {kills}")
    n_calls = at_work("train", tmp_path / "counted", config, 0)
    done = number = 0
    while done < kills:
        run, verb = tmp_path / str(number) / "run", "train"
        number += 1
        for is_last in (False, False, True):
            left = 0 if is_last else rng.randrange(1, n_calls)
            if at_work(verb, run, config, left) is not None:
                break
            done += 1
            verb = "resume"
        assert differences(whole(config), run) == []


def test_a_damaged_last_checkpoint_is_said_and_the_one_before_is_used(tmp_path, whole):
    config, run, notes = small("ppo"), tmp_path / "run", []
    stopped(config, run, 150)
    data = bytearray((run / "last.zip").read_bytes())
    data[len(data) // 2] ^= 1
    (run / "last.zip").write_bytes(data)
    resume(run, hooks=Hooks(on_note=notes.append))
    assert "last.zip: damaged or changed since the run ended" in notes[0]
    assert "the checkpoint before is used" in notes[1]
    assert differences(whole(config), run) == []


def test_a_finished_run_goes_on_only_when_it_is_told_how_far(tmp_path, whole):
    run = tmp_path / "run"
    shutil.copytree(whole(small("ppo")), run)
    with pytest.raises(RunError, match="has finished, nothing to resume; --steps N drives N more"):
        resume(run)
    with pytest.raises(RunError, match="--steps: must be 1 or more, got 0"):
        resume(run, steps=0)
    before = load_checkpoint(run / "last.zip").facts["total_steps"]
    assert resume(run, steps=1000).total_steps >= before + 1000
    assert json.loads((run / "run.json").read_text())["config"]["steps"] == before + 1000


def test_a_longer_training_is_the_same_up_to_the_first_end(tmp_path, whole):
    run, longer = tmp_path / "run", whole(small("ppo", steps=2048))
    train(small("ppo", steps=1024), folder=run)
    resume(run, steps=1024)
    for name in ("episodes.csv",):
        assert (run / name).read_bytes() == (longer / name).read_bytes()
    weights = [load_checkpoint(one / "last.zip").weights for one in (run, longer)]
    assert all((weights[0][name] == weights[1][name]).all() for name in weights[0])


def test_a_run_that_is_being_trained_is_left_alone(tmp_path, whole):
    run = tmp_path / "run"
    shutil.copytree(whole(small("ppo")), run)
    lock = RunLock(run)
    with pytest.raises(RunError, match="is at work there"):
        resume(run)
    with pytest.raises(RunError, match="is at work there"):
        train(small("ppo"), folder=run, force=True)
    assert (run / "episodes.csv").exists()
    lock.release()
    assert resume(run, steps=100).folder == run
    assert not (run / "run.lock").exists()


def test_a_changed_reward_function_or_track_is_refused(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def reward_function(params):\n    return params['speed']\n")
    track = tmp_path / "mine.toml"
    shutil.copy(Path(__file__).parents[2] / "tracks" / "oval.toml", track)
    stopped(small("ppo", reward=str(file), track=str(track)), tmp_path / "run", 100)
    text = track.read_text()
    track.write_text(text.replace("width = 1.0", "width = 1.1"))
    with pytest.raises(RunError, match="the track 'mine' has changed since"):
        resume(tmp_path / "run")
    track.write_text(text)
    (tmp_path / "run" / "reward_function.py").write_text(
        "def reward_function(params): return 1.0\n"
    )
    with pytest.raises(RunError, match=r"reward_function\.py: is not the reward function of this"):
        resume(tmp_path / "run")


def test_a_python_function_cannot_be_resumed_and_the_run_says_so(tmp_path):
    from racer.reward import load_reward

    notes = []
    train(
        small("ppo", reward="mine"), reward=load_reward(lambda params: 1.0),
        folder=tmp_path / "run", hooks=replace(stop_after(100, kill=False), on_note=notes.append),
    )  # fmt: skip
    assert "is a Python function and not a file" in notes[0]
    with pytest.raises(RunError, match="was a Python object and not a file"):
        resume(tmp_path / "run")


def test_minutes_and_other_versions_are_notes(tmp_path):
    run = tmp_path / "run"
    stopped(small("ppo", minutes=5.0), run, 100)
    facts = json.loads((run / "run.json").read_text())
    facts["versions"]["numpy"] = "1.0"
    (run / "run.json").write_text(json.dumps(facts))
    (run / "digests.json").unlink()
    notes = plan(run).notes
    assert notes[0].startswith("the budget is in minutes")
    assert notes[1].startswith("numpy was 1.0 and is")


def test_a_reward_function_that_fails_fails_again_at_the_same_step(tmp_path):
    file = tmp_path / "late.py"
    file.write_text(
        "def reward_function(params):\n"
        "    return 1.0 / (params['steps'] < 60 or params['progress'] < 5)\n"
    )
    messages = []
    with pytest.raises(RewardFailure) as failure:
        train(small("ppo", reward=str(file), steps=30_000), folder=tmp_path / "run")
    messages.append(str(failure.value).partition(":")[2])
    with pytest.raises(RewardFailure) as failure:
        resume(tmp_path / "run")
    messages.append(str(failure.value).partition(":")[2])
    assert messages[0] == messages[1]


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda run: None, "no such run"),
        (lambda run: run.mkdir(), "not the folder of a run: it has no run.json"),
        (
            lambda run: (run.mkdir(), (run / "run.json").write_text("{")),
            r"run\.json: line 1: not JSON",
        ),
        (lambda run: (run.mkdir(), (run / "run.json").write_text("{}")), "does not say how"),
        (
            lambda run: (
                run.mkdir(),
                (run / "run.json").write_text('{"status": "running", "config": {}}'),
            ),
            "holds no checkpoint yet",
        ),
    ],
)
def test_what_cannot_be_resumed_is_one_line(tmp_path, prepare, message):
    prepare(tmp_path / "run")
    with pytest.raises(RunError, match=message) as caught:
        resume(tmp_path / "run")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("cut_at", ["provenance/digests.json", "digests.json", "run.json"])
def test_a_kill_while_the_end_is_written_leaves_a_run_that_is_resumed(
    tmp_path, monkeypatch, whole, cut_at
):
    config, run, write = small(steps=300), tmp_path / "run", durable.write_atomically

    def written_or_killed(path, data, **more):
        if path == run / cut_at and (path.name != "run.json" or b'"finished"' in data):
            raise Killed
        write(path, data, **more)

    with monkeypatch.context() as patch:
        for place in ("storage.durable", "runs.run_folder"):
            patch.setattr(f"racer.{place}.write_atomically", written_or_killed)
        with pytest.raises(Killed):
            train(config, folder=run)
    assert describe_run(run).status == "stopped"
    resume(run)
    assert differences(whole(config), run) == []
    assert describe_run(run).status == "finished"


def test_a_damaged_recording_costs_the_recording_and_not_the_training(tmp_path, whole):
    run, notes = tmp_path / "run", []
    shutil.copytree(whole(small("ppo")), run)
    data = bytearray((run / "steps.arrows").read_bytes())
    data[len(data) // 2] ^= 1
    (run / "steps.arrows").write_bytes(data)
    before = load_checkpoint(run / "last.zip").facts["total_steps"]
    result = resume(run, steps=200, hooks=Hooks(on_note=notes.append))
    assert result.total_steps - before < 400  # and not from the checkpoint before
    assert len(notes) == 1
    assert "steps.arrows: damaged or changed: its first" in notes[0]
    assert "no step is recorded any more: what there was is kept as steps_damaged.arr" in notes[0]
    assert (run / "steps_damaged.arrows").read_bytes() == data
    assert not (run / "steps.arrows").exists()
    notes.clear()
    resume(run, steps=200, hooks=Hooks(on_note=notes.append))
    assert notes == []
    intact = tmp_path / "intact" / "run"
    shutil.copytree(whole(small("ppo")), intact)
    resume(intact, steps=200)
    resume(intact, steps=200)
    assert set(differences(intact, run)) == {
        "steps.arrows", "steps_damaged.arrows", "digests.json", "last.zip", "previous.zip",
    }  # fmt: skip
