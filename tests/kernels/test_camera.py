"""The camera against the textbook's pinhole, and against a picture averaged from many samples."""

import math

import numpy as np
import pytest

from racer.kernels import layout as L  # noqa: N812
from racer.kernels import looks
from racer.kernels.camera import (
    CAMERA_FOV,
    CAMERA_HEIGHT,
    CAMERA_PITCH,
    CAMERA_X,
    CAMERA_Y,
    CAMERA_YAW,
    GroundTextures,
    render_ground,
)
from racer.sensors.camera import MOUNTING
from racer.sensors.ground import MIXTURES, ground_textures, make_palette
from racer.track import load_track

GREYS = np.array([[0.0], [80.0], [160.0], [240.0]])
"""Of ground, road, border and dash."""
PALETTE = make_palette(GREYS, np.array([20.0]))[np.newaxis]
NO_EFFECTS = np.zeros((0, looks.EFFECT_SIZE))


def cars_at(poses):
    """Return the state of cars at (x, y, heading)."""
    state = np.zeros((len(poses), L.STATE_SIZE))
    state[:, [L.X, L.Y, L.HEADING]] = poses
    state[:, L.ACTIVE] = 1.0
    return state


def spread(track, n):
    """Return poses (n, 3) on a track, not quite on its centre line nor along it."""
    s = np.linspace(0.0, track.length, n, endpoint=False)
    offset = 0.1 * np.sin(7.0 * np.arange(n))
    heading = np.asarray(track.heading(s)) + 0.3 * np.sin(5.0 * np.arange(n))
    return np.column_stack([track.position(s, offset), heading])


def draw(track, state, width, height, *, texel=0.0, cameras=MOUNTING, palettes=PALETTE):
    """Return the pictures (n, channels, height, width) of cars on a track."""
    frames = np.zeros((len(state), palettes.shape[1], height, width), np.uint8)
    textures = ground_textures((track,), texel or 0.6 / width)
    index = np.zeros(len(state), np.int64)
    cars = np.arange(len(state))
    render_ground(frames, 0, cars, state, index, textures, cameras, palettes, NO_EFFECTS)
    return frames


def pinhole(points, pose, width, height, camera=MOUNTING[0]):
    """Return where points of the ground (n, 2) are in the picture: (n, 2), u to the right, v down.

    Hartley and Zisserman, Multiple View Geometry, 2nd edition, equation 6.7: x = K [R | -R c] X.
    """
    x, y, heading = pose
    cos, sin = math.cos(heading), math.sin(heading)
    at = (camera[CAMERA_X], camera[CAMERA_Y])
    center = np.array(
        [x + cos * at[0] - sin * at[1], y + sin * at[0] + cos * at[1], camera[CAMERA_HEIGHT]]
    )
    yaw, pitch = heading + camera[CAMERA_YAW], camera[CAMERA_PITCH]
    forward = np.array([math.cos(yaw), math.sin(yaw), 0.0])
    right = np.array([math.sin(yaw), -math.cos(yaw), 0.0])
    up = np.array([0.0, 0.0, 1.0])
    axis = math.cos(pitch) * forward - math.sin(pitch) * up
    down = -math.sin(pitch) * forward - math.cos(pitch) * up
    rotation = np.stack([right, down, axis])
    focal = width / 2 / math.tan(camera[CAMERA_FOV] / 2)
    k = np.array([[focal, 0.0, width / 2], [0.0, focal, height / 2], [0.0, 0.0, 1.0]])
    world = np.column_stack([points, np.zeros(len(points))])
    seen = (k @ rotation @ (world - center).T).T
    visible = seen[:, 2] > 0.0
    found = np.full((len(points), 2), np.nan)
    found[visible] = seen[visible, :2] / seen[visible, 2:]
    return found


