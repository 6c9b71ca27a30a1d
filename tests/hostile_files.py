"""Files that mean harm, or are broken in the ways of real ones; run as a program, it reads each of them.

Each case is a name, the file's name, what makes its bytes, and what the one error must speak of.
"""

import io
import json
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from chatbot import formats
from chatbot.content import Knowledge
from chatbot.errors import FormatError

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OPEN, CLOSE = f"<worksheet {MAIN}><sheetData>", "</sheetData></worksheet>"
CPU_SECONDS = 120


class Case(NamedTuple):
    """A file, and a word of the error that reading or planning it must end in."""

    file: str
    make: Callable[[], bytes]
    speaks_of: str


Pieces = list[bytes]  # one after the other, so that a bomb is small while it is made


def zipped(files: Mapping[str, Pieces]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in files.items():
            with archive.open(name, "w") as file:
                for piece in pieces:
                    file.write(piece)
    return packed.getvalue()


def spaces(megabytes: int) -> Pieces:
    return [b" " * 100_000] * (10 * megabytes)


def workbook(**parts: Pieces) -> bytes:
    """A small workbook with some of its parts replaced; `sheet`, `strings` and `macro` stand for theirs."""
    paths = {
        "sheet": "xl/worksheets/sheet1.xml",
        "strings": "xl/sharedStrings.xml",
        "macro": "xl/vbaProject.bin",
    }
    with zipfile.ZipFile(io.BytesIO(formats.dump((), "xlsx"))) as archive:
        sound = {name: [archive.read(name)] for name in archive.namelist()}
    return zipped({**sound, **{paths[name]: data for name, data in parts.items()}})


def sheet(*rows: str, before: str = "") -> Pieces:
    return [piece.encode() for piece in (before + OPEN, *rows, CLOSE)]


def repeated(before: str, piece: str, times: int, after: str) -> Pieces:
    """`piece` a million times over, made of one block of it."""
    return [before.encode(), *[(piece * 1000).encode()] * (times // 1000), after.encode()]


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def with_lying_sizes(data: bytes) -> bytes:
    """The archive, with every size in its directory stated as ten bytes."""
    told = bytearray(data)
    at = told.find(b"PK\x01\x02")
    while at >= 0:
        told[at + 24 : at + 28] = (10).to_bytes(4, "little")
        at = told.find(b"PK\x01\x02", at + 4)
    return bytes(told)


def formula_row() -> bytes:
    head = f'<row r="1">{cell("A1", "question")}{cell("B1", "answer")}</row>'
    formula = '<c r="B2"><f>HYPERLINK("http://x.example","yes")</f></c>'
    return workbook(sheet=sheet(head, f'<row r="2">{cell("A2", "Is it dear?")}{formula}</row>'))


def entities(encoding: str = "utf-8", declared: str = "") -> bytes:
    """A sheet whose one cell would be a billion letters long, or what `declared` names."""
    laughs = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {name} "{f"&{below};" * 10}">' for below, name in pairwise("abcdefghij")
    )
    head = f"<!DOCTYPE x [{declared or laughs}]>"
    pieces = sheet(f"<row>{cell('A1', '&j;')}</row>", before=head)
    return workbook(sheet=[b"".join(pieces).decode().encode(encoding)])


def far_corner() -> bytes:
    rows = f'<row r="1">{cell("A1", "q")}</row>', f'<row r="1048576">{cell("XFD1048576", "x")}</row>'
    return workbook(sheet=sheet(*rows))


def many(before: str, piece: str, after: str = "") -> bytes:
    """A sheet with three million times the same."""
    return workbook(sheet=repeated(OPEN + before, piece, 3_000_000, after + CLOSE))


def sheet_by_another_name() -> bytes:
    """A workbook whose sheet is a part that does not end in .xml."""
    with zipfile.ZipFile(io.BytesIO(workbook())) as archive:
        parts = {name: [archive.read(name)] for name in archive.namelist()}
    parts["xl/worksheets/a.dat"] = repeated(OPEN, '<x a="1"/>', 3_000_000, CLOSE)
    relations = "xl/_rels/workbook.xml.rels"
    parts[relations] = [parts[relations][0].replace(b"sheet1.xml", b"a.dat")]
    return zipped(parts)


def shared_texts() -> bytes:
    return workbook(strings=repeated(f"<sst {MAIN}>", "<si/>", 2_000_000, "</sst>"))


def aliases() -> bytes:
    doubled = (f"{name}: &{name} [*{below},*{below}]\n" for below, name in pairwise("abcdefghijklmnopqrstuv"))
    return ("a: &a [x,x]\n" + "".join(doubled)).encode()


def stairs() -> bytes:
    return "\n".join(" " * i + "a:" for i in range(3000)).encode()


def deep_answer() -> bytes:
    answer = {"@type": "Answer", "text": "<ul><li>" * 2_000 + "x"}
    question = {"@type": "Question", "name": "q?", "acceptedAnswer": answer}
    return page(json.dumps({"@type": "FAQPage", "mainEntity": [question]}))


def page(data: str) -> bytes:
    return f'<html><script type="application/ld+json">{data}</script></html>'.encode()


def million_cells() -> bytes:
    rows = (b"%d?,a" % n + b",abcdefghi" * 48 + b"\n" for n in range(19_999))
    return b"question,answer" + b",x" * 48 + b"\n" + b"".join(rows)


def long_workbook() -> bytes:
    rows = ("".join(cell(f"{c}{n}", f"a word {c} {n} " * 3) for c in "ABCDE") for n in range(1, 20_001))
    return workbook(sheet=sheet(*(f"<row>{row}</row>" for row in rows)))


def long_answers() -> bytes:
    return b"question,answer\n" + b"".join(b"Is it %d?,%s\n" % (n, b"word " * 399) for n in range(9_900))


def csv(data: str | bytes, times: int = 1, head: str = "question,answer\n") -> Callable[[], bytes]:
    return lambda: head.encode() + (data if isinstance(data, bytes) else data.encode()) * times


def text(data: bytes, times: int = 1, after: bytes = b"") -> Callable[[], bytes]:
    return lambda: data * times + after


TOO_MANY = "too many rows, cells"
CASES: Mapping[str, Case] = {
    "larger than is read": Case("a.csv", csv("q,a\n", 5_000_001), "20 MB"),
    "a zip bomb": Case("a.xlsx", lambda: workbook(sheet=spaces(100)), "unpacks to 100 MB"),
    "a zip bomb that lies": Case("a.xlsx", lambda: with_lying_sizes(workbook(sheet=spaces(100))), "damaged"),
    "a bomb as an agent": Case("a.zip", lambda: zipped({"intents/a.json": spaces(100)}), "unpacks to 100 MB"),
    "one huge intent": Case("a.zip", lambda: zipped({"intents/a.json": spaces(50)}), "larger than 5 MB"),
    "many members": Case("a.zip", text(b"PK\x05\x06" + b"PK\x01\x02" * 500_000), "500,000 files"),
    "half a zip": Case("a.xlsx", lambda: workbook()[:2000], "whole zip archive"),
    "a macro": Case("a.xlsx", lambda: workbook(macro=[b"Sub Auto_Open"]), "macros"),
    "a macro by its name": Case("a.xlsm", workbook, "macros"),
    "a formula": Case("a.xlsx", formula_row, "row 2: 'answer' holds a formula, =HYPERLINK"),
    "an old or locked workbook": Case("a.xlsx", text(b"\xd0\xcf\x11\xe0", 150), "password"),
    "entities": Case("a.xlsx", entities, "document type"),
    "entities in UTF-16": Case("a.xlsx", lambda: entities("utf-16"), "document type"),
    "a file of the server's": Case(
        "a.xlsx", lambda: entities(declared='<!ENTITY j SYSTEM "file:///etc/passwd">'), "document type"
    ),
    "cells at the far corner": Case("a.xlsx", far_corner, "below row 100,000"),
    "millions of cells in a row": Case("a.xlsx", lambda: many("<row>", "<c/>", "</row>"), TOO_MANY),
    "junk between the rows": Case("a.xlsx", lambda: many("", '<x a="1"/>'), TOO_MANY),
    "junk by another name": Case("a.xlsx", sheet_by_another_name, TOO_MANY),
    "a tag without end": Case("a.xlsx", lambda: many('<row a="', "x", '"/>'), "endless tag"),
    "a cell of 3 MB": Case(
        "a.xlsx", lambda: many("<row><c><is><t>", "x", "</t></is></c></row>"), "100,000 char"
    ),
    "millions of shared texts": Case("a.xlsx", shared_texts, TOO_MANY),
    "a million columns": Case("a.csv", text(b",", 1_000_000, b"x\n"), "200 columns"),
    "a million columns below": Case("a.tsv", text(b"\tx", 1_000_000), "200 columns"),
    "three hundred columns": Case("a.csv", text(b"a,", 300, b"b\n"), "301 columns in row 1"),
    "too many rows": Case("a.csv", csv("q?,a\n", 30_000), "20,000 rows"),
    "too many cells": Case("a.csv", text(b"a," * 150 + b"a\n", 15_000), "1,000,000 cells"),
    "a quote without its partner": Case("a.csv", csv('q?,"a\nr?,b\n', 40_000), "quotation mark"),
    "damaged UTF-8": Case("a.csv", csv("café?,crème brûlée\n".encode() + b"\x92,x"), "0x92"),
    "random bytes": Case("a.csv", text(bytes(range(1, 256)), 300), "cannot be read as"),
    "NUL": Case("a.csv", csv("q?\0,a\n"), "NUL"),
    "a picture": Case("a.csv", text(b"\x89PNG\r\n\x1a\n"), "a picture"),
    "nothing": Case("a.csv", text(b""), "empty"),
    "a table of something else": Case("a.csv", text(b"price,size\n1,2\n"), "no column for the question"),
    "deep JSON": Case("a.json", text(b"[", 100_000), "too deeply"),
    "deep JSON lines": Case("a.jsonl", text(b'{"q":', 50_000), "too deeply"),
    "millions of JSON values": Case("a.json", lambda: b"[" + b"[]," * 6_000_000 + b"[]]", "1,000,000 values"),
    "millions in lines": Case(
        "a.jsonl", text(b'{"q": [' + b"[]," * 500 + b"[]]}\n", 9_000), "1,000,000 values"
    ),
    "a number without end": Case("a.json", text(b'[{"question": ' + b"9" * 100_000 + b"}]"), "too long"),
    "not JSON": Case("a.json", text(b'[{"question": "q", }]'), "line 1, column"),
    "JSON of something else": Case("a.json", text(b'[1, 2, "three"]'), "value 1"),
    "aliases": Case("a.yml", aliases, "line 2: an alias"),
    "stairs": Case("a.yml", stairs, "line 21: nests more than 20 levels"),
    "deep YAML": Case("a.yml", text(b"[", 100_000), "nest"),
    "YAML that steps in": Case(
        "a.yml", lambda: "\n".join(" " * i + "a:" for i in range(3000)).encode(), "more than 20"
    ),
    "millions of YAML values": Case("a.yml", text(b"- a\n", 2_000_000), "1,000,000 values"),
    "a Python object in YAML": Case(
        "a.yml", text(b"nlu: !!python/object/apply:os.system [a]\n"), "no intent"
    ),
    "a page of tags": Case("a.html", lambda: page('"FAQPage"') + b"<b>" * 100_000, "larger than"),
    "a deep answer": Case("a.html", deep_answer, "nests its tags too deep"),
    "a page without questions": Case("a.html", text(b"<html><p>Hello</p></html>"), "no FAQPage data"),
    "a zip of something else": Case("a.zip", lambda: zipped({"../../etc/passwd": [b"x"]}), "without topics"),
}
# What is as large as may be, and must be read within the same memory.
LARGEST: Mapping[str, Case] = {
    "a million cells": Case("a.csv", million_cells, ""),
    "twenty thousand rows": Case("a.xlsx", long_workbook, "no column"),
    "20 MB of answers": Case("a.csv", long_answers, ""),
}


def told(case: Case) -> str:
    """What reading the file, and planning its rows, ends in: the error, or nothing."""
    try:
        reading = formats.read(case.make(), case.file)
        formats.plan(reading.rows, Knowledge(topics=())).check()
    except FormatError as error:
        return str(error)
    return ""


def peak_mb() -> int:
    """The most memory that this process ever had in use (its parent's is not counted, as in ru_maxrss)."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def main() -> Iterator[dict[str, object]]:
    """Read all, and tell what each ended in, and the peak so far."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    for name, case in {**CASES, **LARGEST}.items():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        error = told(case)
        seconds = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
        yield {"name": name, "error": error, "peak_mb": peak_mb(), "seconds": round(seconds, 2)}


if __name__ == "__main__":
    for line in main():
        sys.stdout.write(json.dumps(line) + "\n")
