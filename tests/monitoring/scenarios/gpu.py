"""GPUs, by dcgm-exporter's metrics."""

from __future__ import annotations

from tests.monitoring.promtool import Firing, Scenario

LABELS = {
    "job": "dcgm-exporter", "instance": "n1:9400", "Hostname": "n1", "gpu": "0", "UUID": "GPU-1",
    "modelName": "A10G",
}  # fmt: skip
PLACE = "GPU 0 of n1"
SHOWN = LABELS | {"service": "gpu"}


def dcgm(name: str, values: str, **more: str) -> dict[str, str]:
    text = ", ".join(f'{key}="{value}"' for key, value in (LABELS | more).items())
    return {f"{name}{{{text}}}": values}


def memory(used: int, total: int = 24_000) -> dict[str, str]:
    return (
        dcgm("DCGM_FI_DEV_FB_USED", f"{used}x80")
        | dcgm("DCGM_FI_DEV_FB_FREE", f"{total - used - 500}x80")
        | dcgm("DCGM_FI_DEV_FB_RESERVED", "500x80")
    )


def gpu(says: str, labels: dict[str, str] | None = None) -> tuple[Firing, ...]:
    return (Firing(labels=SHOWN if labels is None else labels, says=says),)


def model(vram: str) -> dict[str, str]:
    labels = 'job="ollama-exporter", instance="x", instance_address="a:11434", model="llama"'
    return {
        f"ollama_model_vram_bytes{{{labels}}}": vram,
        f"ollama_model_size_bytes{{{labels}}}": "4000x60",
    }


GPU = (
    Scenario(
        alert="GpuHot",
        name="fires above 85 °C for five minutes",
        series=dcgm("DCGM_FI_DEV_GPU_TEMP", "86x40"),
        expect={"4m45s": (), "5m": gpu(f"{PLACE} is at 86 °C.")},
    ),
    Scenario(
        alert="GpuHot",
        name="is silent at 85 °C",
        series=dcgm("DCGM_FI_DEV_GPU_TEMP", "85x40"),
        expect={"5m": (), "10m": ()},
    ),
    Scenario(
        alert="GpuMemoryFull",
        name="fires above 95 % for ten minutes",
        series=memory(23_040),
        expect={"9m45s": (), "10m": gpu(f"96% of the memory of {PLACE} are used.")},
    ),
    Scenario(
        alert="GpuMemoryFull",
        name="is silent at 95 %",
        series=memory(22_800),
        expect={"10m": (), "20m": ()},
    ),
    Scenario(
        alert="GpuError",
        name="fires a minute after a new fault",
        series=dcgm("DCGM_FI_DEV_XID_ERRORS", "0x8 79x60"),
        expect={"3m": (), "3m15s": gpu(f"{PLACE}: XID 79.")},
    ),
    Scenario(
        alert="GpuError",
        name="ends an hour after the fault, though the number stays",
        series=dcgm("DCGM_FI_DEV_XID_ERRORS", "79x100"),
        every="1m",
        expect={"30m": gpu(f"{PLACE}: XID 79."), "70m": ()},
    ),
    Scenario(
        alert="GpuError",
        name="is silent on what an application did wrong, and without a fault",
        series=dcgm("DCGM_FI_DEV_XID_ERRORS", "0x8 31x60")
        | dcgm("DCGM_FI_DEV_XID_ERRORS", "0x68", gpu="1"),
        expect={"3m15s": (), "10m": ()},
    ),
    Scenario(
        alert="GpuMetricsMissing",
        name="fires when the exporter answers and tells of no GPU for five minutes",
        series={'up{job="dcgm-exporter", instance="n1:9400"}': "1x60"}
        | dcgm("DCGM_FI_DEV_FB_USED", "100x4 stale"),
        expect={
            "6m": (),
            "6m15s": gpu(
                "n1:9400: the exporter answers, but tells of no GPU.",
                {"job": "dcgm-exporter", "instance": "n1:9400"},
            ),
        },
    ),
    Scenario(
        alert="GpuMetricsMissing",
        name="is silent when the exporter itself is down, which ServiceDown says",
        series={'up{job="dcgm-exporter", instance="n1:9400"}': "0x60"},
        expect={"6m15s": (), "15m": ()},
    ),
    Scenario(
        alert="OllamaModelOnCpu",
        name="fires when a model is partly on the CPU for five minutes",
        series=model("3000x60"),
        expect={
            "4m45s": (),
            "5m": (
                Firing(
                    labels={
                        "job": "ollama-exporter",
                        "instance": "x",
                        "instance_address": "a:11434",
                        "model": "llama",
                    },
                    says="llama at a:11434: only 75% of it are on the GPU.",
                ),
            ),
        },
    ),
    Scenario(
        alert="OllamaModelOnCpu",
        name="is silent when all of it is on the GPU",
        series=model("4000x60"),
        expect={"5m": (), "15m": ()},
    ),
)
