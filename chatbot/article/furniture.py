"""Lines of a web page that are no part of its article, told by their wording: bylines, buttons, footers.

English and Spanish, the two languages of this clinic's visitors, with the commonest link lines of four more.
Every test looks at a whole line, so that a sentence which merely mentions a newsletter stays a sentence.
"""

import re
from datetime import date
from functools import lru_cache
from typing import Literal

from chatbot.text import fold, normalise, words

Opener = Literal["related", "comments", "newsletter", "author", "share"]


def word_set(text: str) -> frozenset[str]:
    """The words of a list written as text."""
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(phrase for line in text.splitlines() for p in line.split(",") if (phrase := p.strip()))


_READ_ON = _phrases("""
    read more, read on, read article, read the article, read post, read full article, read the full article
    read the full story, read full story, read the rest, continue reading, keep reading, more, see more
    view more, view post, view article, full story, full article, leer mas, leer articulo, leer el articulo
    seguir leyendo, sigue leyendo, continuar leyendo, continua leyendo, ver mas, weiterlesen, mehr lesen
    lire la suite, lire plus, ler mais, leia mais, leggi tutto, continua a leggere
""")
_LEARN_MORE = _phrases("""
    learn more, find out more, discover more, more info, saber mas, conoce mas, mehr erfahren, en savoir plus
    saiba mais
""")
_MORE_ABOUT = re.compile(r"(?:read|learn|find out|discover|leer|ver|saber) (?:more|mas) (?:about|on|sobre) ")
_OPENERS: tuple[tuple[Opener, re.Pattern[str]], ...] = (
    (
        "related",
        re.compile(
            r"(?:our |more )?(?:related|recent|latest|popular|similar|recommended|other|more|featured)"
            r" (?:blogs?|blog posts|posts|articles|stories|reads|news|entries)(?: \w+){0,4}"
            r"|you (?:may|might|ll|will)(?: also)? (?:like|love|enjoy|be interested in)(?: \w+){0,2}"
            r"|(?:more )?from (?:the|our) (?:blog|magazine|journal)|more from this (?:author|category)"
            r"|read next|up next|what to read next|see also|recommended for you"
            r"|(?:articulos|entradas|publicaciones|noticias) (?:relacionad[oa]s|recientes|similares)"
            r"|(?:tambien )?te (?:puede|podria)n? (?:tambien )?(?:interesar|gustar)|lee tambien"
        ),
    ),
    (
        "comments",
        re.compile(
            r"(?:\d+ )?comments?(?: \d+)?|\d+ (?:responses?|replies|thoughts on \w.*)"
            r"|(?:leave|post|add) a (?:reply|comment)|join the (?:conversation|discussion)"
            r"|(?:\d+ )?comentarios?|dej[ae] un(?:a)? (?:comentario|respuesta)"
        ),
    ),
    (
        "newsletter",
        re.compile(
            r"(?:(?:subscribe|sign up|join|get|suscribete|inscribete)(?: \w+){1,5} )?"
            r"(?:newsletter|mailing list|boletin)(?: \w+){0,3}|(?:our|free|weekly|monthly) newsletter"
        ),
    ),
    (
        "author",
        re.compile(
            r"(?:about|meet) the (?:author|writer)s?|(?:sobre|acerca de) (?:el autor|la autora|del autor)"
        ),
    ),
    (
        "share",
        re.compile(
            r"share(?: this)?|share (?:this (?:post|article|page|story)|on|via)(?: \w+){0,3}|share the love"
            r"|compart(?:e|ir)(?: (?:esto|este|en)(?: \w+){0,2})?|tweet this|pin it"
        ),
    ),
)
_NETWORKS = word_set(
    "facebook twitter linkedin pinterest whatsapp reddit telegram instagram bluesky tumblr tweet"
)
_BUTTONS = _NETWORKS | word_set(
    "x threads pin email print copy link share post like follow us on via this and or more"
)
_MONTH_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = rf"(?:{'|'.join(_MONTH_NAMES)})[a-z]{{0,6}}"
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})")
_MONTH_FIRST = re.compile(rf"\b({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b")
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\.? ({_MONTH})\.?,? (\d{{4}})\b")
_READING_TIME = re.compile(r"\b\d{1,3}[ -]?min(?:ute)?s? read\b|\breading time\b|\btiempo de lectura\b")
_SIGNED = re.compile(
    r"(?:written|posted|published|updated|edited|(?:medically |clinically )?reviewed|fact[- ]checked) by\b"
    r"|author:|escrito por|publicado por|revisado por"
)
_DATED = re.compile(r"(?:last )?(?:updated|reviewed|modified|published|posted|publicado|actualizado)\b")
_NAME = r"[A-Z][\w.'-]{0,30}"
_BY = re.compile(rf"(?:[Bb]y|BY|[Pp]or):? ({_NAME}|admin|staff)(?:,? (?:{_NAME}|and|de|van|y)){{0,5}}")
# "By Car" heads a way to get here, and is not somebody's name.
_WAYS = word_set(
    "car bus train bike bicycle foot plane air boat sea subway metro public phone telephone mail email post"
    " appointment fax text chat the a our your age day night law favor que la el"
)
_LABELS = re.compile(
    r"(?:tags?|tagged|categor(?:y|ies)|etiquetas|categorias) ?:|(?:filed under|posted in|tagged as) "
)
_COPYRIGHT = re.compile(r"(?:copyright )?(?:©|\(c\)) ?\d{4}|copyright \d{4}|.{0,99}all rights reserved")
_LEGAL = word_set("privacy policy terms of use service cookie cookies legal notice sitemap conditions and")
_DIVIDERS = re.compile(r"[|·•/]")
_COOKIES = re.compile(
    r"(?:we|this (?:web)?site|our (?:web)?site|nosotros|este sitio(?: web)?)?"
    r" ?(?:uses?|usa|usamos|utiliza|utilizamos) cookies"
)
_CONSENT = word_set(
    "experience consent accept agree policy browser website site preferences settings sitio aceptar"
)
_ADDRESS_LINE = re.compile(r"(?:(?:source|url|from|page|address) ?: ?)?(https?://\S+)", re.IGNORECASE)
_CONTENTS = _phrases("contents, table of contents, in this article, on this page, contenido, indice")
_STEPS = _phrases(
    "skip to content, skip to main content, back to top, previous post, next post, print this page"
)
_STOP = re.compile(r"[.!?。！？][\"'”’)\]]*$")
# Not before a closing quotation mark: that is a quotation shortened, not an excerpt cut off.
_CUT = re.compile(r"(?:\[\s?(?:…|\.{3,9})\s?\]|\((?:…|\.{3,9}|more)\)|…|\.{3,9})\s*$")
_BRACKET_CUT = re.compile(r"\[\s?(?:…|\.{3,9})\s?\]\s*$")


