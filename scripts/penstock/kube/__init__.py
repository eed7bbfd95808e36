"""What an object is: pure functions over Kubernetes objects, no I/O."""
