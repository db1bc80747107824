"""Lines and boards against the textbook's pinhole: where they are drawn, and what covers what."""

import math

import numpy as np
import pytest

from racer.kernels import looks
from racer.kernels.camera import CAMERA_FOV, CAMERA_HEIGHT, CAMERA_PITCH, CAMERA_X
from racer.kernels.things import draw_things
from racer.sensors.camera import MOUNTING

W, H = 160, 120


def drawn(things, colors=None, pose=(0.0, 0.0, 0.0)):
    """Return the picture (H, W) of one car that sees some things on black."""
    frames = np.zeros((1, 1, H, W), np.uint8)
    rows = np.zeros((1, len(things), looks.THING_SIZE))
    rows[0] = things
    colors = np.full(len(things), 200) if colors is None else np.array(colors)
    shades = colors.astype(np.uint8).reshape(1, -1, 1)
    draw_things(frames, 0, np.arange(1), np.array([pose]), MOUNTING, rows, shades)
    return frames[0, 0]


def pixel(x, y, z=0.0):
    """Return (u, v) of a point of the world for a car at the origin, heading along x."""
    camera = MOUNTING[0]
    dx, up = x - camera[CAMERA_X], z - camera[CAMERA_HEIGHT]
    sin, cos = math.sin(camera[CAMERA_PITCH]), math.cos(camera[CAMERA_PITCH])
    depth, down = cos * dx - sin * up, -sin * dx - cos * up
    focal = W / 2 / math.tan(camera[CAMERA_FOV] / 2)
    return W / 2 - focal * y / depth, H / 2 + focal * down / depth


def board(x, y, width=0.2, height=0.3):
    return (x, y, x, y, width, height)


@pytest.mark.parametrize(("x", "y"), [(1.0, 0.0), (1.5, 0.4), (3.0, -0.9)])
def test_a_board_is_where_the_pinhole_equations_put_it(x, y):
    picture = drawn([board(x, y)])
    rows, columns = np.nonzero(picture > 100)
    lefts, top = [pixel(x, y + 0.1, z)[0] for z in (0.0, 0.3)], pixel(x, y, 0.3)[1]
    rights, foot = [pixel(x, y - 0.1, z)[0] for z in (0.0, 0.3)], pixel(x, y)[1]
    for found, expected in (
        (columns.min(), min(lefts)), (columns.max() + 1, max(rights)), (rows.max() + 1, foot),
    ):  # fmt: skip
        assert found == pytest.approx(expected, abs=1.0)
    assert rows.min() == pytest.approx(max(top, 0.0), abs=1.0)


def test_a_line_lies_on_the_ground_and_covers_its_area():
    picture = drawn([(1.0, -0.3, 1.0, 0.3, 0.4, 0.0)])
    rows, columns = np.nonzero(picture)
    near, far = pixel(0.8, 0.0)[1], pixel(1.2, 0.0)[1]
    assert rows.min() == pytest.approx(far, abs=1.0)
    assert rows.max() + 1 == pytest.approx(near, abs=1.0)
    area = picture.sum() / 200.0
    widths = [pixel(x, -0.3)[0] - pixel(x, 0.3)[0] for x in (0.8, 1.2)]
    assert area == pytest.approx(sum(widths) / 2 * (near - far), rel=0.1)
    assert columns.min() == pytest.approx(pixel(0.8, 0.3)[0], abs=1.5)


def test_a_line_thinner_than_a_pixel_fades():
    picture = drawn([(1.0, 0.0, 4.5, 0.0, 0.004, 0.0)])
    far, near = (int(pixel(x, 0.0)[1]) for x in (4.0, 1.2))
    assert 0 < picture[far].max() < picture[near].max() < 200


def test_what_reaches_behind_the_camera_is_cut_off():
    picture = drawn([(-1.0, 0.1, 3.0, 0.1, 0.05, 0.0)])
    assert picture[-1].any()
    assert not picture[:, W // 2 + 2 :].any()
    u, v = pixel(0.5, 0.1)
    assert picture[int(v), int(u)] == 200
    assert not drawn([(-1.0, 0.1, -0.2, 0.1, 0.05, 0.0)]).any()
    assert not drawn([board(-0.5, 0.0)]).any()


def test_nearer_boards_cover_further_ones_whatever_their_order():
    near, far = board(1.0, 0.0), board(2.0, 0.0, 1.0, 0.4)
    one, other = drawn([near, far], [50, 90]), drawn([far, near], [90, 50])
    assert np.array_equal(one, other)
    u, v = pixel(1.0, 0.0, 0.1)
    assert one[int(v), int(u)] == 50
    assert (one == 90).any()


def test_boards_stand_on_lines():
    line, thing = (1.5, -0.5, 1.5, 0.5, 0.1, 0.0), board(1.4, 0.0)
    for picture in (drawn([line, thing], [50, 90]), drawn([thing, line], [90, 50])):
        u, v = pixel(1.4, 0.0, 0.02)
        assert picture[int(v), int(u)] == 90


def test_a_board_faces_the_camera_from_everywhere():
    for angle in (0.0, 1.0, -2.5):
        cos, sin = math.cos(angle), math.sin(angle)
        pose = (3.0 * cos, 3.0 * sin, angle + math.pi)
        picture = drawn([board(0.0, 0.0)], pose=pose)
        assert picture.any()
        assert np.abs(picture.astype(int) - picture[:, ::-1]).max() <= 200
        columns = np.nonzero(picture.any(axis=0))[0]
        expected = 0.2 * W / 2 / math.tan(MOUNTING[0, CAMERA_FOV] / 2) / 2.8
        assert len(columns) == pytest.approx(expected, abs=1.5)


def test_what_is_not_there_or_far_away_is_not_drawn():
    assert not drawn([board(1.0, 0.0, width=0.0)]).any()
    assert not drawn([board(6.0, 0.0)]).any()
