"""A comparison finds its folder again, and takes nothing else for it."""

import json

import pytest

from racer.errors import ConfigError, RunError
from racer.studies.manifest import MANIFEST, differences, open_folder, plan_facts
from racer.studies.plan import make_plan


@pytest.fixture
def plan(files, tiny):
    def make(names=("good", "other"), seeds=2, **changes):
        more = {k: changes.pop(k) for k in ("trials", "also_track", "also_algo") if k in changes}
        given = [files.get(name, name) for name in names]
        return make_plan(given, tiny.model_copy(update=changes), seeds=seeds, **more)

    return make


def test_the_same_comparison_finds_its_folder_again(plan, tmp_path):
    folder = open_folder(plan(), None, tmp_path)
    assert folder == tmp_path / "good-vs-other-001"
    assert open_folder(plan(), None, tmp_path) == folder
    assert open_folder(plan(), "good-vs-other-001", tmp_path) == folder
    assert open_folder(plan(("other", "good")), None, tmp_path).name == "other-vs-good-001"


def test_another_comparison_gets_another_folder(plan, tmp_path):
    first = open_folder(plan(), None, tmp_path)
    second = open_folder(plan(steps=70), None, tmp_path)
    assert second.name == "good-vs-other-002"
    assert open_folder(plan(), None, tmp_path) == first
    third = open_folder(plan(("good", "other", "center_line")), None, tmp_path)
    assert third.name == "good-vs-2-others-001"


def test_more_seeds_continue_and_fewer_do_not(plan, tmp_path):
    folder = open_folder(plan(), "mine", tmp_path)
    assert open_folder(plan(seeds=4), "mine", tmp_path) == folder
    assert json.loads((folder / MANIFEST).read_text())["seeds"] == [0, 1, 2, 3]
    with pytest.raises(RunError, match=r"mine: was begun .*: seeds 0 to 3, now 0 to 1; choose"):
        open_folder(plan(), "mine", tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 70}, "steps was 60, now 70; choose another --name, such as mine-001"),
        ({"trials": 30}, "trials was 20, now 30"),
        ({"track": "kidney"}, "track was oval, now kidney"),
        ({"reverse": True}, r"reverse was False, now True; track was oval, now oval \(reversed\)"),
        ({"names": ("good", "divides")}, "divides is new; reward function other is missing"),
        ({"also_track": ["kidney"]}, "track kidney is new"),
        ({"also_algo": ["ppo"]}, "learner ppo is new;"),
        ({"algo": "ppo", "hyperparameters": {}}, "learner ppo is new; learner vpg .* is missing"),
        ({"vehicle": "ideal"}, "vehicle was deepracer, now ideal"),
    ],
)
def test_a_changed_setting_is_an_error_that_says_what_changed(plan, tmp_path, changes, message):
    open_folder(plan(), "mine", tmp_path)
    with pytest.raises(RunError, match=message):
        open_folder(plan(**changes), "mine", tmp_path)


def test_an_edited_file_is_an_error_that_names_it(tiny, files, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def reward_function(params):\n    return 1.0\n")
    open_folder(make_plan([path, files["good"]], tiny, seeds=1), "a", tmp_path)
    path.write_text("def reward_function(params):\n    return 2.0\n")
    changed = make_plan([path, files["good"]], tiny, seeds=1)
    message = "the file of reward function mine has changed; choose another --name, such as a-001"
    with pytest.raises(RunError, match=message):
        open_folder(changed, "a", tmp_path)


def test_an_edited_track_is_another_comparison(tiny, files, tmp_path):
    track = tmp_path / "mine.toml"
    plain = make_plan([files["good"], files["other"]], tiny, seeds=1)
    text = plain.roads[0].tracks[0].source.read_text()
    plans = []
    for suffix in ("", "\n# edited\n"):
        track.write_text(text + suffix)
        own = tiny.model_copy(update={"track": str(track)})
        plans.append(make_plan([files["good"], files["other"]], own, seeds=1))
    lines = differences(plan_facts(plans[0], {}), plan_facts(plans[1], {}))
    assert lines == ["the file of the track has changed"]


def test_other_versions_are_another_comparison(plan):
    now = plan_facts(plan(), {"torch": "2.9", "scipy": "1"})
    earlier = {**plan_facts(plan(), {"torch": "2.8", "scipy": "0"}), "simulator": "kernels-0"}
    lines = differences(earlier, now)
    assert lines == ["the simulator is another version", "torch was 2.8, now 2.9"]


def test_python_functions_are_never_continued(tiny, files, tmp_path):
    plan = make_plan({"a": files["good"], "b": lambda params: 1.0}, tiny, seeds=1)
    assert open_folder(plan, None, tmp_path).name == "a-vs-b-001"
    assert open_folder(plan, None, tmp_path).name == "a-vs-b-002"
    with pytest.raises(RunError, match=r"a Python function is still the same .* a-vs-b-001-001"):
        open_folder(plan, "a-vs-b-001", tmp_path)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b"])
def test_a_name_that_is_no_folder_is_refused(plan, tmp_path, name):
    with pytest.raises(ConfigError, match="expected the name of a folder"):
        open_folder(plan(), name, tmp_path)


def test_a_folder_of_something_else_is_left_alone(plan, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    with pytest.raises(RunError, match="not a comparison: choose another --name"):
        open_folder(plan(), "mine", tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="not a comparison"):
        open_folder(plan(), "file", tmp_path)


def test_a_folder_that_cannot_be_written_is_one_line(plan, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot be written: (Not a directory|File exists)"):
        open_folder(plan(), "mine", tmp_path / "file")


def test_another_action_space_is_one_short_line(plan):
    grid = {"type": "discrete", "steering": [0.0], "speed": [1.0]}
    assert differences(plan_facts(plan(), {}), plan_facts(plan(actions=grid), {})) == [
        "actions has changed"
    ]
