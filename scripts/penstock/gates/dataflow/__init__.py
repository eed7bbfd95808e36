"""The telemetry dataflow: every arrow of dataflow.yaml, proven from the rendered manifests."""
