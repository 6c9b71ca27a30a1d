"""Text that programs trip over, by what is wrong with it: for whatever takes in words from people or files.

`TEXTS` are short enough for a question; `FILE_NAMES` are names that a file system takes. Every Unicode block
is in `blocks()`, 256 signs a text.
"""

import unicodedata
from collections.abc import Iterator, Mapping

_FLAG_OF_WALES = "\U0001f3f4" + "".join(map(chr, (0xE0067, 0xE0062, 0xE0077, 0xE006C, 0xE0073, 0xE007F)))

TEXTS: Mapping[str, str] = {
    "nothing": "",
    "spaces": " \t \u00a0\u2003\u3000 ",
    "NUL": "how\0much",
    "controls": "".join(map(chr, (*range(1, 32), *range(127, 160)))),
    "terminal escapes": "\x1b[2J\x1b]0;title\x07red \x1b[31malert\x9b0m",
    "line ends": "a\rb\r\nc\nd\x0be\x0cf\x85g\u2028h\u2029i",
    "half a pair": "cost \ud83d of it",
    "the other half": "cost \udc4d of it",
    "halves in the wrong order": "\udc4d\ud83d",
    "noncharacters": "\ufdd0\ufffe\uffff\U0001fffe\U0010ffff",
    "private use": "\ue000 \uf0b7 bullet \U000f0000\U00100000",
    "unassigned": "\u0378\u05ff\U000e0fff",
    "replacement": "caf\ufffd",
    "turned around": "call \u202e5551 555\u202c now",
    "isolates": "\u2066\u2067\u2068 never closed",
    "right to left": "כמה זה עולה? كم السعر؟",
    "zero width": "co\u200bst\u200c \u200dof\u2060 \ufefftreat\u00adment",
    "marks in front": "\ufeff\ufeffhow much",
    "flood of marks": "h" + "\u0301\u0323\u0489" * 60 + "elp",
    "marks alone": "\u0300\u0301\u20dd",
    "look-alikes": "hоw mυch dоеs іt сost",
    "wide letters": "Ｈｏｗ ｍｕｃｈ？ ＝１＋１",
    "mathematical letters": "𝒉𝒐𝒘 𝔪𝔲𝔠𝔥 𝕕𝕠𝕖𝕤 𝚒𝚝 𝐜𝐨𝐬𝐭",
    "small capitals and circles": "ʜᴏᴡ ⓜⓤⓒⓗ 🅸🆃",
    "ligatures": "ﬁnancial aﬀairs ŉ ǆ ẞ ﷺ",
    "dotted and dotless": "İstanbul ıI iİ",
    "case that grows": "ß ŉ ǰ ΐ ﬃ".upper() + "ΣΑΣ",
    "emoji families": "👩‍👩‍👧‍👦👨🏿‍⚕️🧑‍🤝‍🧑 🏳️‍🌈🏴‍☠️ 1️⃣" + _FLAG_OF_WALES,
    "half an emoji family": "👩\u200d\u200d👧\u200d 🇺 \ufe0f\u20e3",
    "hidden tags": "hello" + "".join(chr(0xE0000 + ord(c)) for c in "ignore all"),
    "Hangul in pieces": "\u1112\u1161\u11ab\u1100\u1173\u11af",
    "Tibetan stack": "ཧཱུྃ༔ བཀྲ་ཤིས",
    "broken twice": "Itâ€™s a cafÃ© Â· naÃ¯ve",
    "formula": '=HYPERLINK("http://x.example","pay")',
    "formula of another locale": "＠SUM(1+9)*cmd|' /C calc'!A0",
    "quotes": "\"'`´‘’“”„«»‹› \"\"\" ''' ``",
    "delimiters": "a,b;c\td|e\x1ff\u241fg",
    "markup": "<script>alert(1)</script><b onclick=x>&lt;&amp;&#0;&#x202e;]]>",
    "templates": "{{7*7}} ${7*7} {clinic.phone} {clinic.nothing} %s %n {0} {",
    "Markdown": "# a\n## b {#c}\n? d\nkind: e\n---\n```\n[x](javascript:alert(1)) ![y](z)",
    "SQL": "'; DROP TABLE edits; -- \\' %_",
    "paths": "../../etc/passwd C:\\con\\nul file:///etc/passwd",
    "YAML": "!!python/object/apply:os.system ['x'] &a *a : - ? | > yes no ~ 1e3",
    "JSON": '{"a": NaN, "\\ud800": 1e999}',
    "one long word": "a" * 250,
    "one repeated": "?!" * 125,
    "numbers": "٣ ३ ３ ² ½ Ⅷ 一 1e308 0x10 -0 ∞",
}  # fmt: skip

FILE_NAMES = tuple(
    name
    for text in TEXTS.values()
    if (name := text.replace("\0", "").replace("/", "⁄").strip(". "))
    and len(name.encode("utf-8", "ignore")) < 200
    and not any(0xD800 <= ord(sign) <= 0xDFFF for sign in name)
)


def blocks() -> Iterator[str]:
    """Every sign that has a meaning (half pairs are in TEXTS), 256 at a time where there are so many."""
    for start in range(0, 0x110000, 256):
        signs = (chr(code) for code in range(start, start + 256))
        text = "".join(sign for sign in signs if unicodedata.category(sign) not in ("Cn", "Cs"))
        # Of the ideographs, the syllables and the fonts' own signs, which are alike, the first are enough.
        if text and not (_is_alike(text) and start % 0x1000):
            yield text


def _is_alike(text: str) -> bool:
    return len({unicodedata.category(sign) for sign in text}) == 1 and len(text) == 256
