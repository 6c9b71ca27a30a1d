"""Zip files from strangers: opened only if their whole content is small, and read by exact names."""

import io
import zipfile
import zlib
from collections.abc import Mapping

from chatbot.errors import FormatError
from chatbot.formats.records import MAX_ROWS, MAX_UNPACKED

MAX_MEMBERS = 2 * MAX_ROWS + 1000  # Dialogflow has two for each topic
_DATE = (2000, 1, 1, 0, 0, 0)  # the same topics make the same bytes
_LISTED = b"PK\x01\x02"
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises where an archive is not as it should be.
BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, OSError, RuntimeError)


def open_zip(data: bytes, name: str) -> zipfile.ZipFile:
    """The archive. Raises FormatError where it is broken, locked, or unpacks to more than is read.

    The sizes that it states are the sizes that are read: zipfile stops there, and finds the checksum wrong.
    """
    listed = data.count(_LISTED)  # before anything is made of each
    if listed > MAX_MEMBERS:
        raise FormatError(f"{name} holds {listed:,} files, at most {MAX_MEMBERS:,} are read: split it")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except BROKEN as error:
        raise FormatError(f"{name} is not a whole zip archive ({error}): save or export it again") from error
    members = archive.infolist()
    size = sum(m.file_size for m in members)
    if size > MAX_UNPACKED:
        raise FormatError(
            f"{name} unpacks to {size / 1_000_000:,.0f} MB, at most {MAX_UNPACKED // 1_000_000} are read: "
            "save the topics alone, without pictures"
        )
    if any(m.flag_bits & 1 for m in members):
        raise FormatError(f"{name} is locked with a password: save it without one")
    if any(m.compress_type not in _PLAIN for m in members):  # others name the memory that they want
        raise FormatError(f"{name} is packed in an unusual way: save it, or zip it again")
    return archive


def read_member(archive: zipfile.ZipFile, member: str, name: str) -> bytes:
    """One file of the archive. Raises FormatError where it is damaged."""
    try:
        return archive.read(member)
    except (*BROKEN, KeyError) as error:
        raise FormatError(f"{name} is damaged at {member!r}: save or export it again") from error


def pack(files: Mapping[str, bytes]) -> bytes:
    """A zip archive of these files, in their order."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
