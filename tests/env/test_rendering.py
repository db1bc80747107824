"""A car on its track: where it is drawn, how large, in which colours; and frames and windows."""

import subprocess
import sys
import warnings
from dataclasses import replace

import matplotlib
import numpy as np
import pytest

from racer.env import RacerEnv
from racer.env.picture import ASPHALT, BLUE, FIELD, INK, PAGE, VERMILLION
from racer.env.rendering import Renderer
from racer.env.scene import Scene, car_outlines, rgb
from racer.kernels import layout
from racer.vehicle import VEHICLES

CAR = VEHICLES["deepracer"]
HEADER = 20  # (pixels)
FORWARD_SLOW, FORWARD, HARD_LEFT = 4, 5, 9  # of the ten default actions


@pytest.fixture(scope="module")
def scene(straight):
    """The straight, 6 m by 0.8 m, with 0.35 m of ground around it, at 100 pixels a metre."""
    return Scene.of(straight, CAR, 670, header=HEADER)


def color_at(scene, image, x, y):
    column, row = scene.pixels(np.array([[x, y]]))[0].astype(int)
    return image.getpixel((int(column), int(row)))


def changed_box(image, background):
    """Left, upper, right and lower edge of what differs (pixels)."""
    changed = (np.asarray(image) != np.asarray(background)).any(axis=-1)
    (rows,), (columns,) = np.nonzero(changed.any(axis=1)), np.nonzero(changed.any(axis=0))
    return [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]


def drawn(scene, *pose, steering=0.0):
    image = scene.background.copy()
    scene.draw_car(image, *pose, steering, rgb(BLUE))
    return image


def test_a_point_has_the_pixel_that_one_reckons(scene):
    assert scene.background.size == (670, 150 + HEADER)
    assert scene.scale == pytest.approx(100.0)
    pixels = scene.pixels(np.array([[0.0, 0.0], [-0.35, 0.75], [6.35, -0.75], [2.0, 0.1]]))
    expected = [[35, 75], [0, 0], [670, 150], [235, 65]]
    np.testing.assert_allclose(pixels, np.add(expected, (0, HEADER)), atol=1e-9)


def test_the_map_is_drawn_where_the_pixels_of_its_points_are(scene):
    image = scene.background
    assert color_at(scene, image, 3.0, 0.2) == color_at(scene, image, 5.9, -0.3) == rgb(ASPHALT)
    assert color_at(scene, image, 3.0, 0.6) == color_at(scene, image, 6.2, 0.0) == rgb(FIELD)
    assert color_at(scene, image, 3.0, 0.4) == color_at(scene, image, 3.0, -0.4) == (255, 255, 255)
    assert {image.getpixel((x, HEADER - 1)) for x in range(670)} == {rgb(PAGE)}


def test_a_tall_track_gives_a_picture_that_is_not_taller_than_wide(straight):
    aside = np.array([0.0, 4.0])
    wide = replace(straight, inner=straight.inner + aside, outer=straight.outer - aside)
    scene = Scene.of(wide, CAR, 300)
    assert scene.background.size == (300, 300)
    np.testing.assert_allclose(scene.pixels(np.array([[3.0, 0.0]])), [[150.0, 150.0]])


def test_a_car_is_where_its_pose_says_and_its_nose_at_x_and_y(scene):
    # the shell of 0.324 m reaches 0.022 m before the nose point; the front tyres are the widest
    ahead, behind, beside = 2.2, 30.2, 9.7
    for heading, box in (
        (0.0, [-behind, -beside, ahead, beside]),
        (np.pi, [-ahead, -beside, behind, beside]),
        (np.pi / 2, [-beside, -ahead, beside, behind]),  # up: the tail below the nose
    ):
        found = changed_box(drawn(scene, 3.0, 0.1, heading), scene.background)
        expected = np.add(box, (335, 65 + HEADER, 335, 65 + HEADER))
        np.testing.assert_allclose(found, expected, atol=1.6)


