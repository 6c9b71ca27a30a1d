"""Settings: what the environment may say, and what it hears when it is wrong."""

from pathlib import Path

import pytest

from chatbot.errors import SettingsError
from chatbot.settings import Settings

SECRETS = {
    "CHATBOT_SECRET_KEY": "correct-horse-battery",
    "CHATBOT_DATABASE_URL": "postgresql+psycopg://desk:correct-horse-battery@db/chat",
    "CHATBOT_REDIS_URL": "redis://:correct-horse-battery@cache:6379/0",
}


def read(**values: str) -> Settings:
    return Settings.from_env({f"CHATBOT_{name.upper()}": value for name, value in values.items()})


def test_with_nothing_set_every_setting_has_the_default_of_the_contract() -> None:
    settings = Settings.from_env({"PATH": "/bin", "chatbot_port": "1"})
    assert settings == Settings(
        database_url=f"sqlite:///{Path('var/chatbot.db').absolute()}",
        redis_url=None,
        data_dir=Path("var"),
        secret_key=None,
        allowed_origins=(),
        rate_limit="30 per minute",
        trusted_proxies=0,
        retention_days=30,
        log_level="info",
        host="127.0.0.1",
        port=8000,
    )


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("database_url", "sqlite:////srv/chat.db", "sqlite:////srv/chat.db"),
        ("database_url", "postgresql+psycopg://desk@db/chat", "postgresql+psycopg://desk@db/chat"),
        ("redis_url", "rediss://cache:6379/0", "rediss://cache:6379/0"),
        ("data_dir", "/srv/chatbot", Path("/srv/chatbot")),
        ("secret_key", "sixteen letters!", "sixteen letters!"),
        ("allowed_origins", "", ()),
        (
            "allowed_origins",
            "https://Clinic.example/, http://localhost:3000,",
            ("https://clinic.example", "http://localhost:3000"),
        ),
        ("rate_limit", "off", "off"),
        ("rate_limit", "5 per second", "5 per second"),
        ("trusted_proxies", "2", 2),
        ("retention_days", "1", 1),
        ("log_level", "WARNING", "warning"),
        ("host", "0.0.0.0", "0.0.0.0"),  # noqa: S104 - read, not listened on
        ("host", "::1", "::1"),
        ("port", " 65535 ", 65535),
    ],
)
def test_a_value_is_read(name: str, given: str, value: object) -> None:
    assert getattr(read(**{name: given}), name) == value


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("data_dir", "", "the name of a folder"),
        ("allowed_origins", "clinic.example", "web origins such as https://www.example.org"),
        ("allowed_origins", "https://clinic.example/chat", "web origins"),
        ("allowed_origins", "https://*.example", "web origins"),
        ("allowed_origins", "https://me@clinic.example", "web origins"),
        ("allowed_origins", "https://clinic.example:99999", "web origins"),
        ("allowed_origins", "https://", "web origins"),
        ("allowed_origins", "https://clinic.example, *", "web origins"),
        ("rate_limit", "none", "'off' or a rate such as '30 per minute'"),
        ("rate_limit", "0 per minute", "'off' or a rate"),
        ("rate_limit", "30/minute", "'off' or a rate"),
        ("trusted_proxies", "-1", "a number from 0 to 10"),
        ("trusted_proxies", "11", "a number from 0 to 10"),
        ("retention_days", "0", "a number from 1 to 3650"),
        ("retention_days", "1.5", "a number from 1 to 3650"),
        ("log_level", "loud", "one of debug, info, warning, error"),
        ("host", "", "a host name or address"),
        ("host", "http://localhost", "a host name or address"),
        ("port", "http", "a number from 1 to 65535"),
        ("port", "0", "a number from 1 to 65535"),
        ("port", "65536", "a number from 1 to 65535"),
        ("port", "9" * 20, "a number from 1 to 65535"),
        ("port", "", "a number from 1 to 65535"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_what_would(name: str, given: str, expected: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read(**{name: given})
    message = str(raised.value)
    assert message.startswith(f"CHATBOT_{name.upper()} is {given!r}: expected {expected}")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("secret_key", "short", "at least 16 characters"),
        ("database_url", "mysql://desk:pass-phrase@db/chat", "sqlite:///FILE or postgresql+psycopg://"),
        ("redis_url", "http://:pass-phrase@cache", "redis://HOST:PORT/NUMBER"),
    ],
)
def test_a_wrong_value_that_may_hold_a_secret_is_not_repeated(name: str, given: str, expected: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read(**{name: given})
    assert expected in str(raised.value)
    assert given not in str(raised.value)
    assert "pass-phrase" not in str(raised.value)


def test_a_setting_that_is_almost_right_is_told_its_name() -> None:
    with pytest.raises(SettingsError, match=r"^CHATBOT_PROT is not a setting: did you mean CHATBOT_PORT\?$"):
        read(prot="8000")


def test_a_setting_like_no_other_is_told_all_names() -> None:
    with pytest.raises(
        SettingsError, match=r"CHATBOT_X is not a setting: known are CHATBOT_DATABASE_URL, .*PORT"
    ):
        read(x="1")


def test_a_database_goes_into_the_data_folder_unless_it_is_named() -> None:
    assert read(data_dir="/srv/bot").database_url == "sqlite:////srv/bot/chatbot.db"
    assert read(data_dir="/srv/bot", database_url="sqlite:////d.db").database_url == "sqlite:////d.db"


def test_rows_tell_each_setting_with_its_value_and_where_it_came_from() -> None:
    environ = {"CHATBOT_PORT": "9000", "CHATBOT_ALLOWED_ORIGINS": "https://a.example,https://b.example"}
    rows = Settings.from_env(environ).rows(environ)
    assert ("CHATBOT_PORT", "9000", "environment") in rows
    assert ("CHATBOT_ALLOWED_ORIGINS", "https://a.example, https://b.example", "environment") in rows
    assert ("CHATBOT_HOST", "127.0.0.1", "default") in rows
    assert ("CHATBOT_REDIS_URL", "(none)", "default") in rows
    assert len(rows) == 11


@pytest.mark.parametrize(
    ("name", "given", "shown"),
    [
        ("secret_key", "correct-horse-battery", "********"),
        ("redis_url", "redis://:correct-horse@cache/0", "redis://:********@cache/0"),
        ("redis_url", "redis://desk:c/o@r:rect@cache/0", "redis://desk:********@cache/0"),
        (
            "database_url",
            "postgresql+psycopg://desk@db/chat?password=correct&sslmode=require",
            "postgresql+psycopg://desk@db/chat?password=********&sslmode=require",
        ),
    ],
)
def test_rows_mask_what_is_secret_and_nothing_else(name: str, given: str, shown: str) -> None:
    assert (f"CHATBOT_{name.upper()}", shown, "default") in read(**{name: given}).rows({})


def test_no_secret_shows_where_settings_are_printed() -> None:
    settings = Settings.from_env(SECRETS)
    assert "horse" not in f"{settings!r} {settings} {settings.rows(SECRETS)}"
