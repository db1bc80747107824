"""Logs as the simulator writes them, small and made up."""

import io
import tarfile

import pytest

HEADER = (
    "episode,steps,X,Y,yaw,steer,throttle,action,reward,done,all_wheels_on_track,progress,"
    "closest_waypoint,track_len,tstamp,episode_status,pause_duration,obstacle_crash_counter,"
    "wall_clock"
)


def line(episode=0, step=2, *, x=None, status="in_progress", done=False, progress=None, **other):
    """A row of the simulator, 19 fields: a car that drives along x."""
    values = {
        "episode": episode, "steps": step, "X": 0.1 * step if x is None else x, "Y": 0.5,
        "yaw": 10.0, "steer": 15.0, "throttle": 1.5, "action": 1, "reward": 1.25, "done": done,
        "all_wheels_on_track": True, "progress": 0.5 * step if progress is None else progress,
        "closest_waypoint": 3, "track_len": 17.71, "tstamp": 10.0 + 100 * episode + step / 15,
        "episode_status": status, "pause_duration": 0.0, "obstacle_crash_counter": 0,
        "wall_clock": 1.6e9,
    }  # fmt: skip
    assert not other.keys() - values.keys()
    return ",".join(str(value) for value in {**values, **other}.values())


def episode_lines(episode, n=10, end="off_track", progress=None):
    """The rows of one episode, the prepare step first."""
    rows = [line(episode, 1, status="prepare", reward=0.0)]
    rows += [line(episode, step) for step in range(2, n)]
    return [*rows, line(episode, n, status=end, done=True, progress=progress)]


@pytest.fixture
def model_folder(tmp_path):
    """A folder as deepracer-for-cloud lays it out: two iterations of two episodes."""
    folder = tmp_path / "model"
    (folder / "training-simtrace").mkdir(parents=True)
    for iteration in range(2):
        rows = episode_lines(2 * iteration) + episode_lines(
            2 * iteration + 1, 20, "lap_complete", 100.0
        )
        path = folder / "training-simtrace" / f"{iteration}-iteration.csv"
        path.write_text("\n".join([HEADER, *rows]) + "\n")
    return folder


def pack(path, **members):
    """Write a tar.gz of TarInfo or bytes by name."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(content)
            else:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return path
