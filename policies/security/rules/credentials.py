"""How credentials look: by the name of what holds them, and by their own form."""

import re

NAME = re.compile(
    r"(^|_)(PASS(WORD|WD|PHRASE)?|PWD|SECRET|TOKEN|CREDENTIALS?|API_?KEY|ACCESS_?KEY|"
    r"SECRET_?KEY|PRIVATE_?KEY|ENCRYPTION_?KEY|CLIENT_?SECRET|AUTH_?TOKEN)$",
    re.IGNORECASE,
)
# The process' own folder, which shells call so.
NO_NAMES = frozenset({"PWD", "OLDPWD"})
WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[.-]")
FORMS = tuple(
    (marks, re.compile(pattern))
    for marks, pattern in (
        (("-----BEGIN",), r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"),
        (("AKIA", "ASIA"), r"(?<![A-Z0-9])(AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"),
        (("gho_", "ghp_", "ghs_", "ghu_"), r"(?<![A-Za-z0-9])gh[opsu]_[A-Za-z0-9]{36}"),
        (("github_pat_",), r"github_pat_[A-Za-z0-9_]{22,}"),
        (("glpat-",), r"glpat-[A-Za-z0-9_-]{20}"),
        (("xox",), r"(?<![A-Za-z0-9])xox[abprs]-[A-Za-z0-9-]{10,}"),
        (
            ("hooks.slack.com",),
            r"hooks\.slack\.com/services/T[A-Za-z0-9]+/B[A-Za-z0-9]+/[A-Za-z0-9]{20,}",
        ),
        (("AIza",), r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}"),
        (("sk-",), r"(?<![A-Za-z0-9])sk-((proj|ant)-[A-Za-z0-9_-]{32,}|[A-Za-z0-9]{32,})"),
        (("hf_",), r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}"),
        (
            ("eyJ",),
            r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
        ),
        (
            ("requirepass", "masterauth"),
            r"(?m)^[ \t]*(requirepass|masterauth)[ \t]+[^\s$\"'][^\s]*",
        ),
        # A password in an address, unless it is filled in later.
        (
            ("://",),
            r"[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\"<>$]{0,200}:[^\s/:@'\"<>${%*]{3,200}@[A-Za-z0-9\[]",
        ),
    )
)
"""What credentials look like, with words of which each holds one: those are searched for first,
which is much faster than the pattern."""
REFERENCE = re.compile(r"\$[({A-Za-z_]|\{\{|^<.*>$|^\*+$|^/[\w./-]+$|^(file|vault|secret|ref)[:+]")
WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "none", "null"})
SHORT_NUMBER = 5


def names_credential(name: str) -> bool:
    """Whether something called ``name`` holds a credential: ``REDIS_PASSWORD``, ``apiKey``.

    Only the end counts: ``PASSWORD_FILE`` and ``TOKEN_TTL`` hold none.
    """
    return name not in NO_NAMES and bool(NAME.search(WORD_ENDS.sub("_", name)))


def is_literal(value: object) -> bool:
    """Whether ``value`` could be a credential itself, and not its place, a switch or a count."""
    if not isinstance(value, str) or not value.strip() or value.strip().lower() in WORDS:
        return False
    if value.strip().isdigit() and len(value.strip()) < SHORT_NUMBER:
        return False
    return not REFERENCE.search(value.strip())


def has_form(value: object) -> bool:
    """Whether ``value`` holds text that has the form of a credential."""
    return isinstance(value, str) and any(
        form.search(value) for marks, form in FORMS if any(mark in value for mark in marks)
    )
