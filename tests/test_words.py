"""Counts and commands in words, and lines that fit a terminal."""

import io
import shlex

import pytest

from corpus_vn_police.cli import show
from corpus_vn_police.cli.words import command, counted, left_out, load_line, percent


@pytest.mark.parametrize(
    ("part", "whole", "said"), [(0, 9, "0.0 %"), (1, 9000, "< 0.1 %"), (35, 1000, "3.5 %"), (0, 0, "–")]
)
def test_a_share_that_is_not_nothing_is_never_0(part, whole, said):
    assert percent(part, whole) == said


def test_what_was_left_out_is_counted_in_words():
    status = {"published": 5, "duplicate": 1, "near_duplicate": 1200, "rejected": 0, "removed": 2}
    assert left_out(status) == "1 duplicate, 1,200 near duplicates, 2 removed"
    assert (counted(1, "seed"), counted(0, "seed"), counted(2, "copy", "copies")) == ("1 seed", "0 seeds", "2 copies")


def test_a_command_can_be_copied_whatever_its_paths_are():
    assert shlex.split(command("verify", "a b/it's"))[1:] == ["verify", "a b/it's"]
    assert load_line('a "b"', revision="v1") == r'datasets.load_dataset("a \"b\"", revision="v1")'


def test_on_a_terminal_lines_are_broken_between_words_and_settings_stay_whole(monkeypatch):
    monkeypatch.setattr(show, "_columns", lambda stream: 30)
    text = "a note that is longer than the terminal is wide:\n  a_setting = 'that is to be copied as it is'"
    assert show.fitted("note:  ", text, io.StringIO()).split("\n") == [
        "note:  a note that is longer",
        "       than the terminal is",
        "       wide:",
        "         a_setting = 'that is to be copied as it is'",
    ]


def test_what_is_no_terminal_gets_whole_lines():
    assert show.fitted("note:  ", "word " * 50 + "\nx", io.StringIO()) == "note:  " + "word " * 50 + "\n       x"
