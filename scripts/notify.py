"""Tells a Slack-compatible webhook how a deployment ended; says nothing where there is none.

The webhook's address is a secret: it is read from the environment and is in no message.
"""

import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping


def message(environment: Mapping[str, str]) -> str:
    """One line: results, the rollout where there is one, and where to look."""
    server = environment.get("GITHUB_SERVER_URL", "https://github.com")
    repository = environment.get("GITHUB_REPOSITORY", "")
    run = f"{server}/{repository}/actions/runs/{environment.get('GITHUB_RUN_ID', '')}"
    rollout = environment.get("ROLLOUT")
    parts = [environment["RESULTS"], f"rollout {rollout}" if rollout else "", run]
    return (
        f"{repository} {environment.get('GITHUB_SHA', '')[:12]}: {', '.join(filter(None, parts))}"
    )


def main(environment: Mapping[str, str]) -> int:
    """Send it; the exit status."""
    webhook = environment.get("WEBHOOK")
    if not webhook:
        print("no webhook is set: nobody is told")
        return 0
    body = json.dumps({"text": message(environment)}).encode()
    try:
        request = urllib.request.Request(  # noqa: S310 the address is the workflow's own
            webhook, data=body, headers={"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=30).close()  # noqa: S310
    except (urllib.error.URLError, ValueError) as error:
        print(f"::warning title=Notification::not delivered: {type(error).__name__}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
