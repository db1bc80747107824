import json

import pytest


def test_why_says_how_the_run_ended_and_one_thing_to_try(racer, car):
    answer = racer("why", str(car))
    assert answer.status == 0
    assert answer.out.startswith("car: ")


def test_why_as_json_is_nothing_but_json(racer, car):
    answer = racer("why", str(car), "--json")
    diagnosis = json.loads(answer.out)
    assert diagnosis["run"] == "car"
    assert diagnosis["verdict"] in ("healthy", "slow", "worse", "failing", "early")


def test_why_is_a_function_too(car):
    import racer

    assert racer.why(car).run == "car"


def test_the_suggested_command_is_printed_under_the_causes(racer, monkeypatch, capsys):
    from racer.analysis.why import Cause, Diagnosis
    from racer.cli.why import print_diagnosis

    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    cause = Cause("discount", "the discount factor is too small", ("it is [0.5]",), "raise it")
    print_diagnosis(
        Diagnosis("mine", "failing", "it does not lap", ("it fell",), (cause, cause),
                  command="racer train x --discount-factor 0.99")
    )  # fmt: skip
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "mine: it does not lap",
        "  it fell",
        "",
        "1. Most likely: the discount factor is too small",
        "   - it is [0.5]",
        "",
        "2. Or: the discount factor is too small",
        "   - it is [0.5]",
        "",
        "Change one thing: raise it",
        "  racer train x --discount-factor 0.99",
    ]


def test_without_a_cause_the_figures_are_named(racer, capsys):
    from racer.analysis.why import Diagnosis
    from racer.cli.why import print_diagnosis

    print_diagnosis(Diagnosis("mine", "failing", "it does not lap"))
    assert "No cause stands out" in capsys.readouterr().out


def test_a_remark_on_a_healthy_run_is_one_line(racer, capsys):
    from racer.analysis.why import Diagnosis
    from racer.cli.why import print_diagnosis

    print_diagnosis(Diagnosis("mine", "healthy", "nothing is wrong", remark="slow laps"))
    assert capsys.readouterr().out.splitlines() == [
        "mine: nothing is wrong", "By the way: slow laps",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("run.json", "{", "run.json: line 1: not JSON"),
        ("run.json", '{"schema": 1}', "run.json: config: expected the settings of the run"),
        ("updates.csv", "a,b\n1,2\n", "updates.csv: line 1: expected a column 'update'"),
        ("episodes.csv", None, "episodes.csv: cannot be read"),
    ],
)
def test_a_damaged_file_is_one_line(racer, copy_of_car, file, content, said):
    if content is None:
        (copy_of_car / file).unlink()
    else:
        (copy_of_car / file).write_text(content, "utf-8")
    answer = racer("why", str(copy_of_car))
    assert answer.status == 1
    assert len(answer.lines) == 1
    assert said in answer.err


@pytest.fixture
def copy_of_car(car, tmp_path):
    import shutil

    unsealed = shutil.ignore_patterns("digests.json")  # tests change files
    return shutil.copytree(car, tmp_path / "runs" / "copy", ignore=unsealed)


def test_an_unknown_run_is_one_line(racer):
    answer = racer("why", "nowhere")
    assert answer.status == 1
    assert "nowhere: no such run" in answer.err