def test_a_small_car_is_enlarged_about_its_nose(straight):
    small = Scene.of(straight, CAR, 200)
    nose, _ = small.pixels(np.array([[3.0, 0.0]]))[0]
    left, _, right, _ = changed_box(drawn(small, 3.0, 0.0, 0.0), small.background)
    assert right - left == pytest.approx(24, abs=2)
    assert right == pytest.approx(nose + 24 * 0.022 / 0.324, abs=1.6)


def test_a_car_has_the_colour_asked_for_and_a_dark_window(scene):
    image = scene.background.copy()
    scene.draw_car(image, 3.0, 0.0, 0.0, 0.0, rgb(VERMILLION))
    assert color_at(scene, image, 3.0 - 0.25, 0.05) == rgb(VERMILLION)
    assert color_at(scene, image, 3.0 - 0.155, 0.02) == rgb(INK)


def test_steering_turns_the_front_wheels_and_nothing_else(scene):
    ahead, steered = drawn(scene, 3.0, 0.0, 0.0), drawn(scene, 3.0, 0.0, 0.0, steering=0.5)
    left, _, right, _ = changed_box(steered, ahead)
    axle = 335 - 100 * (CAR.nose_x - CAR.front_x)
    assert axle - 5 < left < right < axle + 5
    straight, _, _ = car_outlines(CAR, 0.0)
    turned, _, _ = car_outlines(CAR, 0.5)
    for k in (0, 2):
        np.testing.assert_array_equal(straight[k], turned[k])
    for k in (1, 3):
        side = turned[k][0] - turned[k][3]
        assert np.arctan2(side[1], side[0]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "car", [CAR, CAR._replace(front_x=0.3, rear_half_track=0.2, front_half_track=0.15, nose_x=0.4)]
)
def test_wheels_are_where_the_vehicle_has_them_and_the_shell_covers_them(car):
    wheels, body, window = car_outlines(car, 0.3)
    expected = [
        (car.rear_x - car.nose_x, car.rear_half_track),
        (car.front_x - car.nose_x, car.front_half_track),
        (car.rear_x - car.nose_x, -car.rear_half_track),
        (car.front_x - car.nose_x, -car.front_half_track),
    ]
    centers = [wheel.mean(axis=0) for wheel in wheels]
    np.testing.assert_allclose(centers, expected, atol=1e-12)
    low, high = body.min(axis=0), body.max(axis=0)
    assert np.all(centers > low)
    assert np.all(centers < high)
    assert np.all(window > low)
    assert np.all(window < high)


def test_the_shell_of_the_deepracer_has_its_size():
    _, body, _ = car_outlines(CAR, 0.0)
    np.testing.assert_allclose(np.ptp(body, axis=0), [0.324, 0.188], atol=0.001)


def test_a_trail_has_its_colour_and_is_as_wide_as_asked(scene):
    image = scene.background.copy()
    scene.draw_trail(image, np.array([[1.5, 0.2], [4.0, 0.2]]), rgb(VERMILLION), width=6)
    for x in (1.55, 2.5, 3.95):
        assert color_at(scene, image, x, 0.2) == rgb(VERMILLION)
    box = changed_box(image, scene.background)
    np.testing.assert_allclose(box, [182, 52 + HEADER, 438, 58 + HEADER], atol=1.1)


def test_a_car_outside_the_picture_changes_nothing(scene):
    assert drawn(scene, 30.0, 0.0, 0.0).tobytes() == scene.background.tobytes()


def test_the_picture_does_not_depend_on_the_users_settings(scene, straight):
    with matplotlib.rc_context({"lines.antialiased": False, "savefig.bbox": "tight"}):
        again = Scene.of(straight, CAR, 670, header=HEADER)
    assert again.background.tobytes() == scene.background.tobytes()


