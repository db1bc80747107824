import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from racer.errors import RunError
from racer.studies.comparison_figures import comparison_figures
from racer.studies.comparison_report import REPORT, render, write_report
from racer.studies.scores import Condition, FailedTraining, Scores, SeedScore
from racer.studies.verdict import verdicts

MAIN = Condition("vpg, oval", "vpg", "oval")
ELSEWHERE = Condition("vpg, kidney", "vpg", "kidney", is_training_track=False)
EVIL = "<script>alert(1)</script>"


def seed(reward, number, condition=MAIN):
    good = number % 5 != 0
    lap = 12.0 + 0.1 * number + (3.0 if reward == "slow" else 0.0)
    return SeedScore(
        reward=reward,
        condition=condition.name,
        seed=number,
        finish_rate=1.0 if good else 0.25,
        completion=100.0 if good else 40.0,
        lap_time=lap,
        best_lap_time=lap - 0.2,
        race_time=lap if good else None,
        off_tracks=0.0 if good else 2.5,
        steering_change=0.1,
        steps_to_first_lap=4_000,
        steps_to_finish=8_000 if good else None,
        last_finish_rate=0.9,
        curve_steps=(4_000, 8_000),
        curve_finish_rate=(0.2, 1.0),
        curve_completion=(50.0, 100.0),
    )


def scores(names=("fast", "slow"), n=6, conditions=(MAIN,), failures=()):
    found = [seed(name, k, one) for one in conditions for name in names for k in range(n)]
    failed = {failure.reward for failure in failures}
    kept = tuple(score for score in found if score.reward not in failed)
    return Scores(tuple(names), conditions, tuple(range(n)), 8_000, kept, tuple(failures))


@pytest.fixture
def small(monkeypatch):
    """Leave the pictures out: what is written around them is what counts."""
    monkeypatch.setattr("racer.studies.comparison_report.comparison_figures", lambda *_: [])


def page(tmp_path, given, **changes):
    write_report(tmp_path, given, verdicts(given), **changes)
    return (tmp_path / REPORT).read_text("utf-8")


