"""Staff accounts: who may sign in, what they may do, and for how long a sign-in holds.

The database keeps the digest of a password, of a session's token and of a recovery code, never the thing
itself, and the secret of a phone's app sealed (see `chatbot.sealing`). A session is a row, so that signing
out, disabling a person or changing a password ends it at once.

It is long so that all that decides who is let in can be read in one place.
"""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from chatbot import passwords, sealing
from chatbot.errors import AccountError, StoreError

if TYPE_CHECKING:
    from chatbot.store import Store

Role = Literal["editor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
MAX_NAME = 60
IDLE = timedelta(hours=1)
ABSOLUTE = timedelta(hours=12)
RECOVERY_CODES = 8
# Writing down each request would make every page a write.
_SEEN_EVERY = timedelta(minutes=1)
_NAME = re.compile(r"[\w.@+-]+(?: [\w.@+-]+)*")
_ISSUER = "Clinic FAQ desk"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account. An admin may do what an editor may, and also see to people and settings."""

    id: int
    name: str
    role: Role
    is_active: bool
    has_code: bool
    created: datetime
    recovery_left: int = 0

    @property
    def is_admin(self) -> bool:
        """Whether people, settings, import and restore are theirs."""
        return self.role == "admin"


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in. `is_verified` is False while the second step is still to be taken."""

    person: Person
    token: str
    csrf: str
    is_verified: bool


class Accounts:
    """The accounts that a store keeps. Safe to share between threads."""

    def __init__(
        self, store: "Store", key: Callable[[], str], now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """Use `store`; `key` gives the secret key where one is needed, and `now` the time."""
        self._rows, self._audit, self._key, self._now = store.people, store.audit, key, now

    # --- people ---------------------------------------------------------------------------------------

    def people(self) -> tuple[Person, ...]:
        """Everybody with an account, by name."""
        return tuple(_person(row) for row in self._rows.all())

    def find(self, name: str) -> Person:
        """The person of that name. Raises AccountError where there is none."""
        row = self._rows.find(clean_name(name))
        if row is None:
            known = ", ".join(p.name for p in self.people()) or "none yet"
            raise AccountError(f"there is no account {name!r}: known are {known}")
        return _person(row)

    def add(self, name: str, role: str, password: str, *, by: str) -> Person:
        """Make an account. Raises AccountError where the name, the role or the password will not do."""
        name = clean_name(name)
        if not _NAME.fullmatch(name) or len(name) > MAX_NAME:
            expected = f"1 to {MAX_NAME} letters, digits, spaces or . @ + - _"
            raise AccountError(f"the name is {name[:80]!r}: expected {expected}")
        if role not in ROLES:
            raise AccountError(f"the role is {role!r}: expected one of {', '.join(ROLES)}")
        _check(password, name)
        now = self._now()
        row = {
            "name": name,
            "role": role,
            "password": passwords.digest(password),
            "is_active": True,
            "recovery_codes": [],
            "created": now,
            "password_changed": now,
        }
        if not self._rows.add(row):
            raise AccountError(f"there is an account {name!r} already: choose another name")
        self._note(by, "staff-add", name, role=role)
        return self.find(name)

    def reset_password(self, name: str, password: str, *, by: str) -> None:
        """Give somebody a new password without the old one, take the second step away, end the sign-ins."""
        person = self.find(name)
        _check(password, person.name)
        self._set_password(person, password, totp_secret=None, totp_last=None, recovery_codes=[])
        self._note(by, "staff-reset-password", person.name)

    def change_password(self, session: Session, old: str, new: str) -> None:
        """Change one's own password, and end one's other sign-ins. Raises AccountError."""
        self.check_password(session.person, old)
        _check(new, session.person.name)
        self._set_password(session.person, new, keep=session.token)
        self._note(session.person.name, "staff-change-password", session.person.name)

    def set_active(self, name: str, *, active: bool, by: str) -> None:
        """Let somebody in again, or disable them and end their sign-ins at once."""
        person = self.find(name)
        if not active:
            self._keep_an_admin(person)
        self._rows.change(person.id, is_active=active)
        if not active:
            self._rows.end_all(person.id)
        self._note(by, "staff-enable" if active else "staff-disable", person.name)

    def set_role(self, name: str, role: str, *, by: str) -> None:
        """Change what somebody may do; holds from their next click."""
        person = self.find(name)
        if role not in ROLES:
            raise AccountError(f"the role is {role!r}: expected one of {', '.join(ROLES)}")
        if role != "admin":
            self._keep_an_admin(person)
        self._rows.change(person.id, role=role)
        self._note(by, "staff-role", person.name, role=role)

    def check_password(self, person: Person, password: str) -> None:
        """Raise AccountError unless it is the person's password."""
        row = self._rows.find(person.name)
        if not passwords.matches(row["password"] if row else None, password):
            raise AccountError("That is not your present password.")

    # --- sign-ins -------------------------------------------------------------------------------------

    def sign_in(self, name: str, password: str) -> Session | None:
        """Begin a session; None for a wrong name, a wrong password or a disabled account, all alike."""
        row = self._rows.find(clean_name(name))
        is_right = passwords.matches(row["password"] if row else None, password)
        if row is None or not is_right or not row["is_active"]:
            return None
        person = _person(row)
        self._rows.forget(seen_before=self._now() - IDLE, begun_before=self._now() - ABSOLUTE)
        if not person.has_code:
            self._note(person.name, "sign-in", person.name)
        return self._begin(person, is_verified=not person.has_code)

    def verify(self, session: Session, code: str) -> Session | None:
        """Take the second step with a code of the phone or a recovery code; None where it is wrong.

        The session goes on under another token. Each code holds once.
        """
        row = self._rows.find(session.person.name)
        if row is None or not (self._take_code(row, code) or self._take_recovery_code(row, code)):
            return None
        self._rows.end(_digest(session.token))
        self._note(session.person.name, "sign-in", session.person.name)
        return self._begin(_person(row), is_verified=True)

    def session(self, token: str) -> Session | None:
        """The session of a token, as long as it holds."""
        row = self._rows.session(_digest(token)) if token else None
        if row is None:
            return None
        now = self._now()
        # Seen in the future, it has outlived a clock that was set back: nobody knows how long it has been.
        is_over = not row["is_active"] or abs(now - row["seen"]) > IDLE or now - row["begun"] > ABSOLUTE
        with suppress(StoreError):  # a disk that is full must not keep anybody from reading
            if is_over:
                self._rows.end(_digest(token))
            elif now - row["seen"] > _SEEN_EVERY:
                self._rows.touch(_digest(token), now)
        if is_over:
            return None
        return Session(_person(row), token, row["csrf"], row["is_verified"])

    def sign_out(self, session: Session) -> None:
        """End a session."""
        self._rows.end(_digest(session.token))

    def sign_out_everywhere(self, session: Session) -> None:
        """End all sessions of the session's person, this one too."""
        self._rows.end_all(session.person.id)
        self._note(session.person.name, "sign-out-everywhere", session.person.name)

    # --- the second step ------------------------------------------------------------------------------

    def new_secret(self) -> str:
        """A secret for a phone's authenticator app; it holds once `use_code` has taken it."""
        import pyotp

        return pyotp.random_base32()

    def is_secret(self, text: str) -> bool:
        """Whether it may be a secret that `new_secret` gave."""
        return re.fullmatch(r"[A-Z2-7]{32}", text) is not None

    def code_address(self, person: Person, secret: str) -> str:
        """The address that an authenticator app reads off a picture."""
        import pyotp

        return pyotp.TOTP(secret).provisioning_uri(name=person.name, issuer_name=_ISSUER)

    def use_code(self, person: Person, secret: str, code: str) -> tuple[str, ...]:
        """Ask for a code at each sign-in from now on; the recovery codes, which are shown this once.

        Raises AccountError where `code` shows that the phone has not got the secret.
        """
        if not self.is_secret(secret):
            raise AccountError("That is no secret of ours: begin anew.")
        step = _step_of(secret, code, None, self._now())
        if step is None:
            raise AccountError("That code does not fit: check the phone's time, and type the newest code.")
        codes = tuple(f"{secrets.token_hex(4)}-{secrets.token_hex(4)}" for _ in range(RECOVERY_CODES))
        kept = [_digest(code) for code in codes]
        sealed = sealing.seal(self._key(), secret, person.name)
        self._rows.change(person.id, totp_secret=sealed, totp_last=step, recovery_codes=kept)
        self._note(person.name, "staff-code-on", person.name)
        return codes

    def drop_code(self, person: Person, password: str) -> None:
        """Ask for the password alone from now on. Raises AccountError where it is wrong."""
        self.check_password(person, password)
        self._rows.change(person.id, totp_secret=None, totp_last=None, recovery_codes=[])
        self._note(person.name, "staff-code-off", person.name)

    def seal_all(self) -> int:
        """Seal the secrets that an older version kept as they are, or sealed with an older key; how many."""
        rows = [row for row in self._rows.all() if row["totp_secret"]]
        renewed = [(r["id"], sealing.renewed(self._key(), r["totp_secret"], r["name"])) for r in rows]
        changed = [(number, sealed) for number, sealed in renewed if sealed]
        for number, sealed in changed:
            self._rows.change(number, totp_secret=sealed)
        return len(changed)

    def _take_code(self, row: Mapping[str, Any], code: str) -> bool:
        if not row["totp_secret"]:
            return False
        # A key that was lost or changed opens nothing: the recovery codes are left, or a new password.
        secret = sealing.unseal(self._key(), row["totp_secret"], row["name"])
        step = _step_of(secret, code, row["totp_last"], self._now())
        # Only the first of two requests with the same code moves the step on.
        return step is not None and self._rows.take_step(row["id"], step)

    def _take_recovery_code(self, row: Mapping[str, Any], code: str) -> bool:
        return self._rows.take_recovery_code(row["id"], _digest(code.strip().lower()))

    # --- what the above share -------------------------------------------------------------------------

    def _begin(self, person: Person, *, is_verified: bool) -> Session:
        token, csrf, now = secrets.token_urlsafe(32), secrets.token_urlsafe(32), self._now()
        row = {
            "token": _digest(token),
            "staff_id": person.id,
            "csrf": csrf,
            "created": now,
            "seen": now,
            "is_verified": is_verified,
        }
        self._rows.begin(row)
        return Session(person, token, csrf, is_verified)

    def _set_password(self, person: Person, password: str, keep: str = "", **more: Any) -> None:
        digest = passwords.digest(password)
        self._rows.change(person.id, password=digest, password_changed=self._now(), **more)
        self._rows.end_all(person.id, but=_digest(keep) if keep else "")

    def _keep_an_admin(self, person: Person) -> None:
        admins = [p for p in self.people() if p.is_active and p.is_admin]
        if [p.id for p in admins] == [person.id]:
            raise AccountError(f"{person.name} is the only admin: make somebody else an admin first")

    def _note(self, by: str, action: str, subject: str, **detail: Any) -> None:
        self._audit.note(by, action, subject, detail)


def clean_name(name: str) -> str:
    """A name as it is kept and compared: composed, in lower case, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).lower().split())


def _person(row: Mapping[str, Any]) -> Person:
    return Person(
        id=row["id"],
        name=row["name"],
        role=row["role"],
        is_active=row["is_active"],
        has_code=bool(row["totp_secret"]),
        created=row["created"],
        recovery_left=len(row["recovery_codes"]),
    )


def _check(password: str, name: str) -> None:
    if fault := passwords.fault(password, name, "clinic", "chatbot"):
        raise AccountError(fault)


def _step_of(secret: str | None, code: str, last: int | None, now: datetime) -> int | None:
    """The half minute that a code belongs to, if it is near `now` and later than `last`."""
    import pyotp

    digits = re.sub(r"\s", "", code)
    if not secret or not re.fullmatch(r"\d{6}", digits):
        return None
    totp = pyotp.TOTP(secret)
    present = int(now.timestamp()) // totp.interval
    near = (step for step in (present, present - 1, present + 1) if step > (last or 0))
    return next((s for s in near if pyotp.utils.strings_equal(digits, totp.generate_otp(s))), None)


def _digest(secret: str) -> str:
    # Enough for what is random and long; a password is stretched in `passwords`.
    return hashlib.sha256(secret.encode()).hexdigest()
