"""Staff accounts: passwords, sessions that end, the second step."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from desk import KEY

from chatbot import AccountError, Accounts, BusyError, Session, Store, passwords, sealing
from chatbot.accounts import ABSOLUTE, IDLE, RECOVERY_CODES

GOOD = "blue kettle sunday march"
OTHER = "seven paper boats drift"


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 27, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, time: timedelta) -> None:
        self.now += time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(store: Store, clock: Clock) -> Accounts:
    return Accounts(store, lambda: KEY, clock)


@pytest.fixture
def maria(accounts: Accounts) -> Session:
    accounts.add("Maria", "admin", GOOD, by="test")
    return signed_in(accounts)


def signed_in(accounts: Accounts, password: str = GOOD) -> Session:
    session = accounts.sign_in("maria", password)
    assert session is not None
    return session


# --- passwords --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "fact"),
    [
        ("short", "has 5 characters"),
        ("x" * 129, "at most 128"),
        ("passwordpassword", "easily guessed"),
        ("123456789012345", "easily guessed"),
        ("qwertyuiopasdfgh", "easily guessed"),
        ("mariamariamaria", "easily guessed"),
        ("aaaaaaaaaaaaaaaa", "easily guessed"),
    ],
)
def test_a_password_that_will_not_do_says_why(accounts: Accounts, password: str, fact: str) -> None:
    with pytest.raises(AccountError, match=fact):
        accounts.add("maria", "editor", password, by="test")
    assert accounts.people() == ()


@pytest.mark.parametrize(
    "password", [GOOD, "x7#Kp2!wz;4Lq9v", "ü&ßé9?kQ" + "wÖ5~tañ0", passwords.generate() * 5]
)
def test_fifteen_to_128_characters_of_any_kind_do(accounts: Accounts, password: str) -> None:
    accounts.add("maria", "editor", password[:128], by="test")
    assert accounts.sign_in("maria", password[:128])


def test_a_generated_password_is_accepted_and_never_the_same(accounts: Accounts) -> None:
    made = {passwords.generate() for _ in range(50)}
    assert len(made) == 50
    assert all(passwords.fault(p) == "" for p in made)


def test_the_same_letters_typed_on_another_keyboard_are_the_same_password(accounts: Accounts) -> None:
    accounts.add("maria", "editor", "café table window 9", by="test")
    assert accounts.sign_in("maria", "cafe\u0301 table window 9")


def test_what_is_kept_of_a_password_is_argon2_and_differs_each_time(accounts: Accounts, store: Store) -> None:
    for name in ("maria", "juan"):
        accounts.add(name, "editor", GOOD, by="test")
    kept = [row["password"] for row in store.people.all()]
    assert len(set(kept)) == 2
    assert all(k.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for k in kept)


def test_at_most_two_passwords_are_hashed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = passwords.digest(GOOD)
    running, most, lock = 0, 0, threading.Lock()
    go_on = threading.Event()

    class Hasher:
        def verify(self, _kept: str, _password: str) -> bool:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            go_on.wait(5)
            with lock:
                running -= 1
            return True

    monkeypatch.setattr(passwords, "_hasher", Hasher)
    refused: list[BusyError] = []

    def try_it() -> None:
        try:
            passwords.matches(kept, GOOD)
        except BusyError as error:
            refused.append(error)

    threads = [threading.Thread(target=try_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    while len(refused) < 4:
        threads[0].join(0.01)
    go_on.set()
    for thread in threads:
        thread.join()
    assert most == passwords.HASHES_AT_ONCE == 2


def test_an_unknown_name_costs_a_hash_like_a_known_one(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str | None] = []
    matches = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda k, p: compared.append(k) or matches(k, p))  # type: ignore[func-returns-value]
    assert accounts.sign_in("nobody", GOOD) is None
    assert compared == [None]
    assert matches(None, GOOD) is False


# --- people -----------------------------------------------------------------------------------------------


def test_names_are_one_however_they_are_written(accounts: Accounts, maria: Session) -> None:
    assert accounts.find(" MARIA ").name == "maria"
    with pytest.raises(AccountError, match="already"):
        accounts.add("maria ", "editor", OTHER, by="test")


@pytest.mark.parametrize("name", ["", " ", "a/b", "<b>", "x" * 61, "a\nb\x00"])
def test_a_name_that_will_not_do_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccountError, match="the name is"):
        accounts.add(name, "editor", GOOD, by="test")


def test_the_last_admin_stays_one(accounts: Accounts, maria: Session) -> None:
    with pytest.raises(AccountError, match="only admin"):
        accounts.set_active("maria", active=False, by="test")
    with pytest.raises(AccountError, match="only admin"):
        accounts.set_role("maria", "editor", by="test")
    accounts.add("juan", "admin", OTHER, by="test")
    accounts.set_role("maria", "editor", by="test")
    session = accounts.session(maria.token)
    assert session is not None
    assert not session.person.is_admin


def test_each_change_stands_in_the_audit_and_no_password_does(accounts: Accounts, store: Store) -> None:
    accounts.add("maria", "admin", GOOD, by="cli")
    accounts.add("juan", "editor", OTHER, by="maria")
    accounts.reset_password("juan", GOOD, by="maria")
    accounts.set_active("juan", active=False, by="maria")
    acts = store.audit.latest()
    assert [(a.by, a.action, a.subject) for a in acts] == [
        ("maria", "staff-disable", "juan"),
        ("maria", "staff-reset-password", "juan"),
        ("maria", "staff-add", "juan"),
        ("cli", "staff-add", "maria"),
    ]
    assert GOOD not in str(acts)


# --- sessions ---------------------------------------------------------------------------------------------


def test_a_session_holds_until_it_is_signed_out_and_cannot_be_replayed(
    accounts: Accounts, maria: Session
) -> None:
    assert accounts.session(maria.token) == maria
    accounts.sign_out(maria)
    assert accounts.session(maria.token) is None


def test_the_database_does_not_hold_what_the_browser_holds(
    accounts: Accounts, maria: Session, store: Store
) -> None:
    assert store.people.session(maria.token) is None
    assert accounts.session("") is None
    assert accounts.session("x" * 40) is None


def test_a_session_ends_when_it_is_not_used(accounts: Accounts, maria: Session, clock: Clock) -> None:
    for _ in range(4):
        clock.pass_(IDLE - timedelta(seconds=1))
        assert accounts.session(maria.token)
    clock.pass_(IDLE + timedelta(seconds=1))
    assert accounts.session(maria.token) is None


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(
    accounts: Accounts, maria: Session, clock: Clock
) -> None:
    began = clock.now
    while clock.now - began < ABSOLUTE:
        assert accounts.session(maria.token)
        clock.pass_(timedelta(minutes=30))
    clock.pass_(timedelta(seconds=1))
    assert accounts.session(maria.token) is None


@pytest.mark.parametrize(
    "end",
    [
        lambda accounts, _: accounts.set_active("maria", active=False, by="juan"),
        lambda accounts, _: accounts.reset_password("maria", OTHER, by="juan"),
        lambda accounts, session: accounts.sign_out_everywhere(session),
    ],
    ids=["disabled", "password reset", "everywhere"],
)
def test_all_sessions_end_at_once(
    accounts: Accounts, maria: Session, end: Callable[[Accounts, Session], None]
) -> None:
    accounts.add("juan", "admin", OTHER, by="test")
    other = signed_in(accounts)
    end(accounts, maria)
    assert accounts.session(maria.token) is None
    assert accounts.session(other.token) is None


def test_a_disabled_person_cannot_sign_in_until_enabled(accounts: Accounts, maria: Session) -> None:
    accounts.add("juan", "editor", OTHER, by="test")
    accounts.set_active("juan", active=False, by="test")
    assert accounts.sign_in("juan", OTHER) is None
    accounts.set_active("juan", active=True, by="test")
    assert accounts.sign_in("juan", OTHER)


def test_changing_the_password_asks_for_the_old_one_and_ends_the_other_sessions(
    accounts: Accounts, maria: Session
) -> None:
    other = signed_in(accounts)
    with pytest.raises(AccountError, match="not your present password"):
        accounts.change_password(maria, "not the present one", OTHER)
    accounts.change_password(maria, GOOD, OTHER)
    assert accounts.session(maria.token)
    assert accounts.session(other.token) is None
    assert accounts.sign_in("maria", GOOD) is None


# --- the second step --------------------------------------------------------------------------------------


@pytest.fixture
def secret(accounts: Accounts, maria: Session, clock: Clock) -> str:
    made = accounts.new_secret()
    accounts.use_code(maria.person, made, code_of(made, clock))
    clock.pass_(timedelta(minutes=2))
    return made


def code_of(secret: str, clock: Clock) -> str:
    return pyotp.TOTP(secret).at(clock.now)


def test_with_a_second_step_the_password_alone_opens_nothing(
    accounts: Accounts, secret: str, clock: Clock
) -> None:
    begun = signed_in(accounts)
    assert not begun.is_verified
    assert accounts.verify(begun, "000000") is None
    done = accounts.verify(begun, code_of(secret, clock))
    assert done is not None
    assert done.is_verified
    assert done.token != begun.token
    assert accounts.session(begun.token) is None


def test_a_code_holds_once(accounts: Accounts, secret: str, clock: Clock) -> None:
    code = code_of(secret, clock)
    assert accounts.verify(signed_in(accounts), code)
    assert accounts.verify(signed_in(accounts), code) is None


@pytest.mark.parametrize(
    ("seconds", "holds"), [(-30, True), (0, True), (30, True), (90, False), (-90, False)]
)
def test_a_phone_may_be_half_a_minute_off(
    accounts: Accounts, secret: str, clock: Clock, seconds: int, *, holds: bool
) -> None:
    code = pyotp.TOTP(secret).at(clock.now + timedelta(seconds=seconds))
    assert (accounts.verify(signed_in(accounts), code) is not None) is holds


def test_the_database_holds_the_phones_secret_sealed_for_its_owner_alone(
    accounts: Accounts, store: Store, secret: str, clock: Clock
) -> None:
    (row,) = store.people.all()
    assert secret not in str(row)
    assert sealing.unseal(KEY, row["totp_secret"], "maria") == secret
    assert sealing.unseal(KEY, row["totp_secret"], "eve") is None
    assert sealing.unseal("another key that is long", row["totp_secret"], "maria") is None
    assert sealing.unseal(KEY, row["totp_secret"][:-8], "maria") is None


def test_a_secret_of_an_older_version_holds_and_is_sealed_with_the_next_start(
    accounts: Accounts, store: Store, secret: str, clock: Clock
) -> None:
    store.people.change(store.people.all()[0]["id"], totp_secret=secret)
    assert accounts.verify(signed_in(accounts), code_of(secret, clock))
    assert (accounts.seal_all(), accounts.seal_all()) == (1, 0)
    assert secret not in str(store.people.all())
    clock.pass_(timedelta(minutes=1))
    assert accounts.verify(signed_in(accounts), code_of(secret, clock))


def test_under_another_key_only_a_recovery_code_is_left(
    store: Store, maria: Session, accounts: Accounts, clock: Clock
) -> None:
    made = accounts.new_secret()
    codes = accounts.use_code(maria.person, made, code_of(made, clock))
    clock.pass_(timedelta(minutes=1))
    moved = Accounts(store, lambda: "another key that is long", clock)
    assert moved.verify(signed_in(moved), code_of(made, clock)) is None
    assert moved.verify(signed_in(moved), codes[0])


def test_each_recovery_code_lets_in_once(accounts: Accounts, maria: Session, clock: Clock) -> None:
    made = accounts.new_secret()
    codes = accounts.use_code(maria.person, made, code_of(made, clock))
    assert len(set(codes)) == RECOVERY_CODES
    assert accounts.verify(signed_in(accounts), f" {codes[3].upper()} ")
    assert accounts.verify(signed_in(accounts), codes[3]) is None
    assert accounts.find("maria").recovery_left == RECOVERY_CODES - 1


def test_the_second_step_is_not_turned_on_by_a_wrong_code_nor_off_by_a_wrong_password(
    accounts: Accounts, maria: Session, secret: str
) -> None:
    with pytest.raises(AccountError, match="does not fit"):
        accounts.use_code(maria.person, accounts.new_secret(), "123")
    with pytest.raises(AccountError, match="present password"):
        accounts.drop_code(maria.person, "wrong")
    assert accounts.find("maria").has_code
    accounts.drop_code(maria.person, GOOD)
    assert signed_in(accounts).is_verified


def test_a_password_reset_takes_the_second_step_away(accounts: Accounts, secret: str) -> None:
    accounts.reset_password("maria", OTHER, by="juan")
    assert signed_in(accounts, OTHER).is_verified
