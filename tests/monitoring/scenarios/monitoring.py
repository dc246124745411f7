"""Money, and the monitoring itself."""

from __future__ import annotations

from tests.monitoring.promtool import Firing, Scenario
from tests.monitoring.scenarios.gpu import dcgm

FAILED = 'alertmanager_notifications_failed_total{integration="slack", reason="other"}'

LOST = 'loki_write_dropped_entries_total{reason="ingester_error", host="logs.example.com"}'

MONITORING = (
    Scenario(
        alert="GpuBudgetExceeded",
        name="fires when two GPUs at 1 USD an hour are there around the clock, at 1000 USD a month",
        series=dcgm("DCGM_FI_DEV_GPU_UTIL", "5x1600")
        | dcgm("DCGM_FI_DEV_GPU_UTIL", "0x1600", gpu="1"),
        every="1m",
        expect={
            "17h": (),
            # A day has 1440 samples from here, or 1441 from 24h with Prometheus 2.
            "1439m": (Firing(says="At the pace of the last day: 1460 USD a month."),),
        },
    ),
    Scenario(
        alert="GpuBudgetExceeded",
        name="is silent when the second GPU is there for six hours a day",
        series=dcgm("DCGM_FI_DEV_GPU_UTIL", "5x1600")
        | dcgm("DCGM_FI_DEV_GPU_UTIL", "100x360 stale", gpu="1"),
        every="1m",
        expect={"24h": (), "26h": ()},
    ),
    Scenario(
        alert="Watchdog",
        name="fires always, at once",
        series={'up{job="prometheus"}': "1x4"},
        expect={
            "0m": (
                Firing(
                    says="It fires always. Where it does not arrive, no other alert does.",
                ),
            )
        },
    ),
    Scenario(
        alert="RulesFailing",
        name="fires when a rule has failed for five minutes",
        series={'prometheus_rule_evaluation_failures_total{rule_group="gpu"}': "0+1x60"},
        expect={
            "5m": (),
            "5m15s": (
                Firing(labels={"rule_group": "gpu"}, says="gpu: see Prometheus' page of rules."),
            ),
        },
    ),
    Scenario(
        alert="RulesFailing",
        name="is silent when it failed once",
        series={'prometheus_rule_evaluation_failures_total{rule_group="gpu"}': "0x4 1x60"},
        expect={"5m15s": (), "6m30s": (), "15m": ()},
    ),
    Scenario(
        alert="RulesFailing",
        name="is silent when Prometheus restarts after old failures",
        series={'prometheus_rule_evaluation_failures_total{rule_group="gpu"}': "90x20 0x60"},
        expect={"5m15s": (), "10m15s": (), "15m": ()},
    ),
    Scenario(
        alert="NotificationsFailing",
        name="fires when a receiver cannot be told for five minutes",
        series={FAILED: "0+1x60"},
        expect={
            "5m": (),
            "5m15s": (
                Firing(
                    labels={"integration": "slack"}, says="Alertmanager cannot deliver by slack."
                ),
            ),
        },
    ),
    Scenario(
        alert="NotificationsFailing",
        name="fires when Prometheus drops alerts",
        series={"prometheus_notifications_dropped_total": "0+1x60"},
        expect={"5m15s": (Firing(says="Prometheus cannot hand alerts to Alertmanager."),)},
    ),
    Scenario(
        alert="NotificationsFailing",
        name="is silent when one message failed and the next arrived",
        series={FAILED: "0x4 1x60"},
        expect={"5m15s": (), "6m30s": ()},
    ),
    Scenario(
        alert="NotificationsFailing",
        name="is silent when Alertmanager restarts after old failures",
        series={FAILED: "90x20 0x60"},
        expect={"5m15s": (), "10m15s": (), "15m": ()},
    ),
    Scenario(
        alert="LogLinesLost",
        name="fires when lines were given up for five minutes",
        series={LOST: "0+100x60"},
        expect={
            "5m": (),
            "5m15s": (Firing(says="The log collector gave up 2000 lines in 5 minutes."),),
        },
    ),
    Scenario(
        alert="LogLinesLost",
        name="is silent when one batch was refused, the collector restarted, or nothing is sent",
        series={LOST: "0x4 100x36 0x60"},
        expect={"5m15s": (), "6m30s": (), "11m": (), "16m": ()},
    ),
    Scenario(
        alert="RemoteWriteBehind",
        name="fires when the other store lacks more than five minutes for ten minutes",
        series={
            "prometheus_remote_storage_highest_timestamp_in_seconds": "1000+15x80",
            'prometheus_remote_storage_queue_highest_sent_timestamp_seconds{url="x"}': "699+15x80",
        },
        expect={
            "9m45s": (),
            "10m": (Firing(says="It lacks the last 5m 1s."),),
        },
    ),
    Scenario(
        alert="RemoteWriteBehind",
        name="is silent at five minutes",
        series={
            "prometheus_remote_storage_highest_timestamp_in_seconds": "1000+15x80",
            'prometheus_remote_storage_queue_highest_sent_timestamp_seconds{url="x"}': "700+15x80",
        },
        expect={"10m": (), "15m": ()},
    ),
)
