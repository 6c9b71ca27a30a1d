"""How hard a text is to read: its school grade. The only home of syllapy."""

import re

import syllapy  # type: ignore[import-untyped]

from chatbot.text import sentences

_WORD = re.compile(r"[^\W_]+(?:['’.@/:-]+[^\W_]+|,\d+)*")
_PLAIN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SPELLED = re.compile(r"[A-Z]{2,4}s?")  # IOP, PHP, FMLA: longer ones are mostly said as a word


def words_of(text: str) -> list[str]:
    """The words of a plain text as a reader counts them: a number, an address or "one-on-one" is one."""
    return _WORD.findall(text)


def grade(text: str) -> float:
    """The school grade (United States) a plain text is written for; 0 for a text without words.

    Flesch-Kincaid: 0.39 x words per sentence + 11.8 x syllables per word - 15.59 (Kincaid, Fishburne,
    Rogers and Chissom, 1975, Derivation of new readability formulas, Navy Research Branch Report 8-75).
    Each point of a list is a sentence of its own. Syllables are counted by syllapy; abbreviations are said
    letter by letter, and a number or a web address, which is read at a glance, counts as one syllable.
    """
    counted = [w for s in _sentences(text) if (w := words_of(s))]
    words = [w for sentence in counted for w in sentence]
    if not words:
        return 0.0
    return 0.39 * len(words) / len(counted) + 11.8 * sum(map(_syllables, words)) / len(words) - 15.59


def _sentences(text: str) -> list[str]:
    return [s for line in text.splitlines() for s in sentences(line)]


def _syllables(word: str) -> int:
    if _SPELLED.fullmatch(word):
        letters = word.removesuffix("s")
        return len(letters) + 2 * letters.count("W")
    if not _PLAIN.fullmatch(word):
        return 1
    return max(1, int(syllapy.count(word.replace("’", "'"))))
