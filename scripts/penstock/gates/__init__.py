"""What has to be proven before a change may pass: `python -m penstock.gates NAME`."""
