"""The names of several tracks, in a file and in a line."""

import pytest

from racer.naming import as_list, in_one_line, one_or_list


@pytest.mark.parametrize(("names", "kept"), [(["a"], "a"), (["a", "b"], ["a", "b"])])
def test_one_track_is_kept_as_its_name_and_several_as_a_list(names, kept):
    assert one_or_list(names) == kept
    assert as_list(kept) == names


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (["oval"], "oval"),
        (["oval", "kidney"], "oval, kidney"),
        (["generated:1", "generated:2"], "generated:1, generated:2"),
        (["oval", *(f"generated:{k}" for k in (1, 2, 3, 5))], "oval, generated:1-3, generated:5"),
        ([f"generated_{k} (reversed)" for k in (8, 9, 10)], "generated_8-10 (reversed)"),
        (["generated_1", "generated_2 (reversed)", "generated_3"],
         "generated_1, generated_2 (reversed), generated_3"),
    ],
)  # fmt: skip
def test_names_stand_in_one_line_and_successive_seeds_as_a_range(names, line):
    assert in_one_line(names) == line
