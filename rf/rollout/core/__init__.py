"""The part of the rollout controller that thinks. No input or output, no clock, no randomness.

Evidence in, verdict out; verdict in, action out. Everything is frozen data of plain integers,
floats, strings and tuples, so a journal can hold it and another machine can go on with it.

How to build on it
------------------
1. Plan. ``version_plan`` or ``feature_plan`` gives a ``Plan``; ``estimate`` says what it takes at
   the present rate of requests and why a gate could not fire (preflight, ``--dry-run``).
2. Read. At every poll the effects read the cumulative counters of each gateway pod (cluster
   ``<service>_canary`` is the candidate, ``<service>_stable`` the control) into a ``Poll``. Values
   from Prometheus pass through ``count`` and ``buckets``: what is absent, doubled, NaN or no whole
   number becomes a ``Fault``, whose reason goes into ``Evidence.faults``. Failovers are in
   ``failovers`` and not in ``errors``. A ``Step`` begins with a poll of before its weight took
   effect. ``without_repeats`` keeps the record of a quiet service small.
3. Judge. ``judge(args, evidence)`` gives a ``Judgement``: the worst verdict of the gates, with
   counts, thresholds and sentences. For a feature, judge every service that it names and hand
   ``worst_of`` on.
4. Decide. ``decide(state, judgement, now)`` gives one ``Action``. Journal it, do it (each may be
   done twice), verify it, then journal ``after(state, action, now)``. Killed in between, do the
   journaled action again. Every ``Enter`` of a judged stage, and ``Resume``, begins a new ``Step``
   (``Resume`` of a new ``Evidence``: what made it pause would hold it for ever). From the stage
   ``return`` on, stable is the candidate of the evidence, at weight 100.
5. Keep. Before an action that a verdict caused, write a ``Bundle`` of evidence and settings.
   ``replay(bundle)`` gives the identical verdict anywhere. Journal both ``sha256``: the verdict's
   is the pass on record that stack config keeps, the bundle's says that no count was changed.

What the statistics promise
---------------------------
Gates are sequential tests (``sequential.py``): looking after every request costs nothing. A version
as healthy as expected is rolled back with a chance of at most ``alpha`` over the whole rollout: the
parts of all gates and steps in ``budget.py`` add up to it, however they depend on each other. That
is proved for independent requests. Requests that fail together count less, by the design effect of
the control's own history (``dispersion.py``); with them it is measured, not proved. A version at a
limit passes a step with a chance of at most ``beta``. Between the expected rate and the limit
nothing is promised. Evidence of all steps may roll back; a step is passed on evidence of its own.
``python -m bench.rollout`` measures all this, and shows where it ends.
"""

from .bundle import Bundle, read_bundle
from .counters import Window, increase, windows, without_repeats
from .dispersion import DesignEffect, design_effect
from .estimate import Estimate, StageEstimate, estimate, requests_to_detect
from .evidence import Counts, Evidence, Health, Model, Pod, Poll, Step
from .judge import judge, replay, worst_of
from .machine import (
    Action,
    Command,
    Enter,
    Finish,
    Hold,
    Pause,
    Phase,
    Resume,
    Rollback,
    State,
    after,
    begin,
    decide,
)
from .plan import Freeze, Kind, Plan, Stage, feature_plan, version_plan
from .series import Fault, buckets, count
from .settings import GateArgs, PaceArgs
from .verdict import Cause, GateResult, Judgement, Verdict, worst
from .view import Memory

__all__ = [
    "Action",
    "Bundle",
    "Cause",
    "Command",
    "Counts",
    "DesignEffect",
    "Enter",
    "Estimate",
    "Evidence",
    "Fault",
    "Finish",
    "Freeze",
    "GateArgs",
    "GateResult",
    "Health",
    "Hold",
    "Judgement",
    "Kind",
    "Memory",
    "Model",
    "PaceArgs",
    "Pause",
    "Phase",
    "Plan",
    "Pod",
    "Poll",
    "Resume",
    "Rollback",
    "Stage",
    "StageEstimate",
    "State",
    "Step",
    "Verdict",
    "Window",
    "after",
    "begin",
    "buckets",
    "count",
    "decide",
    "design_effect",
    "estimate",
    "feature_plan",
    "increase",
    "judge",
    "read_bundle",
    "replay",
    "requests_to_detect",
    "version_plan",
    "windows",
    "without_repeats",
    "worst",
    "worst_of",
]
