"""Judgement: answer, clarify or none."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from small import KNOWLEDGE, TOPICS

from chatbot import judgement
from chatbot.content import Knowledge
from chatbot.fitting import build_with_trials
from chatbot.index import Evidence, Index, Ranked, rivals
from chatbot.judgement import DIALS, Judge, Stance


def _ranked(*scores: float, is_exact: bool = False) -> Ranked:
    order = np.argsort([-s for s in scores]).astype(np.int32)
    evidence = Evidence(scores[0], 0.1, scores[0], 0.1, 0.9, 0.9, 0.8, 0.7, 4, is_exact)
    return Ranked(order, np.array(scores, np.float32), evidence)


@pytest.fixture(scope="module")
def shipped() -> tuple[Index, Judge]:
    index, trials = build_with_trials(Knowledge.load())
    return index, Judge.learn(trials)


JUDGE = Judge(np.zeros(11), np.zeros(9), {"balanced": Stance(0.6, 0.8)})


def test_no_answer_is_ever_given_below_the_threshold() -> None:
    for hundredth in range(100):
        confidence = hundredth / 100
        for options in (0, 1, 4):
            if JUDGE.verdict(confidence, 1.0, options) == "answer":
                assert confidence >= JUDGE.answer_at


def test_one_option_is_no_choice() -> None:
    assert JUDGE.verdict(0.5, 1.0, 1) == "no_answer"
    assert JUDGE.verdict(0.5, 1.0, 2) == "clarify"


def test_what_is_not_known_is_not_clarified() -> None:
    assert JUDGE.verdict(0.1, 0.79, 4) == "no_answer"


def test_the_bolder_the_dial_the_more_is_answered_rightly_and_wrongly(shipped: tuple[Index, Judge]) -> None:
    judge = shipped[1]
    stances = [judge.stances[d] for d in DIALS]
    assert DIALS == ("careful", "balanced", "bold")
    for careful, bolder in pairwise(stances):
        assert careful.answer_at >= bolder.answer_at
        assert careful.right <= bolder.right
        assert careful.wrong <= bolder.wrong
        assert careful.strangers <= bolder.strangers
    assert judge.turned("careful").answer_at == stances[0].answer_at


def test_rivals_are_those_that_come_close_to_the_best_and_it_first() -> None:
    assert rivals(_ranked(0.2, 0.8, 0.7, 0.1), 4) == (1, 2)
    assert rivals(_ranked(0.79, 0.8, 0.78, 0.77), 3) == (1, 0, 2)
    assert rivals(_ranked(-0.3, -0.1, -0.2), 3) == (1,)


def test_trials_are_judged_all_at_once_as_one_by_one() -> None:
    trials = build_with_trials(KNOWLEDGE)[1]
    judge = Judge.learn(trials)
    one_by_one = [judge.judged(t.evidence) for t in trials]
    np.testing.assert_allclose(judge.judged_each(trials), one_by_one, atol=1e-9)
    assert judge.judged_each([]).shape == (0, 2)


def test_a_wording_that_staff_wrote_down_is_certain() -> None:
    judge = Judge.learn(build_with_trials(KNOWLEDGE)[1])
    assert judge.confidence(_ranked(0.5, 0.1, is_exact=True).evidence) >= 0.9


def test_words_count_only_where_it_is_known_what_else_visitors_ask(shipped: tuple[Index, Judge]) -> None:
    plain = _ranked(0.5, 0.1).evidence
    other = plain._replace(matched=0.2, matched_terms=0.1)
    alone = Judge.learn(build_with_trials(KNOWLEDGE)[1])
    assert alone.confidence(other) == alone.confidence(plain)
    assert shipped[1].confidence(other) < shipped[1].confidence(plain)


def test_confidence_grows_with_the_score_of_the_best_and_falls_with_the_strangers(
    shipped: tuple[Index, Judge],
) -> None:
    index, judge = shipped
    found = index.rank("roughly how many weeks would it take me").evidence
    assert not found.is_exact
    stranger = found._replace(stranger=found.stranger + 0.3)
    surer = found._replace(score=found.score + 0.2, margin=found.margin + 0.2)
    assert judge.confidence(stranger) < judge.confidence(found)
    assert judge.confidence(surer) > judge.confidence(found)


def test_where_every_topic_has_one_wording_no_better_score_makes_it_less_sure() -> None:
    shipped = Knowledge.load()
    topics = tuple(replace(t, phrasings=(), answer="") for t in shipped.topics)
    judge = Judge.learn(build_with_trials(Knowledge(topics=topics, background=shipped.background))[1])
    scored = [_ranked(best, 0.1).evidence for best in (0.1, 0.3, 0.6, 0.9)]
    led = [scored[1]._replace(margin=margin) for margin in (0.01, 0.1, 0.3)]
    strange = [scored[1]._replace(stranger=stranger) for stranger in (0.6, 0.3, 0.0)]
    for evidence in (scored, led, strange):
        assert all(a <= b for a, b in pairwise(map(judge.confidence, evidence)))
    assert judge.confidence(scored[0]) < judge.confidence(scored[-1])


def test_of_what_else_is_asked_unknown_an_answer_is_given_once_it_gains_more_than_it_costs() -> None:
    judge = Judge.learn(build_with_trials(replace(KNOWLEDGE, asked=()))[1])
    # A wrong answer costs 4, 1.5 and 0.6, of which a quarter counts: trials overstate how often one is given.
    assert [judge.stances[d].answer_at for d in DIALS] == pytest.approx([1 / 2, 0.375 / 1.375, 0.15 / 1.15])


def test_what_a_trial_left_out_is_made_up_for_before_anything_is_learned() -> None:
    trials = build_with_trials(replace(KNOWLEDGE, asked=()))[1]
    judge, plain = Judge.learn(trials), Judge.learn([t._replace(made_up=None) for t in trials])
    np.testing.assert_array_equal(judge.is_known, Judge.learn([t.made_up or t for t in trials]).is_known)
    assert not np.array_equal(judge.is_known, plain.is_known)


def test_there_the_lead_counts_a_quarter(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = build_with_trials(replace(KNOWLEDGE, asked=()))[1]
    judge = Judge.learn(trials)
    monkeypatch.setattr(judgement, "_LEAN_BEST", 2)  # the score and its logarithm alone
    without = Judge.learn(trials)
    assert judge.is_best[2] > 0 == without.is_best[2]
    monkeypatch.setattr(judgement, "_LEAN_BEST", 3)
    monkeypatch.setattr(judgement, "_LEAD", -1)  # none is left out
    whole = Judge.learn(trials)
    np.testing.assert_allclose(judge.is_best, whole.is_best / 4 + without.is_best * 3 / 4, atol=1e-6)


def test_a_judge_read_back_from_its_arrays_judges_the_same() -> None:
    judge = Judge.learn(build_with_trials(KNOWLEDGE)[1])
    again = Judge.from_arrays(judge.arrays())
    found = _ranked(0.5, 0.1).evidence
    assert again.confidence(found) == judge.confidence(found)
    assert again.stances == judge.stances


@pytest.mark.parametrize("topics", [(), TOPICS[:1], TOPICS])
def test_a_judge_is_learned_from_whatever_there_is(topics: tuple[object, ...]) -> None:
    knowledge = Knowledge.load()
    knowledge = Knowledge(topics=topics, lines=knowledge.lines)  # type: ignore[arg-type]
    judge = Judge.learn(build_with_trials(knowledge)[1])
    assert 0 <= judge.confidence(_ranked(0.5, 0.1).evidence) <= 1
