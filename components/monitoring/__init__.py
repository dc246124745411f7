"""What watches the platform: Prometheus, Alertmanager, Pushgateway, Grafana and the exporters."""
