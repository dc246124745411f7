"""Names of the storage classes that an infrastructure stack makes and a services' stack asks for.

Both layers know them beforehand, so that a plan shows them.
"""

DISKS = "researchflow-encrypted"
"""Encrypted disks, which one node mounts; the default class of a cluster of ours."""
FILES = "researchflow-shared"
"""An encrypted file system, which several nodes mount at once."""
OURS = (DISKS, FILES)
"""Both are known to encrypt."""
