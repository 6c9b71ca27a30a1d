"""The words of a message as the index reads them, and how much of them the knowledge knows."""

import pytest

from chatbot.lexicon import LeftOut, Lexicon, Row
from chatbot.thesaurus import Thesaurus

ROWS = [
    Row("how much is the therapy", 0),
    Row("therapy price", 0),
    Row("when are you open", 1),
    Row("how much is the bus to the museum", -1),
    Row("when are programming classes", -1),
]


@pytest.fixture
def lexicon() -> Lexicon:
    return Lexicon.of(ROWS, Thesaurus.parse(["price, cost"]))


def test_a_misspelt_word_is_read_as_the_knowledge_spells_it(lexicon: Lexicon) -> None:
    assert lexicon.read("therpay") == ["therapy"]


def test_a_word_of_everyday_english_is_not_corrected(lexicon: Lexicon) -> None:
    assert lexicon.read("museum") == ["museum"]


def test_a_word_of_the_thesaurus_is_not_corrected() -> None:
    lexicon = Lexicon.of(ROWS, Thesaurus.parse(["alcohol, therapys"]))
    assert lexicon.read("therapys") == ["therapys", "_alcohol"]


def test_a_short_word_is_not_corrected(lexicon: Lexicon) -> None:
    assert lexicon.read("opn") == ["opn"]


def test_a_word_too_far_from_any_other_is_left_alone(lexicon: Lexicon) -> None:
    assert lexicon.read("thermos") == ["thermos"]


def test_concepts_stand_behind_the_words(lexicon: Lexicon) -> None:
    assert lexicon.read("the cost") == ["the", "cost", "_price"]


def test_a_word_that_everybody_uses_says_less_than_a_rare_one(lexicon: Lexicon) -> None:
    assert lexicon.rarity("is") < lexicon.rarity("therapi")


def test_all_words_known_is_a_share_of_one(lexicon: Lexicon) -> None:
    shares = lexicon.shares(["therapy", "price"], 0)
    assert shares.known == pytest.approx(1.0)
    assert shares.matched == pytest.approx(1.0)


def test_a_word_of_another_entry_is_known_but_not_matched(lexicon: Lexicon) -> None:
    shares = lexicon.shares(["therapy", "open"], 0)
    assert shares.known == pytest.approx(1.0)
    assert 0 < shares.matched < 1


def test_a_strange_word_lowers_both_shares(lexicon: Lexicon) -> None:
    assert lexicon.shares(["therapy", "kangaroo"], 0).known < 0.7


def test_an_everyday_word_is_not_known_because_its_stem_is() -> None:
    rows = [Row("the program", 0), Row("programming language", -1)]
    assert Lexicon.of(rows, Thesaurus()).shares(["programming"], 0).known == 0.0


def test_leaving_out_the_only_row_with_a_word_makes_it_unknown(lexicon: Lexicon) -> None:
    assert lexicon.shares(["price"], 0, LeftOut(0)).known == 0.0
    assert lexicon.shares(["therapy"], 0, LeftOut(0)).known == 1.0
    assert lexicon.shares(["therapy"], 0, LeftOut(0, is_whole=True)).known == 0.0


def test_no_words_are_no_evidence(lexicon: Lexicon) -> None:
    assert lexicon.shares([], 0) == (0.0, 0.0)
