"""Pictures that arrive late or not at all, and what stands beside the road."""

import numpy as np
import pytest

from racer.env import World
from racer.env.car_looks import MAX_LOST, CarLooks
from racer.env.factors import COLUMNS
from racer.env.randomize import Randomization
from racer.kernels import layout, looks
from racer.sensors import CameraSensor
from racer.track import load_track, pack_tracks

SMALL = CameraSensor(32, 24)
PLAIN = 0.0


def drive(world, n=12):
    """Return what the cars see at each step, the first picture included, and their poses."""
    seen, poses = [world.observation.copy()], [world.state[:, :3].copy()]
    rng = np.random.default_rng(1)
    for _ in range(n):
        angles = rng.uniform(-0.3, 0.3, world.n_cars)
        world.step(angles, np.full(world.n_cars, 1.2))
        seen.append(world.observation.copy())
        poses.append(world.state[:, :3].copy())
    return seen, poses


def worlds(randomize, n_cars=12, sensor=SMALL):
    track = load_track("reinvent_2018")
    return [World(track, n_cars=n_cars, sensor=sensor, randomize=one) for one in (0.0, randomize)]


def test_a_late_picture_is_the_one_of_so_many_steps_before():
    plain, late = worlds({"latency": 1.0})
    age = late.drawn[:, COLUMNS.index("latency")].astype(int)
    assert set(age) == {0, 1, 2}
    now, then = drive(plain)[0], drive(late)[0]
    for k in range(len(now)):
        for i in range(12):
            assert np.array_equal(then[k][i], now[max(k - age[i], 0)][i]), (k, i)


def test_a_stack_of_late_pictures_holds_late_pictures():
    plain, late = worlds({"latency": 1.0}, sensor=CameraSensor(32, 24, stack=2))
    age = late.drawn[:, COLUMNS.index("latency")].astype(int)
    now, then = drive(plain, 8)[0], drive(late, 8)[0]
    for i in range(6):
        assert np.array_equal(then[8][i], now[8 - age[i]][i])


def test_instead_of_a_lost_picture_the_one_before_is_seen():
    plain, lossy = worlds({"frame_drop": 3.0}, n_cars=40)
    chance = lossy.drawn[:, COLUMNS.index("frame_drop")]
    now, then = drive(plain)[0], drive(lossy)[0]
    n_lost = np.zeros(40)
    for k in range(1, len(now)):
        for i in range(40):
            was = [np.array_equal(then[k][i], now[k - d][i]) for d in range(min(k, MAX_LOST) + 1)]
            assert any(was), (k, i)  # one that was taken, no older than MAX_LOST steps
            n_lost[i] += not was[0]
    assert n_lost.sum() / 480 == pytest.approx(chance.mean(), abs=0.08)  # four deviations
    assert np.corrcoef(n_lost, chance)[0, 1] > 0.5


def test_the_same_picture_has_the_same_noise_however_late():
    noisy, late = (
        World(load_track("reinvent_2018"), n_cars=6, sensor=SMALL, randomize={"noise": 1.0, **more})
        for more in ({}, {"latency": 1.0})
    )
    age = late.drawn[:, COLUMNS.index("latency")].astype(int)
    now, then = drive(noisy, 6)[0], drive(late, 6)[0]
    for i in range(6):
        assert np.array_equal(then[6][i], now[6 - age[i]][i])
    assert not np.array_equal(now[6][0], now[5][0])


def test_frozen_cars_and_others_do_not_meet():
    one, other = (World(load_track("oval"), n_cars=3, sensor=SMALL, randomize=1.0) for _ in "ab")
    for world in (one, other):
        world.step(np.zeros(3), np.ones(3))
    one.set_active(np.array([True, False, True]))
    for world in (one, other):
        world.step(np.zeros(3), np.ones(3))
    assert np.array_equal(one.observation[[0, 2]], other.observation[[0, 2]])


def placed(name, n_cars=8, strength=3.0):
    """Return the track and the things beside it, (n_cars, MAX_THINGS, THING_SIZE)."""
    track = load_track(name)
    arrays, index = pack_tracks((track,)), np.zeros(n_cars, np.int64)
    cars, book = np.arange(n_cars), CarLooks(n_cars)
    drawn = Randomization.of({"distractors": strength}).draw(0, cars, index)
    book.begin(cars, drawn, (0, cars, index), arrays, index)
    return track, book.looks, drawn


@pytest.mark.parametrize("name", ["reinvent_2018", "hairpins", "straight", "bowtie"])
def test_things_are_beside_the_road_and_never_on_it(name):
    import shapely

    from racer.track.arrays import road_polygon

    track, found, _ = placed(name)
    road = road_polygon(track.inner, track.outer, is_loop=track.is_loop)
    there = found.things[found.things[:, :, looks.THING_WIDTH] > 0.0]
    assert len(there) > 40
    assert (there[:, looks.THING_HEIGHT] > 0.0).any()
    assert (there[:, looks.THING_HEIGHT] == 0.0).any()
    ends = there[:, : looks.END_Y + 1].reshape(-1, 2, 2)
    lines = shapely.linestrings(ends)
    assert (shapely.distance(lines, road) > 0.5 * there[:, looks.THING_WIDTH]).all()
    assert (shapely.distance(lines, road) < 3.0).all()


def test_there_are_as_many_things_as_were_drawn_but_for_lack_of_room():
    track, found, drawn = placed("reinvent_2018", strength=1.0)
    wanted = np.rint(drawn[:, [COLUMNS.index("lines"), COLUMNS.index("boards")]] * track.length)
    is_there = found.things[:, :, looks.THING_WIDTH] > 0.0
    got = np.stack(
        [is_there[:, : looks.MAX_LINES].sum(1), is_there[:, looks.MAX_LINES :].sum(1)], 1
    )
    assert (got <= wanted).all()
    assert got.sum() > 0.5 * wanted.sum()


def test_without_distractors_there_are_none():
    world = World(load_track("oval"), n_cars=2, sensor=SMALL, randomize={"grip": 1.0})
    assert not world._looks.looks.things.any()


def test_a_new_episode_forgets_the_pictures_of_the_one_before():
    world = World(load_track("oval"), n_cars=3, sensor=SMALL, randomize={"latency": 3.0})
    for _ in range(20):
        world.step(np.zeros(3), np.full(3, 1.5))
    world.start(np.arange(3))
    assert np.array_equal(world._looks.looks.eyes, world.state[:, : layout.HEADING + 1])
