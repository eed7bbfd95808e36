"""The risks of a change: one small function for each rule, over the step of an environment."""