@pytest.mark.parametrize(("width", "height"), [(160, 120), (80, 60), (64, 48)])
@pytest.mark.parametrize("name", ["reinvent_2018", "hairpins", "straight"])
def test_dashes_are_drawn_where_the_pinhole_equations_put_them(name, width, height):
    track = load_track(name)
    n = round(track.length / 0.3)
    middles = track.position((np.arange(n) + 0.25) * (track.length / n))  # a dash is half a period
    checked = 0
    for pose in spread(track, 40):
        (picture,) = draw(track, cars_at([pose]), width, height)[0]
        near = np.hypot(*(middles - pose[:2]).T) < 0.9
        for u, v in pinhole(middles[near], pose, width, height):
            if not (1 <= u < width - 1 and 1 <= v < height - 1):
                continue
            column, row = int(u), int(v)
            around = picture[row - 1 : row + 2, column - 1 : column + 2]
            assert around.max() > 110, (pose, u, v)  # a good part of a dash
            checked += 1
    assert checked > 20


def test_between_the_dashes_there_is_road():
    track = load_track("reinvent_2018")
    n = round(track.length / 0.3)
    gaps = track.position((np.arange(n) + 0.75) * (track.length / n))
    checked = 0
    for pose in spread(track, 40):
        (picture,) = draw(track, cars_at([pose]), 160, 120)[0]
        near = np.hypot(*(gaps - pose[:2]).T) < 0.6
        for u, v in pinhole(gaps[near], pose, 160, 120):
            if 1 <= u < 159 and 1 <= v < 119:
                assert (picture[int(v) - 1 : int(v) + 2, int(u) - 1 : int(u) + 2] == 80).all()
                checked += 1
    assert checked > 15


@pytest.mark.parametrize(("width", "height"), [(160, 120), (64, 48)])
def test_the_edge_of_the_road_is_within_a_pixel_of_the_pinhole_equations(width, height):
    track = load_track("reinvent_2018")
    checked = 0
    for pose in spread(track, 40):
        (picture,) = draw(track, cars_at([pose]), width, height)[0]
        for border in (track.inner, track.outer):
            points = np.concatenate([border[:-1], (border[:-1] + border[1:]) / 2])
            points = points[np.hypot(*(points - pose[:2]).T) < 0.9]
            for u, v in pinhole(points, pose, width, height):
                if not (1 <= u < width - 1 and 1 <= v < height - 1):
                    continue
                around = picture[int(v) - 1 : int(v) + 2, int(u) - 1 : int(u) + 2]
                assert around.min() < 80 < around.max(), (pose, u, v)  # ground and white
                checked += 1
    assert checked > 60


def test_at_rest_on_a_straight_the_picture_is_symmetric_and_left_is_left():
    track = load_track("straight")
    x, y = track.position(1.0)
    heading = float(track.heading(1.0))
    left = np.array([-math.sin(heading), math.cos(heading)])
    middle, beside = draw(
        track, cars_at([(x, y, heading), (*(np.array([x, y]) + 0.25 * left), heading)]), 160, 120
    )[:, 0].astype(int)
    assert np.abs(middle - middle[:, ::-1]).mean() < 2.0
    ground = beside[60:] == 0
    assert ground[:, :80].sum() > 50 + ground[:, 80:].sum()  # the car is left, so is the ground


def test_above_the_horizon_there_is_sky_and_below_it_none():
    track = load_track("reinvent_2018")
    height = 120
    horizon = height / 2 - 160 / 2 / math.tan(1.13 / 2) * math.tan(0.2618)
    picture = draw(track, cars_at(spread(track, 5)), 160, height)
    sky = picture == 20
    assert sky[:, :, : int(horizon)].all()
    assert not sky[:, :, int(horizon) + 1 :].any()


# in the distance one sample a pixel has 9.5 and 11.7, one level of the texture 6.3 and 8.4
@pytest.mark.slow
@pytest.mark.parametrize(("width", "height", "distant"), [(160, 120, 6.1), (80, 60, 7.8)])
def test_pictures_are_near_the_mean_of_36_samples_a_pixel(width, height, distant):
    track = load_track("reinvent_2018")
    state = cars_at(spread(track, 12))
    fine = ground_textures((track,), 0.0025)
    one = GroundTextures(fine.codes, fine.levels[:1], fine.texels[:1], fine.origins)
    large = np.zeros((12, 1, 6 * height, 6 * width), np.uint8)
    index, cars = np.zeros(12, np.int64), np.arange(12)
    render_ground(large, 0, cars, state, index, one, MOUNTING, PALETTE, NO_EFFECTS)
    mean = large.reshape(12, height, 6, width, 6).mean(axis=(2, 4))
    error = draw(track, state, width, height)[:, 0] - mean
    assert np.abs(error).mean() < 2.5
    below_the_horizon = error[:, int(0.23 * height) : int(0.38 * height)]
    assert np.sqrt((below_the_horizon**2).mean()) < distant
    # a thin line keeps its light: over each picture the error cancels out
    assert np.abs(error.mean(axis=(1, 2))).max() < 0.01 * width


