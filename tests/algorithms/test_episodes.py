import numpy as np
import pytest
from stable_baselines3.common.vec_env import VecMonitor

from racer.algorithms.episodes import collect_episodes, share_out


def play(env, quota, after_step=lambda row: True):
    """Collect with zeros as actions; return the episodes and the observations to go on from."""
    start = env.reset()
    return collect_episodes(
        env, start, np.array(quota), lambda seen: np.zeros(len(seen), int), after_step
    )


def test_episodes_are_shared_out_as_evenly_as_possible():
    assert share_out(64, 64, 0).tolist() == [1] * 64
    assert share_out(7, 3, 0).tolist() == [3, 2, 2]
    assert share_out(2, 4, 0).tolist() == [1, 1, 0, 0]


def test_who_gets_the_remaining_episodes_goes_round():
    assert share_out(7, 3, 2).tolist() == [2, 2, 3]
    assert share_out(2, 4, 3).tolist() == [1, 0, 0, 1]
    total = sum(share_out(2, 3, first) for first in (0, 2, 4))
    assert total.tolist() == [2, 2, 2]


@pytest.mark.parametrize("kind", ["scripted", "freezable"])
def test_each_environment_plays_its_episodes_however_long_they_are(kind, request):
    env = request.getfixturevalue(kind)([[2], [9], [3, 5]])
    episodes, _ = play(env, [2, 2, 2])
    assert episodes.dones.sum(axis=0).tolist() == [2, 2, 2]
    assert episodes.active.sum(axis=0).tolist() == [4, 18, 8]
    # the mean length is that of the episodes that were started: (2·2 + 2·9 + 3 + 5) / 6 = 5;
    # the first six that finish would have had (2, 2, 3, 2, 2, 2): a mean of 2.2
    assert episodes.active.sum() / episodes.dones.sum() == 5.0


@pytest.mark.parametrize("kind", ["scripted", "freezable"])
def test_every_step_is_kept_once_and_in_order(kind, request):
    env = request.getfixturevalue(kind)([[2], [4], [3]])
    episodes, _ = play(env, [2, 1, 1])
    columns = np.nonzero(episodes.active)[1]
    np.testing.assert_array_equal(episodes.observations[:, 0], columns)
    np.testing.assert_array_equal(episodes.observations[:, 2], episodes.times[episodes.active])
    seen = {tuple(row) for row in episodes.observations.astype(int).tolist()}
    assert seen == {
        (0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1),
        (1, 0, 0), (1, 0, 1), (1, 0, 2), (1, 0, 3),
        (2, 0, 0), (2, 0, 1), (2, 0, 2),
    }  # fmt: skip
    np.testing.assert_array_equal(
        episodes.rewards[episodes.active], 1 + episodes.times[episodes.active]
    )


def test_an_environment_with_set_active_makes_no_step_while_it_is_frozen(freezable):
    env = freezable([[2], [4], [3]])
    _, following = play(env, [1, 1, 0])
    assert env.masks == [
        [True, True, False],
        [False, True, False],
        [False, False, False],
        [True] * 3,
    ]
    assert env.stepped.tolist() == [2, 4, 0]
    assert env.n_resets == 1
    np.testing.assert_array_equal(following, [[0, 1, 0], [1, 1, 0], [2, 0, 0]])


def test_set_active_is_found_through_wrappers(freezable):
    env = freezable([[2], [4]])
    play(VecMonitor(env), [1, 1])
    assert env.stepped.tolist() == [2, 4]


def test_all_environments_are_active_again_after_an_error(freezable):
    env = freezable([[2], [4]])

    def fail(row):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play(env, [1, 0], fail)
    assert env.active.all()


def test_without_set_active_what_a_finished_environment_does_is_thrown_away(scripted):
    env = scripted([[2], [4]])
    episodes, following = play(env, [1, 1])
    assert episodes.active[:, 0].tolist() == [True, True, False, False]
    assert episodes.rewards[:, 0].tolist() == [1, 2, 0, 0]
    assert env.n_resets == 2  # the next collection must not start in the middle of an episode
    assert (following[:, 2] == 0).all()


def test_without_set_active_nothing_is_reset_when_nothing_was_thrown_away(scripted):
    env = scripted([[3], [3]])
    play(env, [1, 1])
    assert env.n_resets == 1


def test_only_episodes_that_ran_out_of_time_are_listed_with_their_last_observation(scripted):
    assert play(scripted([[2], [3]]), [1, 1])[0].truncations == []
    cuts = play(scripted([[2], [3]], truncated=True), [2, 1])[0].truncations
    assert [(cut.step, cut.env) for cut in cuts] == [(1, 0), (2, 1), (3, 0)]
    # kept as they were, although the world reuses its arrays
    assert [cut.observation.tolist() for cut in cuts] == [[0, 0, 2], [1, 0, 3], [0, 1, 2]]


def test_the_callback_sees_only_what_counts(scripted):
    rows = []
    play(scripted([[1], [3]]), [1, 1], lambda row: rows.append(row) or True)
    assert [row.active.tolist() for row in rows] == [[True, True], [False, True], [False, True]]
    assert [row.dones.tolist() for row in rows] == [[True, False], [False, False], [False, True]]
    assert [row.rewards.tolist() for row in rows] == [[1, 1], [0, 2], [0, 3]]
    assert [row.episodes for row in rows] == [[{"r": 1.0, "l": 1}], [], [{"r": 6.0, "l": 3}]]


def test_false_from_the_callback_stops_at_once(freezable):
    env = freezable([[5], [5]])
    assert play(env, [1, 1], lambda row: False) is None
    assert env.stepped.tolist() == [1, 1]
    assert env.active.all()


def test_a_monitor_does_not_count_the_steps_of_a_frozen_environment(freezable):
    env = VecMonitor(freezable([[2], [6]]))
    rows = []
    _, following = play(env, [1, 1], lambda row: rows.append(row) or True)
    ask = lambda seen: np.zeros(len(seen), int)  # noqa: E731
    collect_episodes(env, following, np.array([1, 1]), ask, lambda row: rows.append(row) or True)
    lengths = [episode["l"] for row in rows for episode in row.episodes]
    assert lengths == [2, 6, 2, 6]
    assert all("t" in episode for row in rows for episode in row.episodes)  # the monitor's own key


def test_samples_of_a_gaussian_are_cut_to_the_bounds_for_the_world_and_kept_for_learning(target):
    env = target(2, box=True)
    episodes, _ = collect_episodes(
        env,
        env.reset(),
        np.array([1, 1]),
        lambda seen: np.full((len(seen), 1), 7.0),
        lambda row: True,
    )
    assert (episodes.actions == 7.0).all()
    assert (env.actions == 1.0).all()


def test_observations_may_be_dicts(target):
    env = target(3, as_dict=True)
    episodes, _ = collect_episodes(
        env,
        env.reset(),
        np.array([1, 0, 1]),
        lambda seen: np.zeros(len(seen["x"]), int),
        lambda row: True,
    )
    assert episodes.observations["x"].shape == (10, 3)