class Elements(HTMLParser):
    """Collects the tags, addresses and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data):
        self.texts.append(data)


def test_the_report_is_one_page_whose_pictures_are_inside_it(tmp_path):
    given = scores()
    files = write_report(tmp_path, given, verdicts(given))
    names = ["seeds.png", "duels.png", "completion.png", "finishing.png"]
    assert [file.name for file in files] == [REPORT, *names]
    assert all(file.stat().st_size > 1_000 for file in files)
    found = Elements(files[0].read_text("utf-8"))
    assert len(found.addresses) == 4
    assert all(one.startswith("data:image/svg+xml;base64,") for one in found.addresses)
    assert not {"script", "link", "iframe", "object"} & set(found.tags)


def test_nothing_in_the_page_is_fetched_from_elsewhere(tmp_path, small):
    text = page(tmp_path, scores())
    assert not re.search(r"https?://|@import|url\(", text)
    assert "default-src 'none'" in text


def test_the_verdict_comes_first_and_in_words(tmp_path, small):
    given = scores(n=10)
    found = verdicts(given)
    assert "fast is better than slow" in found.sentence
    texts = Elements(page(tmp_path, given)).texts
    whole = "".join(texts)
    assert whole.index(found.sentence.split("'")[0]) < whole.index("laps finished")


def test_every_seed_and_its_figures_are_in_the_page(tmp_path, small):
    given = scores(n=7)
    text = page(tmp_path, given)
    assert "14 trained policies" in text
    for score in given.scores:
        assert f"<td>{score.lap_time:.2f} s</td>" in text


def test_a_name_that_is_a_script_is_harmless(tmp_path, small):
    failures = [FailedTraining(EVIL, "vpg", 3, f"{EVIL}.py:3: <b>ZeroDivisionError</b>")]
    given = scores((EVIL, "fast", "slow"), n=5, failures=failures)
    text = page(tmp_path, given, sources={"fast": f"# {EVIL}"}, about={EVIL: EVIL})
    assert EVIL not in text
    found = Elements(text)
    assert "script" not in found.tags
    assert f"# {EVIL}" in found.texts


def test_a_script_that_takes_part_is_harmless_in_pictures_too(tmp_path):
    given = scores((EVIL, "slow"), n=5)
    found = Elements(page(tmp_path, given))
    assert "script" not in found.tags
    assert len(found.addresses) == 4


def test_sources_are_those_that_the_runs_have_kept(tmp_path, small):
    given = scores(n=5)
    kept = []
    for score in given.scores:
        folder = tmp_path / "runs" / f"{score.reward}-{score.seed}"
        folder.mkdir(parents=True)
        name = "reward_function.py" if score.reward == "fast" else "reward_function.txt"
        (folder / name).write_text(f"# this is {score.reward} & its <text>", "utf-8")
        kept.append(replace(score, folder=str(folder)))
    texts = Elements(page(tmp_path, replace(given, scores=tuple(kept)))).texts
    assert "# this is fast & its <text>" in texts
    assert "# this is slow & its <text>" in texts


def test_settings_are_those_of_the_comparisons_own_file(tmp_path, small):
    content = {"settings": {"n_envs": 64, "actions": None}, "seeds": [0, 1], "long": "x" * 999}
    (tmp_path / "compare.json").write_text(json.dumps(content), "utf-8")
    text = page(tmp_path, scores(n=5))
    assert "<td>settings › n_envs</td><td>64</td>" in text
    assert "<td>settings › actions</td><td>–</td>" in text
    assert "<td>seeds</td><td>0, 1</td>" in text
    assert "x" * 999 not in text


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_without_settings_and_sources_the_report_says_so(tmp_path, small, content):
    (tmp_path / "compare.json").write_text(content, "utf-8")
    text = page(tmp_path, scores(n=5))
    assert "No source was kept." in text
    assert "None were kept." in text


def test_each_condition_has_a_section_and_figures_of_its_own(tmp_path):
    given = scores(n=5, conditions=(MAIN, ELSEWHERE))
    names = [one.name for one in comparison_figures(given, verdicts(given))]
    assert names == ["seeds", "duels", "completion", "finishing", "seeds-2", "duels-2"]
    text = render(given, verdicts(given), [], about={}, sources={})
    assert "Trained with vpg; driven on oval." in text
    assert "Trained with vpg; driven on kidney, on which no policy was trained." in text


def test_no_two_figures_of_a_report_share_a_title():
    given = scores(n=5, conditions=(MAIN, ELSEWHERE))
    titles = [one.figure.get_suptitle() for one in comparison_figures(given, verdicts(given))]
    assert len(titles) >= 4
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("n", [1, 3])
def test_too_few_seeds_still_make_a_report(tmp_path, small, n):
    text = page(tmp_path, scores(n=n))
    assert "No verdict between fast and slow" in text
    assert ("1 seed of each" in text) == (n == 1)


def test_a_comparison_in_which_all_failed_still_makes_a_report(tmp_path):
    failures = [FailedTraining(name, "vpg", 0, "no reward_function") for name in ("fast", "slow")]
    given = scores(failures=failures)
    files = write_report(tmp_path, given, verdicts(given))
    assert [file.name for file in files] == [REPORT]
    assert "Nothing to compare" in files[0].read_text("utf-8")


def test_a_lone_survivor_is_drawn_without_duels():
    given = scores(failures=[FailedTraining("slow", "vpg", 0, "slow.py:1: SyntaxError")])
    names = [one.name for one in comparison_figures(given, verdicts(given))]
    assert names == ["seeds", "completion", "finishing"]


def test_the_same_scores_give_the_same_page():
    given = scores(n=5)
    found = verdicts(given)
    first, again = (
        render(given, found, list(comparison_figures(given, found))[1:3], about={}, sources={})
        for _ in range(2)
    )
    assert first == again


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, small):
    (tmp_path / "file").write_text("")
    given = scores(n=5)
    with pytest.raises(RunError, match="cannot be written"):
        write_report(tmp_path / "file", given, verdicts(given))
