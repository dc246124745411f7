"""The dashboards of the platform: Python to the JSON that Grafana loads.

``python -m dashboards`` writes ``dashboards/generated``; ``python -m dashboards --check`` only
compares. The program reads the generated files, so it does not need the library that wrote them.
"""
