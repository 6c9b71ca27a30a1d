"""The menu of the desk."""

from typing import NamedTuple


class Room(NamedTuple):
    """A page of the menu; `apart` begins a new part of it, `inner` are the pages that lie within."""

    endpoint: str
    name: str
    apart: bool = False
    for_admins: bool = False
    inner: frozenset[str] = frozenset()


ROOMS = (
    Room("staff.home", "Home"),
    Room("staff.inbox", "Inbox"),
    Room("staff.topics", "Topics", inner=frozenset({"staff.edit_topic", "staff.save_topic", "staff.merge"})),
    Room("staff.history", "History"),
    Room("staff.tests", "Tests"),
    Room("staff.insights", "Insights"),
    Room(
        "staff.profile",
        "Clinic’s facts",
        apart=True,
        for_admins=True,
        inner=frozenset({"staff.save_profile"}),
    ),
    Room(
        "staff.settings",
        "Settings",
        for_admins=True,
        inner=frozenset(
            {
                "staff.set_color",
                "staff.set_greeting",
                "staff.set_dial",
                "staff.set_sites",
                "staff.set_retention",
            }
        ),
    ),
    Room("staff.embed", "Put it on your site"),
    Room("staff.exchange", "Import and export", inner=frozenset({"staff.upload"})),
    Room(
        "staff.keeping",
        "Backup",
        for_admins=True,
        inner=frozenset({"staff.take_backup", "staff.restore_backup"}),
    ),
    Room("staff.people", "People", for_admins=True),
    Room("staff.about", "What it keeps"),
)


def menu(*, is_admin: bool) -> list[tuple[str, str, bool]]:
    """The rooms that somebody may enter: address, name, whether a new part begins."""
    return [(r.endpoint, r.name, r.apart) for r in ROOMS if is_admin or not r.for_admins]


def room_of(endpoint: str) -> str:
    """The room that a page belongs to."""
    return next((r.endpoint for r in ROOMS if endpoint == r.endpoint or endpoint in r.inner), "")