@lru_cache(maxsize=1024)  # each line is asked for several times in a row
def _plain(line: str) -> str:
    return normalise(line)


def bare(line: str) -> str:
    """The line's words in lower case without marks or accents, to compare it with a known wording."""
    return " ".join(words(_plain(line)))


def is_sentence(line: str) -> bool:
    """Whether the line ends as a sentence does, or as an excerpt that was cut off."""
    return bool(_STOP.search(line) or is_cut_off(line))


def is_cut_off(line: str) -> bool:
    """Whether the text breaks off with an ellipsis, in brackets or not."""
    return bool(_CUT.search(line[-40:]))


def is_bracket_cut(line: str) -> bool:
    """Whether it breaks off with "[…]", which nobody writes but blog software."""
    return bool(_BRACKET_CUT.search(line[-40:]))


def is_read_on(line: str) -> bool:
    """A line such as "Read More »" that leads to the rest of another page."""
    if len(line) > 60 or (line.endswith(".") and " " not in line):
        return False  # "More." is a very short sentence
    return bare(line) in _READ_ON


def is_link_line(line: str) -> bool:
    """A line that only leads elsewhere: `is_read_on`, "Learn more", "Read more about our fees"."""
    if len(line) > 100 or _STOP.search(line):
        return is_read_on(line)
    plain = bare(line)
    return plain in _READ_ON or plain in _LEARN_MORE or bool(_MORE_ABOUT.match(plain))


def opener(line: str) -> Opener | None:
    """What the line opens, where it is the heading of something that follows an article."""
    if len(line) > 100 or line.endswith("."):
        return None
    plain = bare(line)
    return next((kind for kind, wording in _OPENERS if wording.fullmatch(plain)), None)


def is_dateline(line: str) -> bool:
    """A short line with a date or a reading time, as it stands under a title: when, where, by whom."""
    if len(line) > 140 or line.endswith((".", "?", "!")):
        return False
    plain = _plain(line)
    has_date = any(date.search(plain) for date in (_MONTH_FIRST, _DAY_FIRST, _ISO, _READING_TIME))
    return has_date and (bool(_SIGNED.match(plain) or _DATED.match(plain)) or len(words(plain)) <= 12)


def is_byline(line: str) -> bool:
    """A line that says who wrote a page or when: a dateline, "Reviewed by …", or "By" with a name."""
    if is_dateline(line):
        return True
    if len(line) > 140 or line.endswith((".", "?", "!")):
        return False
    name = _BY.fullmatch(fold(line))
    return bool(name and name[1].lower() not in _WAYS) or bool(_SIGNED.match(_plain(line)))


def reason_to_drop(line: str) -> str | None:
    """Why a line of its own is no part of an article wherever it stands, in words for staff; or None."""
    if len(line) > 300:
        return None
    plain = _plain(line)
    said = words(plain)
    reasons = {
        "a line without words": not said,
        "a button of the website": " ".join(said) in _STEPS,
        "an address without words": stated_address(line) is not None,
        "the page's table of contents": " ".join(said) in _CONTENTS,
        "the website's footer": _is_footer(plain, said),
        "a notice about cookies": bool(_COOKIES.match(plain)) and not _CONSENT.isdisjoint(said),
        "says who wrote the page or when": bool(_DATED.match(plain)) and is_dateline(line),
        "the page's tags or categories": bool(_LABELS.match(plain)) and not _STOP.search(line),
        "share buttons": _BUTTONS.issuperset(said) and not _NETWORKS.isdisjoint(said),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _is_footer(plain: str, said: list[str]) -> bool:
    if _COPYRIGHT.match(plain):
        return True
    return _LEGAL.issuperset(said) and bool(_DIVIDERS.search(plain))


def stated_address(line: str) -> str | None:
    """The address in a line that holds nothing else but what it is, such as "Source: https://…"."""
    found = _ADDRESS_LINE.fullmatch(line)
    return found[1] if found else None


def stated_date(line: str) -> str | None:
    """The first date in the line as an ISO date; None where there is none, or none of the calendar's."""
    plain = _plain(line)
    if found := _ISO.search(plain):
        return _iso(*found.groups())
    if found := _MONTH_FIRST.search(plain):
        month, day, year = found.groups()
        return _iso(year, _number(month), day)
    if found := _DAY_FIRST.search(plain):
        day, month, year = found.groups()
        return _iso(year, _number(month), day)
    return None


def _number(month: str) -> str:
    return str(_MONTH_NAMES.index(month[:3]) + 1)


def _iso(year: str, month: str, day: str) -> str | None:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