def test_a_frame_shows_the_car_and_belongs_to_the_caller(straight):
    renderer = Renderer(straight, CAR, width=670)
    frame = renderer.frame(3.0, 0.0, 0.0, 0.2)
    assert frame.dtype == np.uint8
    assert frame.shape == (150 + renderer.scene.header, 670, 3)
    expected = drawn(renderer.scene, 3.0, 0.0, 0.0, steering=0.2)
    np.testing.assert_array_equal(frame, np.asarray(expected))
    frame[:] = 0
    np.testing.assert_array_equal(renderer.frame(3.0, 0.0, 0.0, 0.2), np.asarray(expected))


@pytest.mark.parametrize("width", [320, 640, 1280])
def test_a_caption_does_not_cover_the_map(circle, width):
    renderer = Renderer(circle, CAR, width=width)
    pose = 2.0, 0.0, np.pi / 2, 0.0
    frame = renderer.frame(*pose, "progress 100.0 %    2.0 m/s")
    _, upper, right, lower = changed_box(frame, renderer.frame(*pose))
    assert 0 < upper < lower < renderer.scene.header
    assert right < width


@pytest.fixture
def frames(monkeypatch):
    """What RacerEnv asks its renderer to draw, instead of drawing it."""
    asked = []
    monkeypatch.setattr(Renderer, "frame", lambda self, *what: asked.append(what))
    return asked


def progress_of(frame):
    return float(frame[-1].split()[1])


@pytest.mark.parametrize("actions", [[FORWARD], [HARD_LEFT], [FORWARD_SLOW, HARD_LEFT]])
@pytest.mark.parametrize("track", ["straight", "oval"])
def test_the_caption_tells_the_state_that_is_drawn(track, actions, frames):
    env = RacerEnv(track=track, render_mode="rgb_array")
    env.reset(seed=0)
    shown, known, ended = [], [], False
    while not ended:
        env.render()
        x, y, heading, steering, caption = frames[-1]
        state = env.world.state[0]
        nose = (
            state[layout.X] + CAR.nose_x * np.cos(heading),
            state[layout.Y] + (CAR.nose_x * np.sin(heading)),
        )
        assert (x, y) == pytest.approx(nose)
        assert (heading, steering) == (state[layout.HEADING], state[layout.STEERING])
        assert caption.endswith(f"{state[layout.SPEED]:.1f} m/s")
        shown.append(progress_of(frames[-1]))
        *_, terminated, truncated, info = env.step(actions[len(known) % len(actions)])
        known.append(info["progress"])  # of the state before the action: the one that was drawn
        ended = terminated or truncated
    env.render()
    shown.append(progress_of(frames[-1]))
    known.append(info["progress"])  # a terminated car stays where it was judged
    np.testing.assert_allclose(shown, known, atol=0.0501)
    assert info["end_reason"] in ("lap_complete", "off_track")
    assert (shown[-1] == 100.0) == (info["end_reason"] == "lap_complete")


@pytest.fixture
def windowless():
    """Pyplot with figures that no screen shows."""
    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where there is a screen, agg warns that it has none
        plt.close("all")  # other tests may have left some
        yield plt
    plt.close("all")


def test_human_mode_shows_one_window_and_closes_it(windowless):
    env = RacerEnv(track="oval", render_mode="human")
    env.reset(seed=0)
    (number,) = windowless.get_fignums()
    (picture,) = windowless.figure(number).axes[0].images
    before = np.array(picture.get_array())
    for _ in range(3):
        env.step(FORWARD)
        assert env.render() is None
    assert windowless.get_fignums() == [number]
    assert not np.array_equal(picture.get_array(), before)
    env.close()
    env.close()
    assert windowless.get_fignums() == []


def test_a_window_that_the_user_closed_stays_closed(windowless):
    env = RacerEnv(track="oval", render_mode="human")
    env.reset(seed=0)
    windowless.close("all")
    env.step(FORWARD)
    assert windowless.get_fignums() == []
    env.close()


def test_an_environment_without_pictures_does_not_load_matplotlib():
    code = "import sys, racer.env as e; e.RacerEnv('oval').reset(); print(*sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "matplotlib" not in answer.stdout.split()
