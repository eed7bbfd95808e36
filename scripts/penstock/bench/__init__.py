"""What measures hydration and the gates."""
