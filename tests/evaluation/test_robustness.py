"""Robustness: the same draws for all, nothing forgotten, and rates that are counted laps."""

import json

import numpy as np
import pytest

from racer.env import Scenario
from racer.env.factors import FACTORS
from racer.errors import RunError
from racer.evaluation import PurePursuitDriver, RandomDriver, evaluate
from racer.evaluation.interval import wilson_interval
from racer.evaluation.robustness import (
    ALL,
    GIVEN,
    OWN,
    PLAIN,
    UNSEEN,
    Laps,
    Robustness,
    RobustnessCondition,
    RobustnessOutcome,
    conditions,
    factors_that_matter,
    is_same_road,
    measure_robustness,
)
from racer.evaluation.what_breaks import what_breaks
from racer.track import Track, generate_track, load_track

SCENARIO = Scenario.of("oval", None)
CAMERA = {"sensor": "camera", "width": 32, "height": 24, "rgb": False, "stack": 1}
PLACES = {
    UNSEEN: [generate_track(1001), generate_track(1002)],
    GIVEN + "kidney": [load_track("kidney")],
}


def drive(driver, wanted, trials=4, scenario=SCENARIO):
    return measure_robustness(driver, scenario, wanted, PLACES, trials=trials)


class Spy:
    """Drives as another one, and keeps what the random elements drew."""

    name = "spy"

    def __init__(self, driver):
        self.driver = driver
        self.drawn = {}

    def act(self, world):
        key = (world.tracks[0].name, str(world.randomization))
        self.drawn.setdefault(key, world._vehicles.copy())
        return self.driver.act(world)


class Half:
    """Drives every second car well, and the others off the road."""

    name = "half"
    driver = PurePursuitDriver(SCENARIO.actions)

    def act(self, world):
        actions = self.driver.act(world)
        actions[1::2] = 0
        return actions


def test_equal_arguments_give_equal_results():
    wanted = [
        RobustnessCondition(OWN),
        RobustnessCondition(OWN, ALL, 1.0),
        RobustnessCondition(UNSEEN, ALL, 1.0),
    ]
    found = [drive(PurePursuitDriver(SCENARIO.actions), wanted) for _ in range(2)]
    assert found[0] == found[1]


def test_every_factor_at_strength_0_is_the_plain_road():
    wanted = [
        RobustnessCondition(OWN),
        *(RobustnessCondition(OWN, name, 0.0) for name in (*FACTORS, ALL)),
    ]
    plain, *others = drive(PurePursuitDriver(SCENARIO.actions), wanted, trials=2)
    for one in others:
        assert one.roads == plain.roads


def test_all_drivers_meet_the_same_draws():
    wanted = [
        RobustnessCondition(OWN, "grip", 1.0),
        RobustnessCondition(OWN, ALL, 0.5),
        RobustnessCondition(UNSEEN, ALL, 1.0),
    ]
    spies = [Spy(PurePursuitDriver(SCENARIO.actions)), Spy(RandomDriver(SCENARIO.actions))]
    for spy in spies:
        drive(spy, wanted)
    first, second = (spy.drawn for spy in spies)
    assert len(first) == 4
    assert first.keys() == second.keys()
    for key, vehicles in first.items():
        assert np.array_equal(vehicles, second[key]), key
        assert len(np.unique(vehicles, axis=0)) > 1


def test_a_factor_draws_the_same_whatever_its_strength():
    spy = Spy(PurePursuitDriver(SCENARIO.actions))
    drive(spy, [RobustnessCondition(OWN, "speed_gain", s) for s in (0.5, 1.0)])
    plain = np.asarray(SCENARIO.world(1).vehicle, np.float64)
    half, whole = (vehicles - plain for vehicles in spy.drawn.values())
    assert np.abs(whole).max() > 0.0
    assert 2.0 * half == pytest.approx(whole)


def test_other_roads_have_draws_of_their_own():
    spy = Spy(PurePursuitDriver(SCENARIO.actions))
    drive(spy, [RobustnessCondition(UNSEEN, ALL, 1.0)])
    first, second = spy.drawn.values()
    assert not np.array_equal(first, second)


def test_rates_are_counted_laps():
    (own, unseen) = drive(Half(), [RobustnessCondition(OWN), RobustnessCondition(UNSEEN)], trials=5)
    counted = evaluate(Half(), SCENARIO, trials=5)
    assert own.finished == sum(trial.finished for trial in counted.trials) == 3
    assert own.finish_rate == 0.6
    assert own.median_lap_time == counted.median_lap_time
    assert own.completion == counted.completion
    assert own.trials == 5
    assert own.interval == wilson_interval(own.finished, 5)
    assert unseen.trials == 10
    assert unseen.finished == sum(road.finished for road in unseen.roads) == 6
    assert [road.road for road in unseen.roads] == ["generated_1001", "generated_1002"]


def test_the_conditions_have_every_factor_at_every_strength_and_the_places():
    found = conditions(tuple(FACTORS), [0.5, 1.5], [UNSEEN, GIVEN + "kidney"])
    assert len(found) == len(set(found)) == 1 + 2 * len(FACTORS) + 3 + 4
    assert found[0] == RobustnessCondition(OWN)
    for name in FACTORS:
        assert {one.strength for one in found if one.factor == name} == {0.5, 1.5}
    # the strength of the summary is always there
    together = [one.strength for one in found if one.place == OWN and one.factor == ALL]
    assert together == [0.5, 1.0, 1.5]
    assert RobustnessCondition(GIVEN + "kidney", ALL, 1.0) in found


