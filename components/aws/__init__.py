"""The cluster and its surroundings on AWS, in stacks of their own (``layer: infrastructure``).

Nothing is imported here: pulumi-aws takes about a second, which no other stack has to wait for.
"""
