"""The secret key is changed while conversations are open and staff are signed in: nobody notices."""

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from desk import PASSWORD, small_knowledge
from limits.storage import MemoryStorage

from chatbot import Accounts, Bot, Settings, SettingsError, Store, keys_of, sealing, secret_key
from web import limits
from web.transcript import Transcripts, Turn

OLD, NEW = "the key of yesterday", "the key from today on"
FOREIGN = "the key of nobody here"
BOTH = (f"{NEW},{OLD}", f" {NEW} , {OLD} ", f"{NEW}\n{OLD}\n")


@pytest.fixture(scope="module")
def old() -> Bot:
    return Bot(small_knowledge(), OLD)


def with_key(bot: Bot, key: str) -> Bot:
    return Bot(bot.engine, key)


@pytest.mark.parametrize("both", BOTH)
def test_contexts_and_ids_of_the_old_key_hold_and_new_ones_are_of_the_new(old: Bot, both: str) -> None:
    bot = with_key(old, both)
    before = old.reply("how much does it cost")
    assert bot.read_context(before.context) == old.read_context(before.context) != bot.read_context("")
    assert bot.read_id(before.id) == "cost"
    after, newest = bot.reply("how much does it cost"), with_key(old, NEW)
    assert newest.read_context(after.context).topics == ("cost",)
    assert newest.read_id(after.id) == "cost"
    assert (old.read_context(after.context).topics, old.read_id(after.id)) == ((), None)
    foreign = with_key(old, FOREIGN).reply("how much does it cost")
    assert (bot.read_context(foreign.context).topics, bot.read_id(foreign.id)) == ((), None)


@pytest.mark.parametrize("both", BOTH)
def test_a_page_without_javascript_goes_on(both: str) -> None:
    turns = (Turn("how much is it", "<p>It varies.</p>"),)
    assert Transcripts(both).open(Transcripts(OLD).seal(turns)) == turns
    assert Transcripts(NEW).open(Transcripts(both).seal(turns)) == turns
    assert Transcripts(both).open(Transcripts(FOREIGN).seal(turns)) == ()


def test_a_second_step_and_a_sign_in_go_on_and_after_the_first_start_need_the_old_key_no_more(
    store: Store,
) -> None:
    now = [datetime(2026, 11, 27, 12, tzinfo=UTC)]
    key = [OLD]
    accounts = Accounts(store, lambda: key[0], lambda: now[0])
    accounts.add("ada", "admin", PASSWORD, by="test")
    session = accounts.sign_in("ada", PASSWORD)
    assert session
    secret = accounts.new_secret()
    accounts.use_code(session.person, secret, pyotp.TOTP(secret).at(now[0]))
    assert sealing.unseal(BOTH[0], store.people.all()[0]["totp_secret"], "ada") == secret
    for key[0], sealed_anew in ((BOTH[0], 1), (BOTH[0], 0), (NEW, 0)):
        now[0] += timedelta(minutes=1)
        assert accounts.seal_all() == sealed_anew
        half = accounts.sign_in("ada", PASSWORD)
        assert half
        assert accounts.verify(half, pyotp.TOTP(secret).at(now[0]))
        assert accounts.session(session.token)
    (row,) = store.people.all()
    assert sealing.unseal(OLD, row["totp_secret"], "ada") is None


def test_processes_with_the_same_newest_key_count_an_address_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shared = limits.Shared(MemoryStorage())
    monkeypatch.setattr(limits, "_redis", lambda _: shared)
    settings = Settings(redis_url="redis://127.0.0.1:1/0", rate_limit="1 per hour", secret_key=NEW)
    one = limits.open_limiter(settings)
    two = limits.open_limiter(dataclasses.replace(settings, secret_key=BOTH[0]))
    assert one.retry_after("chat", "192.0.2.1") == 0
    assert two.retry_after("chat", "192.0.2.1") > 0


def test_the_file_of_keys_holds_one_a_line(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    made = secret_key(settings)
    (tmp_path / "secret.key").write_text(f"{NEW}\n{made}\n")
    assert keys_of(secret_key(settings)) == (NEW, made)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"short", b"\xff\xfe\x00" * 20, f"{NEW}\nshort".encode()])
def test_a_file_that_holds_no_key_stops_with_the_cure_rather_than_sign_with_nothing(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "secret.key").write_bytes(content)
    with pytest.raises(SettingsError, match=r"secret\.key holds no secret key: .*; restore it, or remove"):
        secret_key(Settings(data_dir=tmp_path))


@pytest.mark.parametrize("value", ["short", f"{NEW},short", ",", f",,{NEW[:8]}"])
def test_a_key_that_is_too_short_is_refused_and_not_shown(value: str) -> None:
    with pytest.raises(
        SettingsError, match="expected at least 16 characters, or several such keys"
    ) as raised:
        Settings.from_env({"CHATBOT_SECRET_KEY": value})
    assert "short," not in str(raised.value)
