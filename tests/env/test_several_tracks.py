"""Cars on several tracks: each episode draws its track, and everything else follows."""

import numpy as np
import pytest

from racer.env import RacerEnv, RacerVectorEnv, Scenario, ScenarioVectorEnv, World
from racer.env.track_draws import drawn_tracks
from racer.errors import ConfigError, TrackError
from racer.kernels import layout

TRACKS = ["oval", "straight", "kidney"]  # to the left, open, to the right


def wild_actions(env, n_steps, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(env.single_action_space.n, size=(n_steps, env.num_envs))


def test_the_draw_follows_from_seed_car_and_episode_alone():
    cars, episodes = np.arange(50), np.arange(50) % 7
    drawn = drawn_tracks(3, cars, episodes, 4)
    for i in (0, 17, 49):
        assert drawn_tracks(3, cars[i : i + 1], episodes[i : i + 1], 4) == drawn[i]
    assert (drawn_tracks(3, cars, episodes + 1, 4) != drawn).any()
    assert (drawn_tracks(4, cars, episodes, 4) != drawn).any()


def test_each_track_is_drawn_about_equally_often_over_cars_and_over_episodes():
    n, n_tracks = 30_000, 3
    over_cars = drawn_tracks(0, np.arange(n), np.zeros(n, np.int64), n_tracks)
    over_episodes = drawn_tracks(0, np.zeros(n, np.int64), np.arange(n), n_tracks)
    for drawn in (over_cars, over_episodes):
        shares = np.bincount(drawn, minlength=n_tracks) / n
        # five standard deviations of a share: sqrt(1/3 · 2/3 / n) = 0.0027
        assert np.abs(shares - 1 / 3).max() < 0.0136


CAMERA = {"sensor": "camera", "width": 32, "height": 24, "stack": 2}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"observe": "lidar"},
        pytest.param({"observe": CAMERA, "randomize": 1.0}, marks=pytest.mark.slow),
    ],
)
def test_car_i_of_a_batch_equals_a_single_environment_byte_for_byte_on_every_track(more):
    options = {"track": TRACKS, "reward_function": "racing_line", **more}
    batch = RacerVectorEnv(6, **options)
    actions = wild_actions(batch, 160)
    first, _ = batch.reset(seed=5)
    steps = [batch.step(a) for a in actions]
    driven = set()
    for i in (0, 2, 5):
        env = RacerEnv(car_index=i, **options)
        observation, info = env.reset(seed=5)
        assert observation.tobytes() == first[i].tobytes()
        for k, (seen, rewards, terminated, truncated, infos) in enumerate(steps):
            observation, reward, end, cut, info = env.step(actions[k, i])
            assert (reward, end, cut) == (rewards[i], terminated[i], truncated[i]), f"step {k}"
            driven.add(info["track"])
            if end or cut:
                assert observation.tobytes() == infos["final_obs"][i].tobytes(), f"step {k}"
                assert info["track"] == infos["final_info"]["track"][i]
                observation, info = env.reset()
            assert observation.tobytes() == seen[i].tobytes(), f"step {k}"
    assert driven == set(TRACKS)


def test_starts_and_time_limits_are_those_of_the_track_of_the_episode():
    world = Scenario.of(TRACKS, None).world(40, seed=1)
    limits = np.array([world.settings.max_steps(track.length) for track in world.tracks])
    for _ in range(3):
        assert np.array_equal(world.max_steps, limits[world.track_index])
        is_open = world.track_index == TRACKS.index("straight")
        assert 0 < is_open.sum() < 40
        assert (world.state[is_open, layout.START] == 0.0).all()
        before = world.track_index.copy()
        world.start(np.arange(40))
        assert (world.track_index != before).any()


def test_rewards_are_paid_with_the_facts_of_the_track_of_the_episode(tmp_path):
    file = tmp_path / "facts.py"
    file.write_text(
        "def reward_function(params):\n"
        "    x, y = params['waypoints'][5]\n"
        "    n = len(params['waypoints'])\n"
        "    return params['track_length'] + 100 * x + 1000 * y + 0.001 * n\n"
    )
    scenario = Scenario.of(TRACKS, file)
    env = ScenarioVectorEnv(scenario, 8)
    env.reset(seed=2)
    facts = [
        track.length
        + 100 * track.waypoints[5][0]
        + 1000 * track.waypoints[5][1]
        + 0.001 * len(track.waypoints)
        for track in scenario.tracks
    ]
    seen = set()
    for action in wild_actions(env, 60):
        index = env.world.track_index.copy()
        rewards = env.step(action)[1]
        assert rewards == pytest.approx([facts[k] for k in index], rel=1e-12)
        seen.add(tuple(index))
    assert len(seen) > 3, "episodes have begun on other tracks"


def test_a_world_that_is_put_back_has_each_car_on_its_track():
    scenario = Scenario.of(TRACKS, "center_line")
    one, other = (ScenarioVectorEnv(scenario, 6) for _ in range(2))
    one.reset(seed=9)
    actions = wild_actions(one, 120)
    for action in actions[:70]:
        one.step(action)
    saved = one.state_dict()
    other.reset(seed=9)
    other.load_state_dict(saved)
    assert np.array_equal(one.world.track_index, other.world.track_index)
    assert np.array_equal(one.world.max_steps, other.world.max_steps)
    for action in actions[70:]:
        expected, got = one.step(action), other.step(action)
        for part, same in zip(expected[:4], got[:4], strict=True):
            assert part.tobytes() == same.tobytes()


def test_cars_with_tracks_of_their_own_stay_on_them():
    scenario = Scenario.of(TRACKS, None)
    index = np.array([2, 0, 1, 1])
    world = World(scenario.tracks, n_cars=4, track_index=index, seed=3)
    for _ in range(5):
        world.start(np.arange(4))
        assert world.track_index.tolist() == index.tolist()


def test_an_environment_draws_the_picture_of_the_track_that_is_driven():
    env = RacerEnv(track=["oval", "straight"], render_mode="rgb_array")
    shapes = {}
    env.reset(seed=0)
    for _ in range(12):
        shapes.setdefault(env.reset()[1]["track"], set()).add(env.render().shape)
    assert set(shapes) == {"oval", "straight"}
    assert shapes["oval"] != shapes["straight"]
    env.close()


def test_what_needs_one_track_says_so_in_one_line():
    with pytest.raises(ConfigError, match="track: expected one track, got 3: oval, straight, kid"):
        Scenario.of(TRACKS, None).track  # noqa: B018
    with pytest.raises(TrackError, match="expected at least one track, got none"):
        RacerEnv(track=[])
    with pytest.raises(TrackError, match="got 'oval' twice"):
        RacerVectorEnv(2, track=["oval", "oval"])
