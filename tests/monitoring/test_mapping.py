"""The guide's metric names and the quantities behind them, computed by promtool."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from alerts import rule_file
from alerts.model import Facts
from alerts.rules import EVERYTHING, ON_DOCKER
from tests.monitoring.promtool import promtools, recording
from tests.monitoring.scenarios.gpu import LABELS, dcgm
from tests.monitoring.scenarios.inference import errors, requests
from tests.monitoring.scenarios.machines import working_set

PROMTOOLS = promtools()
pytestmark = [
    pytest.mark.skipif(not PROMTOOLS, reason="no promtool on PATH (Debian: prometheus)"),
    pytest.mark.parametrize("major", sorted(PROMTOOLS)),
]

Result = Mapping[str, float]
"""Values by series, as promtool writes a series: ``{service="ollama"}``."""
DAY = 1440
GPU = ", ".join(f'{key}="{value}"' for key, value in LABELS.items())


def evaluate(  # noqa: PLR0913 what is seen, what is asked, when, and what comes out
    major: str,
    folder: Path,
    series: Mapping[str, str],
    expr: str,
    result: Result,
    *,
    at: str = "10m",
    every: str = "15s",
    facts: Facts = EVERYTHING,
) -> None:
    """Fails with what promtool says when ``expr`` is not ``result``."""
    used = recording(expr, facts)
    (folder / "rules.yml").write_text(rule_file(used, facts))
    test = {
        "interval": every,
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": expr,
                "eval_time": at,
                "exp_samples": [
                    {"labels": labels, "value": value} for labels, value in result.items()
                ],
            }
        ],
    }
    document = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": every,
        "group_eval_order": [group.name for group in used],
        "tests": [test],
    }
    (folder / "tests.yml").write_text(yaml.safe_dump(document))
    run = subprocess.run(
        [PROMTOOLS[major], "test", "rules", folder / "tests.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_gpu_utilisation_has_the_guides_name_in_per_cent(major: str, tmp_path: Path) -> None:
    evaluate(
        major,
        tmp_path,
        dcgm("DCGM_FI_DEV_GPU_UTIL", "42x60") | dcgm("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "0.9x60"),
        "nvidia_smi_gpu_core_utilization",
        {f"nvidia_smi_gpu_core_utilization{{{GPU}}}": 42},
    )


def test_under_mig_utilisation_is_the_share_of_busy_engines(major: str, tmp_path: Path) -> None:
    evaluate(
        major,
        tmp_path,
        dcgm("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "0.25x60"),
        "sum(nvidia_smi_gpu_core_utilization)",
        {"{}": 25},
    )


def test_gpu_memory_has_the_guides_names_and_its_total_is_added_up(
    major: str, tmp_path: Path
) -> None:
    series = (
        dcgm("DCGM_FI_DEV_FB_USED", "6000x60")
        | dcgm("DCGM_FI_DEV_FB_FREE", "17500x60")
        | dcgm("DCGM_FI_DEV_FB_RESERVED", "500x60")
    )

    evaluate(
        major,
        tmp_path,
        series,
        "sum(nv_gpu_memory_used_mb / nv_gpu_memory_total_mb)",
        {"{}": 0.25},
    )


# A GPU that is there for 6 of 24 hours and works half the time (report D §6).
SIX_HOURS = dcgm("DCGM_FI_DEV_GPU_UTIL", f"50x{DAY // 4 - 1} stale")


@pytest.mark.parametrize(
    ("expr", "hours"),
    [
        ("sum_over_time(gpu:provisioned:count[24h]) / 60", 6),
        ("sum_over_time(gpu:utilised:sum[24h]) / 60", 3),
        ("1 - sum_over_time(gpu:utilised:sum[24h]) / sum_over_time(gpu:provisioned:count[24h])",
         0.5),
    ],
)  # fmt: skip
def test_gpu_hours_are_those_that_were_billed_and_those_that_were_used(
    major: str, expr: str, hours: float, tmp_path: Path
) -> None:
    evaluate(major, tmp_path, SIX_HOURS, expr, {"{}": hours}, at=f"{DAY - 1}m", every="1m")


def test_the_guides_own_formula_for_gpu_hours_says_nothing(major: str, tmp_path: Path) -> None:
    formula = "sum(rate(nvidia_smi_gpu_core_utilization[24h])) * 24"

    evaluate(major, tmp_path, SIX_HOURS, formula, {"{}": 0}, at=f"{DAY - 1}m", every="1m")


def test_a_day_of_requests_costs_their_number_times_the_price(major: str, tmp_path: Path) -> None:
    # Ten a second: 600 a minute, 864,000 a day.
    evaluate(
        major,
        tmp_path,
        requests(f"0+600x{2 * DAY}"),
        "round(sum(increase(ai_inference_requests_total[24h])) "
        "* scalar(inference_request_price_usd), 0.01)",
        {"{}": 86.4},
        at="30h",
        every="1m",
    )


def test_the_error_ratio_of_a_service_without_errors_is_zero_and_not_empty(
    major: str, tmp_path: Path
) -> None:
    evaluate(
        major,
        tmp_path,
        requests("0+100x60"),
        "service:ai_inference_errors:ratio5m",
        {'service:ai_inference_errors:ratio5m{service="ollama"}': 0},
    )


def test_an_idle_service_has_no_error_ratio(major: str, tmp_path: Path) -> None:
    series = requests("500x60") | errors("20x60")

    evaluate(major, tmp_path, series, "service:ai_inference_errors:ratio5m", {})


def test_a_restart_of_one_gateway_leaves_the_rate_of_both_as_it_was(
    major: str, tmp_path: Path
) -> None:
    series = requests("0+15x60") | requests("90000+15x20 0+15x39", "gw-2")

    # Two requests a second, over five minutes; the scrape around the reset is missing.
    evaluate(
        major,
        tmp_path,
        series,
        "round(service:ai_inference_requests:increase5m, 5)",
        {'{service="ollama"}': 585},
        at="7m",
    )


@pytest.mark.parametrize("facts", [EVERYTHING, ON_DOCKER], ids=["kubernetes", "docker"])
def test_memory_of_services_has_one_name_whoever_tells_it(
    major: str, facts: Facts, tmp_path: Path
) -> None:
    series = {
        'process_resident_memory_bytes{job="faiss", instance="f"}': "1x60",
        'envoy_server_memory_physical_size{job="gateway", instance="g"}': "2x60",
        'redis_memory_used_rss_bytes{job="redis-exporter", instance="r"}': "3x60",
    }

    evaluate(
        major,
        tmp_path,
        series,
        "sum by (service) (service_memory_bytes)",
        {'{service="faiss"}': 1, '{service="gateway"}': 2, '{service="redis"}': 3},
        facts=facts,
    )


def test_containers_that_tell_nothing_have_a_memory_where_kubelets_are_read(
    major: str, tmp_path: Path
) -> None:
    series = working_set("c1", "5x60") | {
        'container_memory_rss{job="cadvisor", pod="ollama-1", container="ollama"}': "3x60"
    }
    expr = "sum by (service, instance) (service_memory_bytes)"

    evaluate(major, tmp_path, series, expr, {'{service="ollama", instance="ollama-1"}': 5})
    evaluate(major, tmp_path, series, expr, {}, facts=ON_DOCKER)


def test_thresholds_in_force_are_series(major: str, tmp_path: Path) -> None:
    evaluate(
        major,
        tmp_path,
        {"up": "1x60"},
        'alert_threshold{alertname="HighInferenceLatency"}',
        {'alert_threshold{alertname="HighInferenceLatency", unit="ms"}': 5000},
    )