def test_a_condition_makes_its_factor_random_and_nothing_else():
    assert RobustnessCondition(OWN, "grip", 0.5).randomize == {"grip": 0.5}
    assert RobustnessCondition(OWN, ALL, 0.5).randomize == 0.5
    assert RobustnessCondition(OWN).randomize == 0.0


def test_with_a_camera_all_factors_matter_without_only_what_moves_the_car():
    assert factors_that_matter(Scenario.of("oval", None, sensor=CAMERA)) == tuple(FACTORS)
    both = Scenario.of("oval", None, sensor={"sensor": "camera+state", "parts": [CAMERA, "state"]})
    assert factors_that_matter(both) == tuple(FACTORS)
    for sensor in ("state", "lidar"):
        found = factors_that_matter(Scenario.of("oval", None, sensor=sensor))
        assert {"steering_gain", "speed_gain", "grip"} <= set(found)
        assert not {"brightness", "contrast", "line_color", "camera_pose"} & set(found)


def test_the_roads_of_a_training_share_the_trials(monkeypatch):
    roads = (load_track("oval"), load_track("kidney"))
    monkeypatch.setattr("racer.evaluation.robustness.own_roads", lambda _: roads)
    (found,) = drive(PurePursuitDriver(SCENARIO.actions), [RobustnessCondition(OWN)], trials=5)
    assert [(road.road, road.trials) for road in found.roads] == [("oval", 3), ("kidney", 2)]
    (found,) = drive(PurePursuitDriver(SCENARIO.actions), [RobustnessCondition(OWN)], trials=1)
    assert [road.trials for road in found.roads] == [1, 1]


def test_a_driver_that_fails_is_reported_as_failing():
    wanted = conditions((), [1.0], [UNSEEN])
    outcomes = drive(RandomDriver(SCENARIO.actions), wanted)
    assert all(one.finish_rate < 0.5 for one in outcomes)
    found = Robustness("random", ("oval",), (), outcomes)
    assert what_breaks(found).startswith("it hardly laps its own road, with nothing random: 0 of 4")


def test_what_is_written_as_json_is_read_back():
    outcomes = drive(
        PurePursuitDriver(SCENARIO.actions), conditions(("grip",), [1.0], list(PLACES)), trials=2
    )
    found = Robustness("car", ("oval",), ("contrast",), outcomes)
    again = Robustness.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again == found
    with pytest.raises(RunError, match=r"robustness: not what racer wrote: KeyError\('outcomes'\)"):
        Robustness.from_dict({})


def test_a_road_is_known_in_either_direction_and_under_another_name():
    oval = load_track("oval")
    assert is_same_road(oval, oval)
    assert is_same_road(load_track("oval", reverse=True), oval)
    assert is_same_road(Track("mine", oval.center, oval.inner, oval.outer), oval)
    assert not is_same_road(load_track("oval", scale=1.2), oval)
    assert not is_same_road(generate_track(1), generate_track(2))


# --- the verdict ---


def outcome(place, factor, strength, finished, trials=100):
    laps = Laps("road", trials, finished, 50.0, 10.0 if finished else None)
    return RobustnessOutcome(
        RobustnessCondition(place, factor, strength), (laps,), laps.median_lap_time
    )


def verdict(*outcomes):
    return what_breaks(Robustness("car", ("road",), (), (outcome(OWN, PLAIN, 0.0, 100), *outcomes)))


def test_the_verdict_names_what_breaks_it_at_the_weakest_strength_that_does():
    said = verdict(
        outcome(OWN, "grip", 0.5, 99), outcome(OWN, "grip", 1.0, 96),
        outcome(OWN, "line_color", 1.0, 41), outcome(OWN, "line_color", 0.5, 99),
        outcome(OWN, "contrast", 0.5, 70), outcome(OWN, "contrast", 1.0, 20),
        outcome(OWN, ALL, 1.0, 10), outcome(UNSEEN, PLAIN, 0.0, 97),
        outcome(UNSEEN, ALL, 1.0, 2),
    )  # fmt: skip
    assert said == (
        "what breaks it: contrast at 0.5 (70 of 100), line color at 1 (41 of 100), "
        "all together at 1 (10 of 100); nothing else costs it more than 4 of 100 laps"
    )


def test_the_verdict_says_when_nothing_breaks_it():
    said = verdict(outcome(OWN, "grip", 1.0, 97), outcome(UNSEEN, PLAIN, 0.0, 100))
    assert said == "nothing breaks it clearly: nothing costs it more than 3 of 100 laps"
    assert verdict(outcome(OWN, "grip", 1.0, 100)).endswith("nothing costs it a lap")


def test_the_verdict_counts_factors_where_they_are_many():
    said = verdict(*(outcome(OWN, f"factor_{k}", 1.0, 10 + k) for k in range(7)))
    assert said.endswith("factor 3 at 1 (13 of 100), 3 more factors")


def test_few_trials_claim_little():
    plain = outcome(OWN, PLAIN, 0.0, 4, trials=4)
    found = Robustness("car", ("road",), (), (plain, outcome(OWN, "grip", 1.0, 2, trials=4)))
    assert what_breaks(found).startswith("nothing breaks it clearly")


def test_roads_that_break_it_are_named():
    said = verdict(outcome(UNSEEN, PLAIN, 0.0, 30), outcome(GIVEN + "road", PLAIN, 0.0, 5))
    assert said == "what breaks it: a road it never saw (30 of 100), road (5 of 100)"
