"""What an object of Kubernetes is: pure functions."""
