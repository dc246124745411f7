"""What looks like a credential, and what only sounds like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.security.rules.credentials import has_form, is_literal, names_credential

NAMES = ["PASSWORD", "REDIS_PASSWORD", "redisPassword", "db.password", "api-key", "API_KEY"]
NAMES += ["GITHUB_TOKEN", "clientSecret", "AWS_SECRET_ACCESS_KEY", "private_key", "DB_PASS"]
NO_NAMES = ["PASSWORD_FILE", "TOKEN_TTL", "SECRET_NAME", "PWD", "OLDPWD", "MAX_TOKENS", "KEYBOARD"]
NO_NAMES += ["BYPASS", "COMPASS", "MONKEY", "tokenizer", "OLLAMA_KEEP_ALIVE", "SECRETS_FOLDER"]
NO_LITERALS = ["", " ", "true", "False", "4096", "$(TOKEN)", "${TOKEN}", "$TOKEN", "{{ token }}"]
NO_LITERALS += ["/run/secrets/token", "<your token>", "****", "vault:secret/a#b", "file:/run/a"]
FORMS = ["-----BEGIN " + "PRIVATE KEY-----", "AKIA" + "IOSFODNN7EXAMPLE", "ghp_" + "a1" * 18]
FORMS += ["glpat-" + "a" * 20, "xoxb-" + "1" * 12, "hf_" + "a" * 34, "sk-" + "a1" * 20]
FORMS += ["eyJ" + "a" * 12 + ".eyJ" + "b" * 12 + "." + "c" * 12, "redis://:" + "horse@redis:6379"]
FORMS += ["https://app:" + "horse@example.test/path", "\n  requirepass " + "horse\n"]
NO_FORMS = ["https://example.test/a:b@c", "redis://redis:6379/0", "http://[::1]:80/", "user@host"]
NO_FORMS += ["postgres://app:$(PASSWORD)@db/app", "postgres://app:${PASSWORD}@db/app"]
NO_FORMS += ["a-----BEGIN CERTIFICATE-----", "task-force-of-" + "a" * 40, "# requirepass"]
NO_FORMS += ["sha256:" + "a" * 64, "sk-learn-and-other-words-that-are-no-key-at-all"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_ends_in_a_word_for_it_holds_a_credential(name: str) -> None:
    assert names_credential(name)


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_that_only_mentions_one_holds_none(name: str) -> None:
    assert not names_credential(name)


@pytest.mark.parametrize("value", NO_LITERALS)
def test_a_place_a_switch_a_count_or_a_reference_is_no_credential(value: str) -> None:
    assert not is_literal(value)


@pytest.mark.parametrize("value", ["correcthorse", "123456", "p@ss word", "0" * 32])
def test_other_text_may_be_one(value: str) -> None:
    assert is_literal(value)


@pytest.mark.parametrize("text", FORMS)
def test_the_form_of_a_credential_is_known_in_the_middle_of_text(text: str) -> None:
    assert has_form(text)
    assert has_form(f"before\n{text}\nafter")


@pytest.mark.parametrize("text", NO_FORMS)
def test_what_only_resembles_a_credential_is_none(text: str) -> None:
    assert not has_form(text)


@given(st.text(), st.one_of(st.none(), st.booleans(), st.integers(), st.text()))
def test_anything_may_be_asked_about(name: str, value: object) -> None:
    assert names_credential(name) in (True, False)
    assert is_literal(value) in (True, False)
    assert has_form(value) in (True, False)
