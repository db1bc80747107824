"""Each mistake of a user is one line that says what is wrong and where, and no traceback."""

import os
import sys

import pytest

from racer.cli import output
from racer.cli.main import main, run
from racer.errors import RacerError

MISTAKES = [
    ("evaluate nosuch", "nosuch: no such run; racer train makes one"),
    ("evaluate pure-pursuit --track nosuch", "unknown track 'nosuch'"),
    ("evaluate pure-pursuit --track broken.toml", "broken.toml"),
    ("evaluate pure-pursuit --track-scale 0", "track_scale: input should be greater than 0"),
    ("evaluate pure-pursuit --trials 0", "trials: must be 1 or more, got 0"),
    ("evaluate pure-pursuit --resets -1", "max_resets: must be 0 or more, got -1"),
    ("evaluate pure-pursuit --resets 1 --off-track-penalty -1", "off_track_penalty: must be"),
    ("evaluate pure-pursuit --vehicle nosuch", "unknown vehicle 'nosuch'"),
    ("evaluate random --max-speed -1", "max_speed must be positive, got -1"),
    ("evaluate empty.zip", "empty.zip: not a checkpoint of racer"),
    ("evaluate .", "holds no checkpoint yet"),
    ("evaluate empty.zip --checkpoint newest", "checkpoint: must be best or last, got 'newest'"),
    ("evaluate empty.zip --max-speed 3", "only drivers take others"),
    ("watch nosuch", "nosuch: no such run"),
    ("watch pure-pursuit -o lap.mp4", "expected a film's name to end in .gif"),
    ("plot nosuch", "nosuch: no such run"),
    ("plot .", "run.json: cannot be read"),
    ("tracks show nosuch", "unknown track 'nosuch'"),
    ("tracks show ova", "did you mean 'oval'?"),
    ("tracks show broken.toml", "broken.toml"),
    ("tracks show oval --scale -1", "scale must be positive, got -1"),
    ("tracks show oval -o map.xyz", "map.xyz: expected a name ending in png, pdf or svg"),
    ("tracks show oval -o broken.toml/map.png", "broken.toml/map.png: cannot be written"),
    ("actions --steering-granularity 4", "steering_granularity must be one of 3, 5, 7, got 4"),
    ("actions --action-space nosuch.json", "nosuch.json: cannot be read"),
    ("actions --action-space broken.json", "broken.json"),
    ("actions --action-space a.json --max-speed 2", "leave out max_speed"),
    ("reward run nosuch --params p.json", "no file 'nosuch.py'"),
    ("reward run center_lin --params p.json", "did you mean 'center_line'?"),
    ("reward run center_line --params nosuch.json", "nosuch.json: cannot be read"),
    ("reward run center_line --params broken.json", "broken.json:1: not valid JSON"),
    ("reward run broken.toml --params broken.json", "broken.toml:1: invalid syntax"),
    ("train --set foo", "--set: expected NAME=VALUE, got 'foo'"),
    ("train --reward-timeout 0", "--reward-timeout: must be positive, got 0"),
]


@pytest.mark.parametrize(("words", "message"), MISTAKES)
def test_a_mistake_is_one_line_and_status_1(racer, tmp_path, words, message):
    (tmp_path / "broken.toml").write_text("width = = 3\n")
    (tmp_path / "broken.json").write_text("{'a': 1}\n")
    (tmp_path / "empty.zip").write_text("")
    answer = racer(*words.split())
    assert answer.status == 1
    assert answer.out == ""
    assert len(answer.lines) == 1
    assert answer.err.startswith("error: ")
    assert message in answer.err


def test_an_unknown_run_is_answered_with_those_that_there_are(racer, tmp_path):
    (tmp_path / "runs" / "first-vpg-001").mkdir(parents=True)
    (tmp_path / "runs" / "first-vpg-001" / "run.json").write_text("{}")
    answer = racer("evaluate", "first-vpg-01")
    assert "did you mean 'first-vpg-001'?" in answer.err


def test_debug_shows_the_traceback(racer):
    with pytest.raises(RacerError):
        racer("tracks", "show", "nosuch", "--debug")


def test_an_operating_system_error_is_one_line(racer, monkeypatch):
    def fail(*_, **__):
        raise PermissionError(13, "Permission denied", "tracks/oval.toml")

    monkeypatch.setattr("racer.track.track_names", fail)
    answer = racer("tracks")
    assert answer.status == 1
    assert answer.err == "error: tracks/oval.toml: Permission denied\n"


def test_a_message_of_several_lines_is_printed_as_one():
    assert output.one_line(RacerError("first\n  second")) == "first second"
    assert output.one_line(OSError(28, "No space left on device")) == "No space left on device"
    assert output.one_line(RacerError("")) == "RacerError"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")  # noqa: PTH110
def test_a_full_disk_behind_stdout_is_one_line(racer_process):
    answer = racer_process("reward list --json > /dev/full")
    assert answer.status == 1
    assert answer.lines == ["error: No space left on device"]


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_a_reader_that_stops_reading_is_no_traceback(racer_process):
    answer = racer_process("reward list --json | head -1")
    assert answer.out == "[\n"
    assert answer.err == ""


def test_the_status_of_the_process_is_that_of_the_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["racer", "tracks", "show", "nosuch"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1
    assert run(["actions"]) == 0
    capsys.readouterr()


@pytest.mark.skipif(sys.platform == "win32", reason="no such shell")
def test_a_closed_stdout_is_one_line(racer_process):
    answer = racer_process("tracks >&-")
    assert (answer.status, answer.lines) == (
        1, ["error: stdout is closed: nothing can be printed"]
    )  # fmt: skip


def test_torch_keeps_its_folder_in_the_cache_and_not_among_temporary_files(monkeypatch, tmp_path):
    monkeypatch.setenv("RACER_CACHE", str(tmp_path))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR")
    monkeypatch.setattr(sys, "argv", ["racer", "--version"])
    with pytest.raises(SystemExit):
        main()
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == str(tmp_path / "torchinductor")