def test_a_batch_equals_single_cars_and_only_those_asked_for_are_drawn():
    track = load_track("hairpins")
    state = cars_at(spread(track, 9))
    together = draw(track, state, 64, 48)
    for i in range(9):
        assert np.array_equal(draw(track, state[i : i + 1], 64, 48)[0], together[i])
    some = np.zeros_like(together)
    cars, index, texture = (
        np.array([1, 7]),
        np.zeros(9, np.int64),
        ground_textures((track,), 0.6 / 64),
    )
    render_ground(some, 0, cars, state, index, texture, MOUNTING, PALETTE, NO_EFFECTS)
    assert np.array_equal(some[cars], together[cars])
    assert not np.delete(some, cars, axis=0).any()


def test_several_tracks_are_each_seen_by_their_own_cars():
    tracks = (load_track("oval"), load_track("hairpins"))
    textures = ground_textures(tracks, 0.01)
    state = np.concatenate([cars_at(spread(track, 3)) for track in tracks])
    frames = np.zeros((6, 1, 48, 64), np.uint8)
    index = np.repeat([0, 1], 3)
    cars = np.arange(6)
    render_ground(frames, 0, cars, state, index, textures, MOUNTING, PALETTE, NO_EFFECTS)
    for k, track in enumerate(tracks):
        alone = draw(track, state[3 * k : 3 * k + 3], 64, 48, texel=0.01)
        assert np.array_equal(frames[3 * k : 3 * k + 3], alone)


def test_each_car_may_have_its_own_mounting_and_palette():
    track = load_track("oval")
    state = cars_at(np.repeat(spread(track, 1), 2, axis=0))
    cameras = np.repeat(MOUNTING, 2, axis=0)
    cameras[1, [CAMERA_Y, CAMERA_YAW, CAMERA_PITCH]] += 0.05, 0.2, 0.1
    palettes = np.concatenate([PALETTE, 255 - PALETTE])
    frames = draw(track, state, 64, 48, cameras=cameras, palettes=palettes)
    for i in range(2):
        alone = draw(
            track, state[:1], 64, 48, cameras=cameras[i : i + 1], palettes=palettes[i : i + 1]
        )
        assert np.array_equal(alone[0], frames[i])


def test_far_from_the_road_there_is_ground_only():
    picture = draw(load_track("oval"), cars_at([(500.0, -300.0, 1.0)]), 64, 48)
    assert set(np.unique(picture)) == {0, 20}


def test_a_texel_is_made_of_nine_parts_and_its_colour_is_their_mean():
    assert (MIXTURES.sum(axis=1) == 9).all()
    assert len(np.unique(MIXTURES, axis=0)) == len(MIXTURES) <= 255
    assert np.array_equal(PALETTE[0, 0, : len(MIXTURES)], np.rint(MIXTURES @ GREYS[:, 0] / 9))
    assert PALETTE[0, 0, 255] == 20


def test_a_texture_has_as_much_of_each_material_as_the_road():
    track = load_track("reinvent_2018")
    textures = ground_textures((track,), 0.01)
    for level in range(4):
        first, columns, rows = textures.levels[level]
        codes = textures.codes[first : first + columns * rows]
        area = MIXTURES[codes].sum(axis=0) / 9 * textures.texels[level] ** 2
        assert area[1:].sum() == pytest.approx(track.length * track.width, rel=0.02)
        assert area[2] == pytest.approx(2 * 0.05 * track.length, rel=0.05)
        assert area[3] == pytest.approx(0.03 * track.length / 2, rel=0.08)
