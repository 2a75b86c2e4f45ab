"""What a card does not say yet."""

from dataclasses import replace

from support.builds import SAID, UNSAID

from corpus_vn_police.config import load_config
from corpus_vn_police.documents.sections import BLOCKS, compose
from corpus_vn_police.documents.unfinished import Unfinished

_BLOCKS = dict.fromkeys(BLOCKS, "measured")
_CORPUS = replace(load_config(None), contact="keeper@example.org", license="cc0-1.0")


def _of(prose, **settings):
    return Unfinished.of("---\na: b\n---\n\n# Title\n\n" + compose(prose, _BLOCKS), replace(_CORPUS, **settings))


def test_a_card_with_all_sections_a_contact_and_a_licence_is_finished():
    found = _of(SAID)
    assert (bool(found), found.summary, found.sentences) == (False, "", ())


def test_sections_without_words_are_named_in_their_order():
    found = _of("")
    assert (found.sections, found.contact, found.licence) == (UNSAID, False, False)
    assert found.summary == "5 sections to write"
    assert found.sentences == (f"these sections say [More Information Needed]: {'; '.join(UNSAID)}",)


def test_a_part_of_a_section_that_is_not_said_counts_and_an_example_in_code_does_not():
    listed = SAID + "## Glossary\n\n- **Word:** [More Information Needed]\n"
    assert _of(listed).sections == ("Glossary",)
    assert _of(SAID + "## Glossary\n\n```\n[More Information Needed]\n```\n").sections == ()


def test_a_contact_and_a_name_of_the_licence_are_missed():
    found = _of(SAID, contact=None, license="other")
    assert (found.contact, found.licence) == (True, True)
    assert found.summary == "no contact, a licence without a name"
    assert not _of(SAID, license="other", license_name="rights-of-the-publishers")
