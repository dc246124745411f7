"""What the pages call a setting, a test, an alert or a metric is called so."""

import re
from pathlib import Path

import pytest

from components.thresholds import THRESHOLDS
from settings import SECRETS
from tests.contract.test_guide_coverage import is_setting
from tests.docs.pages import PAGES

SECTIONS = (
    "capacity|clients|cost|features|gpu|images|internal_tls|logs|rollout|scaling|services|target"
)
SETTING = re.compile(rf"`((?:{SECTIONS})\.[a-z0-9_.]+)[`:]")
FILE = re.compile(r"`((?:tests|scripts|components|deploy)/[\w./-]+|[\w-]+\.json)`")
ALERT = re.compile(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`")
RECORDED = re.compile(r"\b((?:service|gpu):\w+:\w+)")
SECRET = re.compile(r"`((?:[a-z]+[A-Z])\w+)`")
OF_THE_OLD_GUIDE = {"deploy/prometheus.yml", "deploy/logrotate.conf", "deploy/feature-flags.json"}


def named(page: str, pattern: re.Pattern[str]) -> set[str]:
    return set(pattern.findall(Path(page).read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES)
def test_settings_are_in_the_schema(page: str) -> None:
    assert {name for name in named(page, SETTING) if not is_setting(name)} == set()


@pytest.mark.parametrize("page", PAGES)
def test_files_are_there(page: str) -> None:
    found = named(page, FILE) - OF_THE_OLD_GUIDE

    assert {name for name in found if not Path(name).exists()} == set()


@pytest.mark.parametrize("page", PAGES)
def test_alerts_and_secrets_are_known(page: str) -> None:
    assert named(page, ALERT) <= set(THRESHOLDS)
    assert named(page, SECRET) <= set(SECRETS)


def test_recorded_metrics_are_recorded() -> None:
    rules = "".join(path.read_text() for path in Path("alerts/generated").glob("*.yaml"))
    found = named("docs/DEPLOYMENT.md", RECORDED)

    assert found
    assert {name for name in found if f"record: {name}\n" not in rules} == set()
