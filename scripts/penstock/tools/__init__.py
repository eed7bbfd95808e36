"""The programs that Penstock runs: their pins, how they are found or built, and an adapter for each."""
