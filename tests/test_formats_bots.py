"""What files of other bots say, and pages with questions and answers."""

import json
import zipfile
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from planning import planned, read, topics

from chatbot import Bot, formats
from chatbot.model import Source

QNAMAKER = "\t".join(
    ["Question", "Answer", "Source", "Metadata", "SuggestedQuestions", "IsContextOnly", "Prompts", "QnaId"]
)


def test_rows_of_qna_maker_with_one_id_are_one_topic() -> None:
    prompts = '[{"displayOrder":0,"qnaId":2,"displayText":"Hours"}]'
    text = (
        f"{QNAMAKER}\n"
        f'Is "it" far?\tNo.\\n\\nOnly **a mile**.\thttps://example.org/faq\ttopic:travel\t[]\tFalse\t{prompts}\t1\n'
        f"how far\tNo.\\n\\nOnly **a mile**.\thttps://example.org/faq\ttopic:travel\t[]\tFalse\t{prompts}\t1\n"
        "Is it open?\tYes,<br>always.\tEditorial\t\t[]\tFalse\t[]\t2\n"
    )
    assert read(text, "kb.tsv").format == "qnamaker"
    far, opened = topics(text, "kb.tsv")
    assert (far.question, far.phrasings) == ('Is "it" far?', ("how far",))
    assert (far.answer, far.group) == ("No.\n\nOnly **a mile**.", "travel")
    assert far.sources == (Source("https://example.org/faq", "https://example.org/faq"),)
    assert (opened.answer.split(), opened.sources) == (["Yes,", "always."], ())


def test_qnabot_items_keep_their_markdown_and_other_kinds_are_noted() -> None:
    items = [
        {"qid": "Site.Far.1", "q": ["Is it far?", "how far"], "a": "No", "t": "travel", "type": "qna",
         "alt": {"markdown": "*No*"}},
        {"qid": "Plain", "q": ["Is it 2*3?"], "a": "It is 2*3*4", "type": "qna"},
        {"qid": "Quiz", "q": ["?"], "a": "", "type": "quiz"},
    ]  # fmt: skip
    text = json.dumps({"qna": items})
    assert [(t.id, t.answer, t.group) for t in topics(text, "q.json")] == [
        ("site-far-1", "*No*", "travel"), ("plain", "It is 2\\*3\\*4", ""),
    ]  # fmt: skip
    assert read(text, "q.json").notes[0].where == "value 3"
    lines = "\n".join(map(json.dumps, items))
    assert topics(lines, "q.jsonl") == topics(text, "q.json")


def test_a_gap_in_the_questions_of_a_qnabot_workbook_is_noted_and_read_past() -> None:
    reading = read("qid,question1,question2,question3,answer,topic\nfar,Is it far?,,how far,No.,travel\n")
    assert (reading.format, reading.rows[0].phrasings) == ("qnabot-xlsx", ("how far",))
    assert "gap" in reading.notes[0].text


RASA = """
version: "3.1"
nlu:
- intent: faq/ask_price
  examples: |
    - what does it [cost](thing)
    - how much is it in [NYC]{"entity": "city"}
- intent: greet
  examples: |
    - hi
responses:
  utter_faq/ask_price:
  - text: Ten dollars.
  - text: 10 dollars.
"""


def test_rasa_intents_are_topics_with_the_first_of_their_texts() -> None:
    (topic,) = topics(RASA, "nlu.yml")
    assert (topic.id, topic.question) == ("ask-price", "what does it cost")
    assert topic.phrasings == ("how much is it in NYC",)
    assert topic.answer == "Ten dollars."
    assert [note.where for note in read(RASA, "nlu.yml").notes] == ["intent faq/ask_price", "intent greet"]


def test_a_slot_that_only_rasa_fills_in_is_refused() -> None:
    (refused,) = planned(RASA.replace("Ten dollars.", "Hello {name}."), "nlu.yml").refused
    assert "{name}" in refused.reason


def agent(**files: Any) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, value in files.items():
            archive.writestr(name.replace("__", "/") + ".json", json.dumps(value))
    return packed.getvalue()


def test_a_dialogflow_agent_gives_its_phrases_and_texts() -> None:
    text = {"type": 0, "lang": "en", "speech": ["No_\nor *yes*", "Nope"]}
    says = [{"data": [{"text": "is it "}, {"text": "far", "alias": "x"}]}, {"data": [{"text": "how far"}]}]
    data = agent(
        agent={"language": "en"},
        intents__Far={"name": "Is It Far", "responses": [{"messages": [text, {"type": 4, "payload": {}}]}]},
        intents__Far_usersays_de=[{"data": [{"text": "weit"}]}],
        intents__Far_usersays_en=says,
        intents__Old={"userSays": says, "responses": [{"messages": [{"type": 0, "speech": "Yes"}]}]},
        intents__Fallback={"name": "F", "fallbackIntent": True},
        entities__city={"name": "city"},
    )
    reading = formats.read(data, "agent.zip")
    far, old = reading.rows
    assert (far.id, far.question, far.phrasings) == ("Is It Far", "is it far", ("how far",))
    assert (far.answer, old.answer) == ("No\\_\\\nor \\*yes\\*", "Yes")
    assert [note.where for note in reading.notes] == ["intents/Far.json", "intents/Fallback.json"]


PAGE = """<!doctype html><html><head><script type="application/ld+json">
{"@context": "https://schema.org", "@graph": [{"@type": ["FAQPage"], "mainEntity": [{"@type": "Question",
"name": "Is it far &amp; wide?", "acceptedAnswer": {"@type": "Answer",
"text":
"<h2>No</h2><p>Only <b>a mile</b>, see <a href='https://example.org/map'>the map</a>.<ul><li>one</li></ul>"
}}]}]}
</script></head><body><p>Hello.</p></body></html>"""


def test_a_page_with_faq_data_gives_its_questions_with_answers_in_markdown() -> None:
    (topic,) = topics(PAGE, "faq.html")
    assert topic.question == "Is it far & wide?"
    assert topic.answer == "No\n\nOnly **a mile**, see [the map](https://example.org/map).\n\n- one"


def test_the_bots_own_page_of_questions_is_read_back(bot: Bot, client: FlaskClient) -> None:
    plan = formats.plan(formats.read(client.get("/faq").data, "faq.html").rows, bot.engine.knowledge)
    assert (plan.new, plan.refused) == ((), ())
    assert {p.entry.id for p in (*plan.changed, *plan.same)} == {topic.id for topic in bot.topics}
    assert {field for p in plan.changed for field in p.fields} <= {"answer"}


def test_a_page_with_microdata_is_read_too() -> None:
    item = 'itemscope itemtype="https://schema.org/'
    answer = f'<div {item}Answer" itemprop="acceptedAnswer"><div itemprop="text"><p>No.</p></div></div>'
    question = f'<div {item}Question" itemprop="mainEntity"><h3 itemprop="name">Far?</h3>{answer}</div>'
    text = f'<div {item}FAQPage">{question}</div>'
    assert [(t.question, t.answer) for t in topics(text, "faq.html")] == [("Far?", "No.")]


def test_a_script_in_an_answer_is_left_out() -> None:
    text = PAGE.replace("<h2>No</h2>", "<script>alert(1)<\\/script><img src=x onerror=alert(1)>")
    assert "alert" not in topics(text, "faq.html")[0].answer
