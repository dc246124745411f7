"""The Pod Security Standards of Kubernetes 1.37, both levels, for every workload kind.

Each function is one check of ``k8s.io/pod-security-admission`` v0.37, named as in its registry. A
pod is accepted at ``restricted`` when both tuples accept it, so a check of the upper level leaves
out what its weaker form in the lower one has said already.
"""

from policies.framework.rule import Rule

from . import pod_security_baseline, pod_security_restricted

BASELINE: tuple[Rule, ...] = pod_security_baseline.RULES
RESTRICTED: tuple[Rule, ...] = pod_security_restricted.RULES
RULES = (*BASELINE, *RESTRICTED)
